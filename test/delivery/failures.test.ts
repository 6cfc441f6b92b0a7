// What becomes of a purchase when the card core is away, slow or confused: it is tried again, asking first, and booked once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryLimits } from '../../config/limits.ts';
import { readTransaction } from '../../db/transactions.ts';
import { workKey } from '../../adapters/rabbitmq/topology.ts';
import type { Handled } from '../../workers/handle-transaction.ts';
import { withChannel } from './support/messages.ts';
import { tcpProxy } from './support/tcp-proxy.ts';
import { soon } from './support/soon.ts';
import { stubbornBroker } from './support/stubborn-broker.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { aWorld, fastPool } from './support/world.ts';
import type { World } from './support/world.ts';

/** A lease that ends when the test says so, however slow the machine is. */
const endlessLease = { ...fastPool, claimLeaseMs: 600_000, coreTimeoutMs: 100 };

async function endLeases({ database }: World): Promise<void> {
  await database.query('update transactions set claimed_until = clock_timestamp() where claimed_until is not null');
}

function isClaimed(handled: Handled): handled is Extract<Handled, { kind: 'delayed' }> {
  return handled.kind === 'delayed' && handled.reason === 'CLAIMED';
}

test('a purchase that did not reach the core comes back after a delay and is booked', async (t) => {
  const world = await aWorld(t);
  world.core.moods = ['unavailable', 'unavailable'];
  const accepted = await world.accept(1);
  await world.aRelay();
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
  assert.deepEqual(
    world.handled.map((handled) => handled.kind),
    ['delayed', 'delayed', 'settled'],
  );
  const row = await readTransaction(world.database, accepted[0]?.transactionId ?? '');
  assert.equal(row?.attempts, 3);
  assert.equal(row?.firstError, 'way4:unavailable:HTTP_429');
});

test('a purchase that waits for its next try comes back to the work though the binding of the work queue is gone', async (t) => {
  const world = await aWorld(t, { delaysMs: [1_000] });
  world.core.moods = ['unavailable'];
  const accepted = await world.accept(1);
  const relay = await world.aRelay();
  await world.aPool();
  await soon(() => assert.ok(world.handled.some(({ kind }) => kind === 'delayed')));
  await relay.drain(); // it would bind the queue again, and publish a copy
  const { exchange, queue } = world.topology;
  await withChannel(world, async (channel) => channel.unbindQueue(queue.name, exchange, workKey));
  await bookedExactlyOnce(world, accepted);
});

test('a booking whose answer was lost is found by its RRN and never sent again', async (t) => {
  const world = await aWorld(t);
  world.core.moods = ['lost after booking', 'garbage after booking'];
  const accepted = await world.accept(2);
  await world.aRelay();
  await world.aPool({ limits: endlessLease });
  await soon(() => assert.equal(new Set(world.handled.flatMap((each) => (isClaimed(each) ? [each.transactionId] : []))).size, 2));
  await endLeases(world);
  await bookedExactlyOnce(world, accepted);
  for (const { rrn } of accepted) {
    const calls = world.core.calls.filter((call) => call.rrn === rrn).map((call) => call.kind);
    assert.deepEqual(calls, ['purchase', 'inquiry']);
  }
});

test('a request that was lost before the core booked it is sent again only after an inquiry and the end of its lease', async (t) => {
  const world = await aWorld(t);
  world.core.moods = ['lost before booking'];
  const accepted = await world.accept(1);
  await world.aRelay();
  await world.aPool({ limits: endlessLease });
  await soon(() => assert.ok(world.handled.filter(isClaimed).length > 2));
  assert.equal(world.core.calls.length, 1, 'nobody asks as long as the lease holds');
  await endLeases(world);
  await bookedExactlyOnce(world, accepted);
  assert.deepEqual(
    world.core.calls.map((call) => call.kind),
    ['purchase', 'inquiry', 'purchase'],
  );
});

test('a purchase that the core books late, after its gateway said 503, is found and never sent again', async (t) => {
  const world = await aWorld(t);
  world.core.moods = ['busy'];
  const accepted = await world.accept(1);
  const [one] = accepted;
  assert.ok(one);
  const { transactionId, rrn } = one;
  const pool = await world.aPool({ limits: endlessLease });
  await world.aRelay();
  await soon(() => assert.ok(world.handled.some(isClaimed)));
  assert.equal((await readTransaction(world.database, transactionId))?.triesLeft, deliveryLimits.maxAttempts, 'an outage is not counted');
  const purchase = { rrn, contractNumber: 'TS0000000001', amountVnd: 100_000, merchantId: 'm', merchantName: 'Test Shop', at: '' };
  world.core.bookings.set(rrn, [purchase]);
  await endLeases(world);
  await bookedExactlyOnce(world, accepted);
  assert.deepEqual(
    world.core.calls.map((each) => each.kind),
    ['purchase', 'inquiry'],
  );
  assert.equal(pool.counts().handled.parked, 0);
});

