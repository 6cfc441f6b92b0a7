// Queues that do not work, on a broker in memory; test/delivery/broker.test.ts has them on a real one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createQueueProof } from '../../adapters/rabbitmq/queue-proof.ts';
import { queuesOf, topologyTenant, transactionTopology } from '../../adapters/rabbitmq/topology.ts';
import { soon } from './support/soon.ts';
import { aLink } from './support/fake-link.ts';
import { fakeTransport } from './support/fake-transport.ts';
import type { FakeTransport } from './support/fake-transport.ts';

const topology = transactionTopology({ name: 'q', deliveryLimit: 20, maxMessages: 1, retryDelaysMs: [1, 2] });
const names = queuesOf(topology).map(({ name }) => name);

/** A link that proves its queues, and what it said of them. */
function aProvingLink(t: TestContext, transport: FakeTransport, hollowMs: number, said: string[] = [], silentMs = hollowMs) {
  const link = aLink(t, transport);
  const connect = async () => transport.connect({ url: 'amqp://nowhere', name: 'aside', heartbeatSeconds: 10, connectTimeoutMs: 50 });
  const report = (kind: string, queue: string): void => void said.push(`${kind} ${queue}`);
  const patienceMs = { hollow: hollowMs, silent: silentMs };
  const options = { patienceMs, lookTimeoutMs: 50, lock: 'q.mending', connect, closeTimeoutMs: 50, report };
  link.attach(topologyTenant(topology, createQueueProof(options)));
  return link;
}

test('a queue that stays hollow is deleted and declared again, whichever it is, and by one of all who see it', async (t) => {
  const transport = fakeTransport();
  for (const name of names) transport.hollow.add(name);
  const said: string[] = [];
  const gate = Promise.withResolvers<void>();
  transport.deleting = gate.promise;
  const links = Array.from({ length: 5 }, () => aProvingLink(t, transport, 20, said));
  const started = Promise.all(links.map(async (link) => link.start()));
  await soon(() => assert.equal(transport.locks.size, 1));
  const sessions = links.map((link) => link.generation());
  // All of them have seen it by now and want to delete it too.
  await soon(() => assert.ok(links.filter((link, n) => link.generation() > (sessions[n] ?? 0) + 5).length >= links.length - 1));
  gate.resolve();
  await started;
  assert.ok(links.every((link) => link.state() === 'ready'));
  assert.deepEqual(transport.deleted.toSorted(), names.toSorted(), 'none was deleted that another had declared');
  assert.deepEqual(
    said,
    transport.deleted.map((name) => `mended ${name}`),
    'and each is reported once',
  );
  await soon(() => assert.equal(transport.locks.size, 0));
});

test('many queues that are hollow at once take as long as one', async (t) => {
  const transport = fakeTransport();
  for (const name of names) transport.hollow.add(name);
  const hollowMs = 1_000;
  const startedAt = performance.now();
  await aProvingLink(t, transport, hollowMs).start();
  const tookMs = performance.now() - startedAt;
  assert.deepEqual(transport.deleted, names);
  assert.ok(tookMs >= hollowMs && tookMs < (names.length - 1) * hollowMs, `${names.length} queues took ${tookMs} ms`);
});

test('a queue that starts late, or that answers in any other way, is left alone', async (t) => {
  const transport = fakeTransport();
  transport.hollow.add('q');
  const link = aProvingLink(t, transport, 60_000);
  const started = link.start();
  await soon(() => assert.ok(link.generation() > 5));
  transport.hollow.clear();
  await started;
  assert.deepEqual(transport.deleted, []);
});

test('a queue that stays silent is deleted and declared again, after a patience of its own', async (t) => {
  const transport = fakeTransport();
  transport.silent.add('q');
  const said: string[] = [];
  const silentMs = 500;
  const startedAt = performance.now();
  await aProvingLink(t, transport, 1, said, silentMs).start();
  assert.ok(performance.now() - startedAt >= silentMs);
  assert.deepEqual(said, ['mended q']);
});

test('a queue that was hollow and is silent now, as one that starts, has the whole patience again', async (t) => {
  const transport = fakeTransport();
  transport.hollow.add('q');
  const link = aProvingLink(t, transport, 60_000, [], 60_000);
  const started = link.start();
  const someSessions = async (since: number) => soon(() => assert.ok(link.generation() > since + 5));
  await someSessions(0);
  transport.hollow.clear();
  transport.silent.add('q');
  await someSessions(link.generation());
  transport.silent.clear();
  await started;
  assert.deepEqual(transport.deleted, []);
});

test('a broker that does not make a queue anew is tried on until it does, and it is said each time', async (t) => {
  const transport = fakeTransport();
  transport.hollow.add('q');
  transport.cannotMake = true;
  const said: string[] = [];
  const started = aProvingLink(t, transport, 5, said).start();
  await soon(() => assert.ok(said.length > 1));
  assert.deepEqual(new Set(said), new Set(['unmendable q']));
  transport.cannotMake = false;
  await started;
  assert.equal(said.at(-1), 'mended q');
});
