// The supervised connection on a broker in memory: what it does when the broker is away, lies, blocks or cuts it off.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from '../../adapters/rabbitmq/backoff.ts';
import { createConsumer } from '../../adapters/rabbitmq/consumer.ts';
import type { Answer, Delivery } from '../../adapters/rabbitmq/consumer.ts';
import type { Published } from '../../adapters/rabbitmq/flights.ts';
import { createLink } from '../../adapters/rabbitmq/link.ts';
import { nextLinkState } from '../../adapters/rabbitmq/link-state.ts';
import type { LinkEvent, LinkState } from '../../adapters/rabbitmq/link-state.ts';
import { createPublisher } from '../../adapters/rabbitmq/publisher.ts';
import { TopologyMismatch, topologyTenant, transactionTopology } from '../../adapters/rabbitmq/topology.ts';
import { soon } from './support/soon.ts';
import { fakeTransport } from './support/fake-transport.ts';
import type { FakeChannel, FakeTransport } from './support/fake-transport.ts';

function aLink(t: TestContext, transport: FakeTransport) {
  const link = createLink({
    transport,
    url: 'amqp://nowhere',
    name: 'test',
    heartbeatSeconds: 10,
    connectTimeoutMs: 50,
    closeTimeoutMs: 50,
    backoff: { baseMs: 1, maxMs: 5 },
    report: () => undefined,
  });
  t.after(link.close);
  return link;
}

/** The channel that the newest session opened last. */
function newest(transport: FakeTransport): FakeChannel {
  const channel = transport.connections.at(-1)?.channels.at(-1);
  assert.ok(channel);
  return channel;
}

/** Waits until the n-th message was sent, and confirms it. */
async function confirm(channel: () => FakeChannel, n: number): Promise<void> {
  await soon(() => {
    const sent = channel().published[n];
    assert.ok(sent);
    sent.answer('ack');
  });
}

const message = (messageId: string) => ({ exchange: 'x', routingKey: 'k', messageId, body: Buffer.from('{}'), headers: {} });
const raw = (deliveryTag: number) => ({
  deliveryTag,
  messageId: `m${deliveryTag}`,
  body: Buffer.from('{}'),
  headers: {},
  redelivered: false,
});

test('whatever happens, a closed link stays closed and a draining one takes no new work', () => {
  const events: LinkEvent[] = ['connected', 'lost', 'blocked', 'unblocked', 'drain', 'close'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 30 }), (happened) => {
      let state: LinkState = 'connecting';
      for (const event of happened) {
        const next = nextLinkState(state, event);
        if (state === 'closed') assert.equal(next, 'closed');
        if (state === 'draining') assert.ok(next === 'draining' || next === 'closed');
        if (next === 'ready') assert.ok(state === 'connecting' || state === 'blocked' || state === 'ready');
        state = next;
      }
    }),
  );
});

test('a reconnect never waits longer than its limit, and the limit doubles up to the largest', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, chance) => {
      const waitMs = backoffMs(failures, { baseMs: 100, maxMs: 5_000 }, () => chance);
      assert.ok(waitMs >= 0 && waitMs <= Math.min(5_000, 100 * 2 ** Math.min(failures, 30)));
    }),
  );
});

test('a broker that is away at the start is tried until it is there', async (t) => {
  const transport = fakeTransport();
  transport.refusal = new Error('ECONNREFUSED');
  const link = aLink(t, transport);
  const started = link.start();
  await soon(() => assert.ok(link.generation() > 3));
  transport.refusal = undefined;
  await started;
  assert.equal(link.state(), 'ready');
});

test('a broker that accepts and then says nothing is given up and tried again', async (t) => {
  const transport = fakeTransport();
  transport.hangs = true;
  const link = aLink(t, transport);
  createPublisher({ link, maxUnconfirmed: 1, confirmTimeoutMs: 1_000 });
  const started = link.start();
  await soon(() => assert.ok(link.generation() > 1));
  transport.hangs = false;
  await started;
});

