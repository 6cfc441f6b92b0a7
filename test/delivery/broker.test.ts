// The broker itself dies, or takes nothing any more. It is one of this file's own: nobody else's tests may feel that.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { LinkReport } from '../../adapters/rabbitmq/link.ts';
import { queuesOf } from '../../adapters/rabbitmq/topology.ts';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { withChannel } from './support/messages.ts';
import { soon } from './support/soon.ts';
import { aWorld, fastPool, fastRelay } from './support/world.ts';

const { AMQP_URL: _shared, ...env } = readEnvironment(); // PostgreSQL and Temporal are those of the test run
const servers = await startTestServers(env, { durable: true });
after(servers.stop);
const amqpUrl = servers.env['AMQP_URL'] ?? '';
const broker = servers.running.find(({ name }) => name === 'RabbitMQ') ?? assert.fail('the broker is ours');
const patienceMs = 120_000;
const impatient = { hollowQueueMs: 500, silentQueueMs: 2_000, queueLookTimeoutMs: 700, sweepAfterEmptyMs: 2_000 };

test('a broker that is killed and started again costs time: two relays and three pools come back and book each purchase once', async (t) => {
  const world = await aWorld(t, { amqpUrl });
  const relays = await Promise.all(
    [1, 2].map(async (n) => world.aRelay({ name: `relay-${n}`, limits: { ...fastRelay, ...impatient, relayBatch: 5 } })),
  );
  const pools = await Promise.all([1, 2, 3].map(async (n) => world.aPool({ name: `pool-${n}`, limits: { ...fastPool, ...impatient } })));
  world.core.delayMs = 20;
  const accepted = await world.accept(150);
  await soon(() => assert.ok(world.core.bookings.size > 10), patienceMs);
  for (const process of broker.processes) await process.stop(true);
  await soon(() => assert.ok([...relays, ...pools].every((each) => !each.ready())), patienceMs);
  accepted.push(...(await world.accept(50)));
  broker.processes = await broker.restart();
  await bookedExactlyOnce(world, accepted, patienceMs);
  await soon(() => assert.ok(pools.every((pool) => pool.counts().sessions > 1)), patienceMs);
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
  await soon(() => assert.ok(blocked.length > 0), patienceMs);
  await soon(() => assert.equal(relay.ready(), false), patienceMs);
  await world.aPool();
  await soon(() => assert.ok(before.every(({ rrn }) => world.core.bookings.has(rrn))), patienceMs);
  const { rows } = await world.database.query<{ count: number }>('select count(*) as count from outbox where published_at is null');
  assert.ok((rows[0]?.count ?? 0) > 0, 'the outbox keeps what the broker does not take');

  await broker.control?.(['set_vm_memory_high_watermark', '0.4']);
  await bookedExactlyOnce(world, [...before, ...during], patienceMs);
});

test('a broker that has given up dead-lettering is told of; once it is started again, all is booked once without anything else', async (t) => {
  const deadLettering = async (verb: string) => broker.control?.(['eval', `supervisor:${verb}_child(rabbit_sup, rabbit_fifo_dlx_sup).`]);
  const world = await aWorld(t, { amqpUrl });
  const said = new Set<string>();
  const report = ({ kind }: { kind: string }): void => void said.add(kind);
  await world.aRelay({ limits: { ...fastRelay, ...impatient }, report });
  await world.aPool({ limits: { ...fastPool, ...impatient }, report });
  await deadLettering('terminate');
  t.after(async () => deadLettering('restart'));
  await withChannel(world, async (channel) => channel.deleteQueue(world.topology.queue.name));
  const accepted = await world.accept(20);
  await soon(() => assert.ok(said.has('unmendable')), patienceMs);
  assert.ok(!said.has('mended'));

  await deadLettering('restart');
  await bookedExactlyOnce(world, accepted, patienceMs);
});

// What is left when whoever declares is cut off between the name and the queue; and what a broker starts that was killed right after.
const forget = 'ok = ra:force_delete_server(quorum_queues, amqqueue:get_pid(Q))';
const startAgain = '{[_], []} = rabbit_quorum_queue:recover(<<"/">>, [Q])';
const broken = [
  { how: 'by name only', order: forget, of: (all: string[]) => all },
  { how: 'without a leader', order: `${forget}, ${startAgain}`, of: (all: string[]) => all.slice(0, 1) },
];

for (const { how, order, of } of broken)
  test(`queues that the broker kept ${how} are made anew without anybody, and what they should have carried is booked once`, async (t) => {
    const world = await aWorld(t, { amqpUrl });
    const mended: string[] = [];
    const report = (report: LinkReport | { kind: string }): void => void ('queue' in report && mended.push(report.queue));
    const relay = await world.aRelay({ limits: { ...fastRelay, ...impatient, confirmTimeoutMs: 2_000 }, report });
    const pools = await Promise.all(
      [1, 2, 3].map(async (n) => world.aPool({ name: `pool-${n}`, limits: { ...fastPool, ...impatient }, report })),
    );
    const names = of(queuesOf(world.topology).map(({ name }) => name));
    const resources = names.map((name) => `rabbit_misc:r(<<"/">>, queue, <<"${name}">>)`);
    await broker.control?.(['eval', `[begin {ok, Q} = rabbit_amqqueue:lookup(R), ${order} end || R <- [${resources.join(', ')}]].`]);
    const accepted = await world.accept(20);
    await soon(() => assert.ok(relay.counts().refused + relay.counts().unconfirmed > 0), patienceMs);

    await broker.control?.(['close_all_connections', '--global', 'struck']);
    await bookedExactlyOnce(world, accepted, patienceMs);
    assert.deepEqual(mended.toSorted(), names.toSorted(), 'each by one of all who saw it');
    await soon(() => assert.ok([relay, ...pools].every((each) => each.ready())), patienceMs);
  });

test('a policy that lets messages expire in the work queue parks nobody: it is reported, and each purchase is booked once', async (t) => {
  const world = await aWorld(t, { amqpUrl });
  const { name } = world.topology.queue;
  world.core.delayMs = 300;
  const limits = { ...fastPool, consumerConcurrency: 1, consumerPrefetch: 1 };
  await world.aRelay({ limits: { ...fastRelay, sweepAfterEmptyMs: 1_000 } });
  const pool = await world.aPool({ limits });
  await broker.control?.(['set_policy', 'hasty', `^${name.replace('.', '[.]')}$`, '{"message-ttl": 500}', '--apply-to', 'queues']);
  const accepted = await world.accept(8);
  await soon(() => assert.ok(pool.counts().handled.expired > 0), patienceMs);
  await bookedExactlyOnce(world, accepted, patienceMs);
  await broker.control?.(['clear_policy', 'hasty']);
  assert.equal((await world.database.query('select from parked_messages')).rowCount, 0);
});
