// The supervised connection on a broker in memory: what it does when the broker is away, lies, blocks or cuts it off.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from '../../adapters/rabbitmq/backoff.ts';
import { createConsumer } from '../../adapters/rabbitmq/consumer.ts';
import type { Answer, Delivery } from '../../adapters/rabbitmq/consumer.ts';
import { nextLinkState } from '../../adapters/rabbitmq/link-state.ts';
import type { LinkEvent, LinkState } from '../../adapters/rabbitmq/link-state.ts';
import { createPublisher } from '../../adapters/rabbitmq/publisher.ts';
import { TopologyMismatch, topologyTenant, transactionTopology } from '../../adapters/rabbitmq/topology.ts';
import { soon } from './support/soon.ts';
import { aLink, newest } from './support/fake-link.ts';
import { fakeTransport } from './support/fake-transport.ts';

const topology = transactionTopology({ name: 'transactions', deliveryLimit: 20, maxMessages: 1, retryDelaysMs: [1] });

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
  link.attach(topologyTenant(topology, async () => undefined));
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

test('a link that was closed before it started starts nothing', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  link.drain();
  await link.start();
  assert.equal(transport.connections.length, 0);
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

test('what an ended session delivered and nobody began is not begun: the broker delivers it again', async (t) => {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const hold = Promise.withResolvers<Answer>();
  const begun: string[] = [];
  const handle = async ({ generation, messageId }: Delivery): Promise<Answer> => {
    begun.push(`${generation} ${messageId}`);
    return generation === 1 ? hold.promise : 'done';
  };
  const { consumer } = aConsumer(link, handle, 1);
  await link.start();
  const first = newest(transport);
  for (const tag of [1, 2]) first.deliver(raw(tag));
  transport.connections[0]?.closed.happen('ECONNRESET');
  first.deliver(raw(3)); // was read from the socket before
  await soon(() => assert.ok(link.generation() === 2 && link.state() === 'ready'));
  newest(transport).deliver(raw(2));
  hold.resolve('done');
  await soon(() => assert.deepEqual(newest(transport).answers, ['ack 2']));
  assert.deepEqual([begun, consumer.counts().late], [['1 m1', '2 m2'], 1]);
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
