// A row counts as published only when the broker has the message in a queue. Everything else stays in the outbox and is sent again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPublisher } from '../../adapters/rabbitmq/publisher.ts';
import { TopologyMismatch, queuesOf, transactionTopology, workKey } from '../../adapters/rabbitmq/topology.ts';
import { openLink } from '../../workers/broker.ts';
import type { RelayOptions } from '../../workers/relay-process.ts';
import { relayRound } from '../../workers/relay-round.ts';
import { noFaults } from '../../workers/fault-points.ts';
import { soon } from './support/soon.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { readyMessages, withChannel } from './support/messages.ts';
import { tcpProxy } from './support/tcp-proxy.ts';
import { aWorld, fastPool, fastRelay } from './support/world.ts';
import type { World } from './support/world.ts';

async function unpublished(world: World): Promise<number> {
  const { rows } = await world.database.query<{ count: number }>('select count(*) as count from outbox where published_at is null');
  return rows[0]?.count ?? 0;
}

test('a message that no queue took is returned, stays in the outbox, and is published when the queue is there again', async (t) => {
  const world = await aWorld(t);
  const link = openLink({ url: world.amqpUrl, name: 'relay', topology: world.topology, report: () => undefined });
  const publisher = createPublisher({ link, maxUnconfirmed: 100, confirmTimeoutMs: 60_000 });
  await link.start();
  world.afterwards(link.close);
  const { exchange, queue } = world.topology;
  const deps = { ...world, publisher, exchange, ready: () => link.state() === 'ready', batch: 10, retryMs: 50, faults: noFaults };
  const round = async () => relayRound(deps);

  await withChannel(world, async (channel) => channel.unbindQueue(queue.name, exchange, workKey));
  const accepted = await world.accept(3);
  await relayRound({ ...deps, ready: () => false, faults: () => assert.fail('a row was claimed while the broker takes nothing') });
  await round();
  assert.ok(publisher.counts().returned > 0);
  assert.equal(await unpublished(world), 3, 'none is marked, though the broker confirmed each');
  // The relay declares its queues again, and the messages find their way.
  await soon(async () => {
    await round();
    assert.equal(await unpublished(world), 0);
  });
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
});

test('a full queue refuses, the outbox keeps the rest, and all of it arrives when there is room', async (t) => {
  const world = await aWorld(t, { maxMessages: 5 });
  const accepted = await world.accept(60);
  const relay = await world.aRelay({ limits: { ...fastRelay, relayBatch: 3 } }); // a quorum queue may overshoot by what is in flight
  await soon(() => assert.ok(relay.counts().refused > 0));
  assert.ok((await unpublished(world)) > 0);
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
});

test('a connection that is cut again and again costs time and nothing else', async (t) => {
  const world = await aWorld(t);
  const wire = await tcpProxy(world.amqpUrl);
  world.afterwards(wire.close);
  const accepted = await world.accept(200);
  const relay = await world.aRelay({ amqpUrl: wire.url, limits: { ...fastRelay, relayBatch: 5 } });
  const pool = await world.aPool({ amqpUrl: wire.url });
  for (let cuts = 1; cuts <= 5; cuts += 1) {
    const before = { relay: relay.counts().sessions, pool: pool.counts().sessions };
    wire.cut();
    await soon(() => assert.ok(relay.counts().sessions > before.relay && pool.counts().sessions > before.pool));
    await soon(() => assert.ok(relay.ready() && pool.ready()));
  }
  await bookedExactlyOnce(world, accepted);
});

test('a broker whose answers get lost is given up after the confirm time-out, and nothing counts as published', async (t) => {
  const world = await aWorld(t);
  const wire = await tcpProxy(world.amqpUrl);
  world.afterwards(wire.close);
  const relay = await world.aRelay({ amqpUrl: wire.url, limits: { ...fastRelay, confirmTimeoutMs: 2_000 } });
  wire.swallowAnswers();
  const accepted = await world.accept(5);
  await soon(() => assert.ok(relay.counts().unconfirmed > 0));
  assert.equal(await unpublished(world), 5);
  const unheard = await readyMessages(world, world.topology.queue.name);
  assert.ok(unheard > 0, 'the broker has them, but nobody knew');
  wire.heal();
  await soon(async () => assert.equal(await unpublished(world), 0));
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
  await soon(() => {
    const copies = world.handled.filter((handled) => handled.kind === 'duplicate').length;
    assert.ok(copies >= unheard, 'the second copies were recognised');
  });
});

