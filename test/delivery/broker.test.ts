// The broker itself dies, or takes nothing any more. It is one of this file's own: nobody else's tests may feel that.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { soon } from './support/soon.ts';
import { aWorld, fastRelay } from './support/world.ts';

const { AMQP_URL: _shared, ...env } = readEnvironment(); // PostgreSQL and Temporal are those of the test run
const servers = await startTestServers(env, { durable: true });
after(servers.stop);
const amqpUrl = servers.env['AMQP_URL'] ?? '';
const broker = servers.running.find(({ name }) => name === 'RabbitMQ') ?? assert.fail('the broker is ours');
const patienceMs = 120_000;

test('a broker that is killed and started again costs time: two relays and three pools come back and book each purchase once', async (t) => {
  const world = await aWorld(t, { amqpUrl });
  const relays = await Promise.all([1, 2].map(async (n) => world.aRelay({ name: `relay-${n}`, limits: { ...fastRelay, relayBatch: 5 } })));
  const pools = await Promise.all([1, 2, 3].map(async (n) => world.aPool({ name: `pool-${n}` })));
  world.core.delayMs = 20;
  const accepted = await world.accept(150);
  await soon(() => assert.ok(world.core.bookings.size > 10), patienceMs);
  for (const process of broker.processes) await process.stop(true);
  await soon(() => assert.ok([...relays, ...pools].every((each) => !each.ready())), patienceMs);
  accepted.push(...(await world.accept(50)));
  broker.processes = await broker.restart();
  await bookedExactlyOnce(world, accepted, patienceMs);
  assert.ok(pools.every((pool) => pool.counts().sessions > 1));
});

test('under a memory alarm nothing new is published, what is in the queue is booked, and the rest follows when the alarm is over', async (t) => {
  const world = await aWorld(t, { amqpUrl });
  const blocked: string[] = [];
  const relay = await world.aRelay({ report: (report) => void (report.kind === 'blocked' && blocked.push(report.kind)) });
  const before = await world.accept(20);
  await soon(() => assert.equal(relay.counts().published, 20), patienceMs);

  await broker.control?.(['set_vm_memory_high_watermark', '0.0001']);
  t.after(async () => broker.control?.(['set_vm_memory_high_watermark', '0.4']));
  const during = await world.accept(20); // the broker says that it is blocked to whoever publishes
  await soon(() => assert.equal(blocked.length, 1), patienceMs);
  await soon(() => assert.equal(relay.ready(), false), patienceMs);
  await world.aPool();
  await soon(() => assert.ok(before.every(({ rrn }) => world.core.bookings.has(rrn))), patienceMs);
  const { rows } = await world.database.query<{ count: number }>('select count(*) as count from outbox where published_at is null');
  assert.ok((rows[0]?.count ?? 0) > 0, 'the outbox keeps what the broker does not take');

  await broker.control?.(['set_vm_memory_high_watermark', '0.4']);
  await bookedExactlyOnce(world, [...before, ...during], patienceMs);
});
