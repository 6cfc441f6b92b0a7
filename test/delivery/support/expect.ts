// What must hold after every test of the hand-off, whatever was killed: each purchase booked once, settled once, told, and nothing left over.

import assert from 'node:assert/strict';
import type { AcceptedTransaction } from '../../../db/transactions.ts';
import { soon } from './soon.ts';
import type { World } from './world.ts';

/** Waits until every purchase is settled and told, then checks that each was booked exactly once. */
export async function bookedExactlyOnce(world: World, accepted: AcceptedTransaction[], withinMs = 60_000): Promise<void> {
  await soon(async () => {
    const { rows } = await world.database.query<{ open: number; untold: number; unpublished: number }>(
      `select (select count(*) from transactions where status = 'accepted') as open,
              (select count(*) from outcome_notices) as untold,
              (select count(*) from outbox where published_at is null) as unpublished`,
    );
    assert.deepEqual(rows[0], { open: 0, untold: 0, unpublished: 0 });
  }, withinMs);
  for (const { transactionId, rrn } of accepted) {
    assert.equal(world.core.bookings.get(rrn)?.length, 1, 'one booking per RRN');
    assert.ok(
      world.told.some((told) => told.transactionId === transactionId),
      'the workflow heard of it',
    );
  }
  assert.equal(world.core.bookings.size, accepted.length, 'no booking that nobody accepted');
  const { rows } = await world.database.query<{ status: string; count: number }>(
    'select status, count(*) as count from transactions group by status',
  );
  assert.deepEqual(rows, [{ status: 'posted', count: accepted.length }]);
}