test('queues with other arguments end the start with an error that names the argument, and nothing is left running', async (t) => {
  const transport = fakeTransport();
  transport.declareError = new Error(
    `Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - inequivalent arg 'x-delivery-limit' for queue 'transactions' in vhost '/': received '20' but current is '10'"`,
  );
  const link = aLink(t, transport);
  link.attach(topologyTenant(transactionTopology({ name: 'transactions', deliveryLimit: 20, maxMessages: 1, retryDelaysMs: [1] })));
  await assert.rejects(link.start(), (error) => {
    assert.ok(error instanceof TopologyMismatch);
    assert.match(error.message, /queue 'transactions' exists with another x-delivery-limit: received '20' but current is '10'\./);
    return true;
  });
  assert.equal(link.state(), 'closed');
});

test('a closed link can be closed while it connects', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const started = link.start();
  await link.close();
  await started;
  assert.equal(link.state(), 'closed');
});

test('only a confirm without a return is a publication', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const publisher = createPublisher({ link, maxUnconfirmed: 10, confirmTimeoutMs: 1_000 });
  await link.start();
  const channel = newest(transport);
  const verdicts = [publisher.publish(message('a')), publisher.publish(message('b')), publisher.publish(message('c'))];
  const answer = (n: number, how: 'ack' | 'nack') => channel.published[n]?.answer(how);
  answer(0, 'nack');
  answer(1, 'ack');
  channel.returns(message('c'));
  answer(2, 'ack');
  assert.deepEqual(await Promise.all(verdicts), ['refused', 'confirmed', 'returned']);
});

test('a lost channel leaves every message on it unconfirmed, and the next session publishes again', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const publisher = createPublisher({ link, maxUnconfirmed: 10, confirmTimeoutMs: 1_000 });
  await link.start();
  const lost = publisher.publish(message('a'));
  newest(transport).closed.happen('404');
  assert.equal(await lost, 'unconfirmed');
  const again = publisher.publish(message('a'));
  await soon(() => assert.ok(link.generation() === 2 && link.state() === 'ready'));
  await confirm(() => newest(transport), 0);
  assert.equal(await again, 'confirmed');
});

test('an answer of a channel that is gone is not taken for that of the message sent anew', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const publisher = createPublisher({ link, maxUnconfirmed: 10, confirmTimeoutMs: 1_000 });
  await link.start();
  const first = newest(transport);
  const lost = publisher.publish(message('a'));
  first.closed.happen('404');
  assert.equal(await lost, 'unconfirmed');
  await soon(() => assert.ok(link.generation() === 2 && link.state() === 'ready'));
  const verdicts: Published[] = [];
  void publisher.publish(message('a')).then((verdict) => verdicts.push(verdict));
  first.published[0]?.answer('lost');
  await confirm(() => newest(transport), 0);
  await soon(() => assert.deepEqual(verdicts, ['confirmed']));
});

test('too many unconfirmed messages, or a blocked broker, make the next one wait', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const publisher = createPublisher({ link, maxUnconfirmed: 2, confirmTimeoutMs: 1_000 });
  await link.start();
  const channel = newest(transport);
  const verdicts = ['a', 'b', 'c', 'd'].map(async (id) => publisher.publish(message(id)));
  assert.equal(channel.published.length, 2);
  transport.connections[0]?.block(true);
  assert.equal(link.state(), 'blocked');
  channel.published[0]?.answer('ack');
  assert.equal(channel.published.length, 2, 'blocked: nothing is sent though there is room');
  transport.connections[0]?.block(false);
  await soon(() => assert.equal(channel.published.length, 3));
  for (const n of [1, 2, 3]) await confirm(() => channel, n);
  assert.deepEqual(await Promise.all(verdicts), ['confirmed', 'confirmed', 'confirmed', 'confirmed']);
});

test('an alarm longer than the confirm time-out ends the wait and not the session, and what was lost is published anew', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const publisher = createPublisher({ link, maxUnconfirmed: 10, confirmTimeoutMs: 100 });
  await link.start();
  const before = publisher.publish(message('m1'));
  const channel = newest(transport);
  transport.connections.at(-1)?.block(true);
  assert.equal(await before, 'unconfirmed');
  assert.equal(link.state(), 'blocked', 'not ready, as long as the alarm lasts');
  assert.equal(transport.connections.length, 1);
  transport.connections.at(-1)?.block(false);
  const anew = publisher.publish(message('m1'));
  await confirm(() => channel, 1);
  assert.equal(await anew, 'confirmed');
});

