// Parked messages in the database: what several do at the same moment comes out as if they had done it one after the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayParked } from '../../db/parked.ts';
import { eventually } from '../support/eventually.ts';
import { aWorld } from './world.ts';

const world = await aWorld();
const { database } = world;
const byMai = { actor: 'staff:mai', reason: 'the core is repaired' };

/** A parked message with a purchase of its own. */
async function aParkedPurchase(): Promise<{ id: number; transactionId: string }> {
  const transactionId = await world.aPurchase();
  const { rows } = await database.query<{ id: number }>(
    `insert into parked_messages (message_id, transaction_id, reason, first_error, last_error, body)
     values ($1, $1, 'TRIES_SPENT', 'x', 'x', '') returning id`,
    [transactionId],
  );
  return { id: rows[0]?.id ?? 0, transactionId };
}

test('a purchase that settles while somebody replays it is settled, and nothing is sent again', async () => {
  const { id, transactionId } = await aParkedPurchase();
  const isWaiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  let replay: ReturnType<typeof replayParked> | undefined;
  await database.withTransaction(async (tx) => {
    await tx.query(`update transactions set status = 'posted', settled_at = now() where id = $1`, [transactionId]);
    replay = database.withTransaction(async (other) => replayParked(other, { id, ...byMai }));
    await eventually('the replay has read and waits', async () => (await database.query(isWaiting)).rowCount === 1);
  });
  assert.deepEqual(await replay, { kind: 'settled', transactionId });
  assert.equal((await database.query('select 1 from outbox where transaction_id = $1', [transactionId])).rowCount, 1);
});