test('queues that are deleted under a running pool are declared again and the purchases in them are brought back', async (t) => {
  const world = await aWorld(t);
  const hold = Promise.withResolvers<void>();
  world.core.onReceived = async () => (world.core.bookings.size > 5 ? hold.promise : undefined); // or all could be booked before
  const accepted = await world.accept(60);
  await world.aRelay({ limits: { ...fastRelay, sweepAfterEmptyMs: 500 } });
  const pool = await world.aPool();
  world.afterwards(hold.resolve);
  await soon(() => assert.ok(world.core.bookings.size > 5));
  await withChannel(world, async (channel) => {
    for (const { name } of queuesOf(world.topology)) await channel.deleteQueue(name);
  });
  hold.resolve();
  await bookedExactlyOnce(world, accepted);
  assert.ok(pool.counts().sessions > 1);
});

test('a purchase whose message may still wait in the queue is left alone, and is published again soon after that queue is empty', async (t) => {
  const world = await aWorld(t);
  const { name } = world.topology.queue;
  let finish = (): void => undefined;
  world.core.onReceived = async () => new Promise((resolve) => (finish = resolve));
  await world.aPool({ limits: { ...fastPool, consumerConcurrency: 1, consumerPrefetch: 1 } });
  const accepted = await world.accept(2); // one is in hand at the core, the other waits behind it
  const sweeps = await aSweepingRelay(world);
  await soon(async () => assert.equal((await world.database.query(isLate)).rowCount, 2));
  await sweeps();
  assert.equal(await messagesWritten(world), 2);
  assert.equal(await readyMessages(world, name), 1);

  await withChannel(world, async (channel) => channel.purgeQueue(name));
  await soon(async () => assert.equal(await messagesWritten(world), 3));
  world.core.onReceived = () => undefined;
  finish();
  await bookedExactlyOnce(world, accepted);
});

test('a queue that is shown empty and without consumers, as by a broker too busy to look, is not taken for empty', async (t) => {
  const world = await aWorld(t);
  const accepted = await world.accept(1);
  const sweeps = await aSweepingRelay(world);
  await soon(async () => assert.equal(await unpublished(world), 0));
  await withChannel(world, async (channel) => channel.purgeQueue(world.topology.queue.name));
  await soon(async () => assert.equal((await world.database.query(isLate)).rowCount, 1));
  await sweeps();
  assert.equal(await messagesWritten(world), 1);
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
});

const isLate = "select 1 from outbox where published_at < now() - interval '1 second'";

async function messagesWritten(world: World): Promise<number | null> {
  return (await world.database.query('select 1 from outbox')).rowCount;
}

/** A relay that sweeps all the time; what it returns waits until it has swept a few times more. */
async function aSweepingRelay(world: World): Promise<() => Promise<void>> {
  let sweeps = 0;
  await world.aRelay({
    limits: { ...fastRelay, sweepEveryMs: 10, sweepAfterEmptyMs: 300 },
    faults: (point) => void (sweeps += point === 'sweeper.sweeping' ? 1 : 0),
  });
  return async () => {
    const before = sweeps;
    await soon(() => assert.ok(sweeps > before + 3));
  };
}