test('the same message asked twice at once is sent once and both hear the verdict', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const publisher = createPublisher({ link, maxUnconfirmed: 10, confirmTimeoutMs: 1_000 });
  await link.start();
  const verdicts = [publisher.publish(message('a')), publisher.publish(message('a'))];
  assert.equal(newest(transport).published.length, 1);
  newest(transport).published[0]?.answer('ack');
  assert.deepEqual(await Promise.all(verdicts), ['confirmed', 'confirmed']);
});

function aConsumer(link: ReturnType<typeof aLink>, handle: (delivery: Delivery) => Promise<Answer>, concurrency = 2) {
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const consumer = createConsumer({ link, queue: 'q', consumerTag: 'pod-0', prefetch: 4, concurrency, handle, onFault });
  return { consumer, faults };
}

test('an answer goes to the channel that delivered, and to no other', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const hold = Promise.withResolvers<Answer>();
  const { consumer } = aConsumer(link, async ({ generation }) => (generation === 1 ? hold.promise : 'done'));
  await link.start();
  const first = newest(transport);
  first.deliver(raw(1));
  transport.connections[0]?.closed.happen('ECONNRESET');
  await soon(() => assert.ok(link.generation() === 2 && link.state() === 'ready'));
  const second = newest(transport);
  hold.resolve('done'); // the handler of the first session is done only now, and the second session has a delivery 1 of its own
  await soon(() => assert.equal(consumer.counts().late, 1));
  assert.deepEqual(second.answers, [], 'nothing was acknowledged that nobody handled');
  second.deliver(raw(1));
  await soon(() => assert.deepEqual(second.answers, ['ack 1']));
  assert.deepEqual(first.answers, []);
});

test('a consumer that the broker ended is built again', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  aConsumer(link, async () => 'done');
  await link.start();
  newest(transport).deliver(null);
  await soon(() => assert.ok(link.generation() === 2 && link.state() === 'ready'));
  newest(transport).deliver(raw(1));
  await soon(() => assert.deepEqual(newest(transport).answers, ['ack 1']));
});

test('a handler that throws costs one redelivery, not the process', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const { faults } = aConsumer(link, async () => Promise.reject(new TypeError('bug')));
  await link.start();
  newest(transport).deliver(raw(1));
  await soon(() => assert.deepEqual(newest(transport).answers, ['reject 1 requeue']));
  assert.equal(faults.length, 1);
});

test('no more than the concurrency is ever started, and a drain gives the rest back', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const hold = Promise.withResolvers<Answer>();
  let started = 0;
  const { consumer } = aConsumer(link, async () => {
    started += 1;
    return hold.promise;
  });
  await link.start();
  const channel = newest(transport);
  for (const tag of [1, 2, 3, 4]) channel.deliver(raw(tag));
  const drained = consumer.drain();
  await soon(() => assert.deepEqual(channel.answers, ['nack 3', 'nack 4']));
  channel.deliver(raw(5)); // was on its way when the consumer was cancelled
  hold.resolve('done');
  await drained;
  assert.equal(started, 2);
  assert.deepEqual(channel.answers.toSorted(), ['ack 1', 'ack 2', 'nack 3', 'nack 4', 'nack 5']);
  assert.ok(channel.cancelled);
});

test('a consumer that drains fetches nothing from a connection that is made meanwhile', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const hold = Promise.withResolvers<Answer>();
  const { consumer } = aConsumer(link, async () => hold.promise);
  await link.start();
  newest(transport).deliver(raw(1));
  const drained = consumer.drain();
  transport.connections[0]?.closed.happen('ECONNRESET');
  await soon(() => assert.ok(link.generation() === 2 && link.state() === 'ready'));
  newest(transport).deliver(raw(1));
  assert.deepEqual(newest(transport).answers, [], 'not even given back: the broker counts that');
  hold.resolve('done');
  await drained;
  assert.equal(consumer.counts().late, 1);
});