test('an outage of the core parks nobody, however many attempts it takes', async (t) => {
  const world = await aWorld(t, { delaysMs: [20] });
  world.core.down = true;
  const accepted = await world.accept(3);
  await world.aRelay();
  await world.aPool();
  await soon(async () => {
    for (const { transactionId } of accepted) {
      const row = await readTransaction(world.database, transactionId);
      assert.ok(row && row.attempts > 15);
      assert.ok(row.triesLeft >= 11);
    }
  });
  world.core.down = false;
  await bookedExactlyOnce(world, accepted);
});

test('while the broker takes no copy for later, a purchase waits in hand, and an outage still parks nobody', async (t) => {
  const world = await aWorld(t, { delaysMs: [20], deliveryLimit: 3 });
  const broker = stubbornBroker('nack');
  world.core.down = true;
  await world.aRelay();
  const pool = await world.aPool({ transport: broker.transport });
  const accepted = await world.accept(3); // only now: who connects looks at the queue, and what comes in that moment is given back
  await soon(() => assert.ok(broker.asked() > 30));
  world.core.down = false;
  await bookedExactlyOnce(world, accepted);
  assert.equal(pool.counts().redelivered, 0, 'nothing that the broker would count');
});

test('a purchase that waits in hand is given back by a drain, and booked by the next pool', async (t) => {
  const world = await aWorld(t, { delaysMs: [3_600_000] });
  const broker = stubbornBroker('nack');
  world.core.moods = ['unavailable'];
  const accepted = await world.accept(1);
  await world.aRelay();
  const pool = await world.aPool({ transport: broker.transport });
  await soon(() => assert.equal(broker.asked(), 1));
  await pool.drain();
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
});

test('a purchase that waits in hand gives up its place when its connection is lost', async (t) => {
  const world = await aWorld(t, { delaysMs: [3_600_000] });
  const wire = await tcpProxy(world.amqpUrl);
  world.afterwards(wire.close);
  const broker = stubbornBroker('nack');
  world.core.moods = ['unavailable'];
  const accepted = await world.accept(1);
  await world.aRelay();
  await world.aPool({ amqpUrl: wire.url, transport: broker.transport, limits: { ...fastPool, consumerConcurrency: 1 } });
  await soon(() => assert.equal(broker.asked(), 1));
  wire.cut();
  await bookedExactlyOnce(world, accepted);
});

test('a purchase that failed as often as we allow is parked with its first and last error, and is not booked behind our back', async (t) => {
  const world = await aWorld(t, { delaysMs: [20] });
  world.core.moods = ['lost before booking', ...Array.from({ length: 30 }, () => 'garbage before booking' as const)];
  const [accepted] = await world.accept(1);
  assert.ok(accepted);
  await world.aRelay();
  await world.aPool({ limits: { ...fastPool, claimLeaseMs: 1_000, coreTimeoutMs: 5 } });
  const parked = await soon(async () => {
    const { rows } = await world.database.query<{ reason: string; first_error: string; last_error: string; transaction_id: string }>(
      'select reason, first_error, last_error, transaction_id from parked_messages',
    );
    assert.equal(rows.length, 1);
    return rows[0];
  });
  assert.deepEqual(parked, {
    reason: 'TRIES_SPENT',
    first_error: 'way4:unknown:TIMEOUT',
    last_error: 'way4:garbage:NOT_XML',
    transaction_id: accepted.transactionId,
  });
  assert.equal(world.core.bookings.size, 0);
  assert.equal((await readTransaction(world.database, accepted.transactionId))?.status, 'accepted');
});

test('a request that the core refuses as such is parked at once', async (t) => {
  const world = await aWorld(t);
  world.core.moods = ['refuse'];
  await world.accept(1);
  await world.aRelay();
  await world.aPool();
  await soon(() => {
    assert.deepEqual(
      world.handled.map((handled) => (handled.kind === 'parked' ? handled.reason : handled.kind)),
      ['CORE_REFUSED'],
    );
  });
});

test('an outcome is told as soon as Temporal is back, without the purchase being touched again', async (t) => {
  const world = await aWorld(t);
  const accepted = await world.accept(2);
  let temporalIsDown = true;
  const refusedTells: string[] = [];
  await world.aRelay();
  await world.aPool({
    notify: async ({ transactionId, status }) => {
      if (temporalIsDown) {
        refusedTells.push(transactionId);
        throw new Error('Temporal is away');
      }
      world.told.push({ transactionId, status });
    },
  });
  await soon(() => assert.ok(refusedTells.length >= 4));
  assert.equal(world.told.length, 0);
  temporalIsDown = false;
  await bookedExactlyOnce(world, accepted);
});