test('the sweeper publishes what has no outcome once more, whoever else sweeps, and leaves those alone that wait for a person', async (t) => {
  const world = await aWorld(t);
  const accepted = await world.accept(5);
  const parked = accepted[0]?.transactionId;
  await world.database.query("update outbox set published_at = now() - interval '1 hour'");
  await world.database.query(`update transactions set accepted_at = now() - interval '1 hour'`);
  await world.database.query(
    `insert into parked_messages (message_id, transaction_id, reason, first_error, last_error, body)
     values ('ours', $1, 'TRIES_SPENT', 'x', 'x', ''), ('of anybody', $2, 'MALFORMED', 'x', 'x', ''), ('of anybody else', $2, 'DISAGREES', 'x', 'x', '')`,
    [parked, accepted[1]?.transactionId],
  );
  const relays = await Promise.all(
    [1, 2, 3].map(async () => world.aRelay({ limits: { ...fastRelay, sweepEveryMs: 10, sweepAfterMs: 60_000 } })),
  );
  await soon(() =>
    assert.equal(
      relays.reduce((sum, relay) => sum + relay.counts().published, 0),
      4,
    ),
  );
  const { rows } = await world.database.query<{ count: number }>('select count(*) as count from outbox where transaction_id <> $1', [
    parked,
  ]);
  assert.equal(rows[0]?.count, 8, 'one more message each');
  assert.equal(await readyMessages(world, world.topology.queue.name), 4);
});

test('whatever is older than its time is deleted at one go, and when it cannot be deleted, late purchases are reported all the same', async (t) => {
  const world = await aWorld(t);
  const [settled] = await world.accept(2);
  await world.database.query(`update transactions set status = 'posted', settled_at = now() where id = $1`, [settled?.transactionId]);
  await world.database.query(`update transactions set accepted_at = now() - interval '1 hour' where status = 'accepted'`);
  await world.database.query(
    `insert into outbox (message_id, transaction_id, body, published_at)
     select 'old-' || n, $1, '{}', now() - interval '1 hour' from generate_series(1, 11) n`,
    [settled?.transactionId],
  );
  const limits = { ...fastRelay, outboxKeptMs: 60_000, sweepBatch: 2, sweepEveryMs: 600_000 };
  const old = async () => (await world.database.query(`select 1 from outbox where message_id like 'old-%'`)).rowCount;
  await world.database.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
     create trigger refuse before delete on outbox for each row execute function refuse()`,
  );
  const reports: string[] = [];
  const faults: unknown[] = [];
  const watched = {
    limits,
    report: ({ kind }: { kind: string }) => void reports.push(kind),
    onFault: (error: unknown) => void faults.push(error),
  };
  await world.aRelay(watched);
  await soon(() => assert.ok(faults.length > 0 && reports.includes('late')));
  assert.equal(await old(), 11);

  await world.database.query('drop trigger refuse on outbox');
  await world.aRelay({ limits });
  await soon(async () => assert.equal(await old(), 0));
});

test('a relay that starts while the broker is away reports late purchases', async (t) => {
  const world = await aWorld(t);
  await world.accept(1);
  await world.database.query(`update transactions set accepted_at = now() - interval '1 hour'`);
  const reports: string[] = [];
  const away = 'amqp://127.0.0.1:9';
  void world.aRelay({ amqpUrl: away, report: ({ kind }) => void reports.push(kind) });
  await soon(() => assert.ok(reports.includes('late') && !reports.includes('connected')));
});

test('a relay whose queues are not ours looks at nothing any more', async (t) => {
  const world = await aWorld(t);
  const looks = { refused: 0, other: 0 };
  const lookingAs = (who: keyof typeof looks): Partial<RelayOptions> => ({
    limits: { ...fastRelay, sweepEveryMs: 10 },
    database: {
      ...world.database,
      query: async (text, values) => {
        looks[who] += 1;
        return world.database.query(text, values);
      },
    },
  });
  await world.aRelay(lookingAs('other'));
  const topology = transactionTopology({ ...world.topologyOptions, deliveryLimit: 7 });
  await assert.rejects(world.aRelay({ ...lookingAs('refused'), topology }), TopologyMismatch);
  const before = { ...looks };
  await soon(() => assert.ok(looks.other > before.other + 10));
  assert.ok(before.refused > 0);
  assert.equal(looks.refused, before.refused);
});
