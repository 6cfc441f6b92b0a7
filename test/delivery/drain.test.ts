// A pool that is told to stop finishes what it began, gives back what it did not, and loses nothing; so a deployment is not an incident.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amqplibTransport } from '../../adapters/rabbitmq/amqplib.ts';
import { deliveryLimits } from '../../config/limits.ts';
import { noFaults } from '../../workers/fault-points.ts';
import { createRelay } from '../../workers/relay-process.ts';
import { createTransactionPool } from '../../workers/transaction-pool.ts';
import { soon } from './support/soon.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { readyMessages } from './support/messages.ts';
import { aChild } from './support/processes.ts';
import { serveWorld } from './support/remote.ts';
import { stubbornBroker } from './support/stubborn-broker.ts';
import { tcpProxy } from './support/tcp-proxy.ts';
import { aWorld, fastPool } from './support/world.ts';

test('a drain finishes started work, returns the untouched, and redelivers nothing that was started', async (t) => {
  const world = await aWorld(t);
  const hold = Promise.withResolvers<void>();
  world.core.onReceived = async () => hold.promise;
  const accepted = await world.accept(20);
  await world.aRelay();
  const first = await world.aPool({ limits: { ...fastPool, consumerConcurrency: 4, consumerPrefetch: 8 } });
  await soon(() => assert.equal(first.counts().delivered, 8));
  const drained = first.drain();
  await soon(async () => assert.equal(await readyMessages(world, world.topology.queue.name), 16, 'the untouched are back'));
  hold.resolve();
  await drained;
  assert.equal(first.counts().handled.settled, 4, 'the started are settled');
  assert.equal(first.counts().lateAnswers, 0);
  assert.equal(world.core.calls.length, 4);

  const second = await world.aPool();
  await bookedExactlyOnce(world, accepted);
  assert.equal(second.counts().handled.settled, 16);
  assert.equal(second.counts().handled.duplicate, 0, 'nothing that was started came again');
});

test('a drain that loses its connections fetches nothing more, so that no message comes near its delivery limit', async (t) => {
  const world = await aWorld(t, { deliveryLimit: 3 });
  const wire = await tcpProxy(world.amqpUrl);
  world.afterwards(wire.close);
  const hold = Promise.withResolvers<void>();
  world.core.onReceived = async () => hold.promise;
  const accepted = await world.accept(20);
  await world.aRelay();
  let connected = 0;
  const first = await world.aPool({
    amqpUrl: wire.url,
    limits: { ...fastPool, consumerConcurrency: 4, consumerPrefetch: 8 },
    report: (report) => void (connected += report.kind === 'connected' ? 1 : 0),
  });
  world.afterwards(hold.resolve);
  await soon(() => assert.equal(first.counts().delivered, 8));
  const drained = first.drain();
  for (const made of [3, 4, 5]) {
    wire.cut();
    await soon(() => assert.ok(connected >= made)); // what a handler has to publish still finds a connection
  }
  await soon(async () => assert.equal(await readyMessages(world, world.topology.queue.name), 20, 'all of it is back'));
  hold.resolve();
  await drained;
  assert.deepEqual([first.counts().sessions, first.counts().delivered], [1, 8]);
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
});

test('a process whose handler never ends says so and leaves with code 1 at its deadline, and others book its purchase', async (t) => {
  const world = await aWorld(t);
  let received = 0;
  world.core.onReceived = async () => new Promise(() => (received += 1));
  const limits = { ...fastPool, claimLeaseMs: 2_000, coreTimeoutMs: 150 };
  const stuck = aChild(world, { role: 'pool', name: 'stuck', worldUrl: await serveWorld(world), limits: { ...limits, drainMs: 700 } });
  await stuck.ready;
  const accepted = await world.accept(1);
  await world.aRelay();
  await soon(() => assert.equal(received, 1));
  const startedAt = performance.now();
  stuck.signal('SIGTERM');
  assert.equal(await stuck.ended, 1);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs >= 700 && tookMs < deliveryLimits.drainMs, 'at its own deadline');
  assert.match(stuck.output(), /"msg":"drain took too long"/);
  world.core.onReceived = () => undefined;
  await world.aPool({ limits });
  await bookedExactlyOnce(world, accepted);
});

test('a drain does not wait for a broker that never confirms: what it could not put off is given back', { timeout: 120_000 }, async (t) => {
  const world = await aWorld(t);
  world.core.moods = ['unavailable'];
  const accepted = await world.accept(1);
  await world.aRelay();
  const silent = stubbornBroker();
  const limits = { ...fastPool, drainConfirmMs: 200, confirmTimeoutMs: 600_000 };
  const pool = await world.aPool({ transport: silent.transport, limits });
  await soon(() => assert.equal(silent.asked(), 1));
  await pool.drain();
  assert.equal(pool.counts().lateAnswers, 0);
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
});

test('a relay that drains leaves no claimed row behind and publishes nothing afterwards', async (t) => {
  const world = await aWorld(t);
  const relay = await world.aRelay();
  await world.accept(50);
  await relay.drain();
  const published = async () => (await world.database.query('select 1 from outbox where published_at is not null')).rowCount ?? 0;
  const atDrain = await published();
  assert.equal(await readyMessages(world, world.topology.queue.name), atDrain, 'what is in the queue is marked, and nothing else');
  const { rowCount } = await world.database.query('select 1 from outbox for update nowait');
  assert.equal(rowCount, 50, 'no row is locked');
});

test('a pool takes no purchase before it can publish', async (t) => {
  const world = await aWorld(t);
  const accepted = await world.accept(1);
  await world.aRelay();
  await soon(async () => assert.equal(await readyMessages(world, world.topology.queue.name), 1));
  const tries: string[] = [];
  let away = true;
  const transport = {
    connect: async (options: Parameters<typeof amqplibTransport.connect>[0]) => {
      tries.push(options.name);
      if (away && options.name.endsWith(' publish')) throw new Error('away');
      return amqplibTransport.connect(options);
    },
  };
  const pool = world.aPool({ transport });
  await soon(() => assert.ok(tries.length >= 3));
  assert.equal(new Set(tries).size, 1, 'nothing is consumed');
  away = false;
  await pool;
  await bookedExactlyOnce(world, accepted);
});

test('who is told to stop while the broker is away leaves at once, and takes nothing when it is back', async (t) => {
  const world = await aWorld(t);
  const wire = await tcpProxy(world.amqpUrl);
  world.afterwards(wire.close);
  wire.goDown();
  const accepted = await world.accept(1);
  const shared = { ...world, amqpUrl: wire.url, name: 'early', faults: noFaults, report: () => undefined, onFault: () => undefined };
  const early = [createRelay(shared), createTransactionPool({ ...shared, cardCore: world.core, notify: async () => undefined })];
  for (const { drain } of early) world.afterwards(drain);
  const started = early.map(async ({ start }) => start());
  await soon(() => assert.ok(wire.connections() > early.length));
  await Promise.all(early.map(async ({ drain }) => drain()));
  assert.deepEqual(await Promise.all(started), [false, false]);
  const tries = wire.connections();
  wire.heal();
  await world.aRelay();
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
  assert.equal(wire.connections(), tries);
});
