// Queues that do not work, on a broker in memory; test/delivery/broker.test.ts has them on a real one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createQueueProof } from '../../adapters/rabbitmq/queue-proof.ts';
import type { ProofOptions } from '../../adapters/rabbitmq/queue-proof.ts';
import type { MendReport } from '../../adapters/rabbitmq/link.ts';
import { queuesOf, topologyTenant, transactionTopology } from '../../adapters/rabbitmq/topology.ts';
import { soon } from './support/soon.ts';
import { aLink } from './support/fake-link.ts';
import { fakeTransport } from './support/fake-transport.ts';
import type { FakeTransport } from './support/fake-transport.ts';

const topology = transactionTopology({ name: 'q', deliveryLimit: 20, maxMessages: 1, retryDelaysMs: [1, 2] });
const names = queuesOf(topology).map(({ name }) => name);

const connectAside = { url: 'amqp://nowhere', name: 'aside', heartbeatSeconds: 10, connectTimeoutMs: 50 };

function proofOptions(transport: FakeTransport, patienceMs: ProofOptions['patienceMs'], said: string[]): ProofOptions {
  const connect = async () => transport.connect(connectAside);
  const report = ({ kind, queue }: MendReport): void => void said.push(`${kind} ${queue}`);
  return { patienceMs, lookTimeoutMs: 50, mendTimeoutMs: 60_000, lock: 'q.mending', connect, closeTimeoutMs: 50, report };
}

/** Sessions one after the other at times of a clock of the test; each says what it found. */
function aClockedProof(transport: FakeTransport, own: Partial<ProofOptions> = {}) {
  let nowMs = 0;
  const options = { ...proofOptions(transport, { hollow: 3_000, silent: 20_000 }, []), now: () => nowMs, ...own };
  const prove = createQueueProof(options);
  return async (atMs: number): Promise<string> => {
    nowMs = atMs;
    const channel = await (await options.connect()).openChannel({ confirms: false });
    return prove(channel, queuesOf(topology)).then(
      () => 'all work',
      (error: Error) => error.message,
    );
  };
}

/** A link that proves its queues, and what it said of them. */
function aProvingLink(t: TestContext, transport: FakeTransport, hollowMs: number, said: string[] = []) {
  const link = aLink(t, transport);
  link.attach(topologyTenant(topology, createQueueProof(proofOptions(transport, { hollow: hollowMs, silent: hollowMs }, said))));
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

test('a queue that stays silent is deleted and declared again, after a patience of its own', async () => {
  const transport = fakeTransport();
  const sessionAt = aClockedProof(transport);
  transport.silent.add('q');
  assert.equal(await sessionAt(0), "queue 'q' is silent");
  assert.equal(await sessionAt(19_999), "queue 'q' is silent");
  assert.equal(await sessionAt(20_000), "queue 'q' was silent");
  assert.equal(await sessionAt(20_100), 'all work');
  assert.deepEqual(transport.deleted, ['q']);
});

test('a queue that was hollow and is silent now, as one that starts, has the whole patience again', async () => {
  const transport = fakeTransport();
  const sessionAt = aClockedProof(transport);
  transport.hollow.add('q');
  await sessionAt(0);
  transport.hollow.clear();
  transport.silent.add('q');
  await sessionAt(2_900);
  await sessionAt(22_800);
  assert.deepEqual(transport.deleted, []);
  await sessionAt(22_900);
  assert.deepEqual(transport.deleted, ['q']);
});

test('a queue that worked meanwhile is not deleted together with one that did not', async () => {
  const transport = fakeTransport();
  const sessionAt = aClockedProof(transport);
  for (const name of ['q', 'q.parked']) transport.silent.add(name);
  await sessionAt(0);
  transport.silent.delete('q.parked');
  await sessionAt(10_000);
  transport.silent.add('q.parked');
  await sessionAt(20_000);
  assert.equal(await sessionAt(20_100), "queue 'q.parked' is silent");
  assert.equal(await sessionAt(30_000), "queue 'q.parked' is silent");
  assert.deepEqual(transport.deleted, ['q']);
});

test('whoever cannot make a queue anew in time lets others try, and tries again itself', async () => {
  const transport = fakeTransport();
  const sessionAt = aClockedProof(transport, { mendTimeoutMs: 5 });
  transport.hollow.add('q');
  await sessionAt(0);
  transport.deleting = new Promise(() => undefined);
  await sessionAt(3_000);
  assert.equal(transport.locks.size, 0);
  transport.deleting = Promise.resolve();
  assert.equal(await sessionAt(3_100), "queue 'q' is hollow");
  assert.equal(await sessionAt(6_100), "queue 'q' was hollow");
  assert.equal(await sessionAt(6_200), 'all work');
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
