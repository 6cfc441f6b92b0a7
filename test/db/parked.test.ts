// Parked messages in the database: what several do at the same moment comes out as if they had done it one after the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renewParked, replayParked } from '../../db/parked.ts';
import { readTransaction } from '../../db/transactions.ts';
import { eventually } from '../support/eventually.ts';
import { aWorld } from './world.ts';

const world = await aWorld();
const { database } = world;
const byMai = { actor: 'staff:mai', reason: 'the core is repaired' };

/** A parked message with a purchase of its own. */
async function aParkedPurchase(reason = 'TRIES_SPENT'): Promise<{ id: number; transactionId: string }> {
  const transactionId = await world.aPurchase();
  const { rows } = await database.query<{ id: number }>(
    `insert into parked_messages (message_id, transaction_id, reason, first_error, last_error, body)
     values ($1, $1, $2, 'x', 'x', '') returning id`,
    [transactionId, reason],
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

test('a purchase gets a new RRN once, only where WAY4 has another booking under its own, and never while a request may still arrive', async () => {
  const renew = async (id: number) => database.withTransaction(async (tx) => renewParked(tx, { id, ...byMai, approvedBy: 'staff:lan' }));
  const { id, transactionId } = await aParkedPurchase('OTHER_BOOKING');
  const before = await readTransaction(database, transactionId);
  await database.query(`update transactions set claimed_until = clock_timestamp() + interval '1 minute' where id = $1`, [transactionId]);
  assert.deepEqual(await renew(id), { kind: 'refused', why: 'AT_WORK' });
  await database.query('update transactions set claimed_until = null, tries_left = 0 where id = $1', [transactionId]);
  const renewed = (await Promise.all([renew(id), renew(id), renew(id)])).map(({ kind }) => kind).toSorted();
  assert.deepEqual(renewed, ['renewed', 'resolved before', 'resolved before']);
  const after = await readTransaction(database, transactionId);
  assert.deepEqual([after?.formerRrns, after?.triesLeft], [[before?.rrn], 12]);
  assert.ok(after && before && after.rrn !== before.rrn && after.claim > before.claim, 'who was at work under the old one is fenced');
  const { rows } = await database.query(
    `select change->>'formerRrn' as was, change->>'approvedBy' as second from audit_log where action = $1`,
    ['parked_message.renewed'],
  );
  assert.deepEqual(rows, [{ was: before.rrn, second: 'staff:lan' }]);
  assert.deepEqual(await renew((await aParkedPurchase()).id), { kind: 'refused', why: 'NOT_RENEWABLE' });
  assert.deepEqual(await renew(999_999), { kind: 'refused', why: 'NOT_FOUND' });
});

test('an RRN cannot be replaced without a new claim, nor forgotten', async () => {
  const id = await world.aPurchase();
  for (const change of [
    'rrn = default',
    'rrn = default, former_rrns = former_rrns || rrn',
    'rrn = default, claim = claim + 1',
    `former_rrns = '{"1"}', claim = claim + 1`,
  ])
    await assert.rejects(database.query(`update transactions set ${change} where id = $1`, [id]), /an RRN is replaced/, change);
  await database.query('update transactions set rrn = default, former_rrns = former_rrns || rrn, claim = claim + 1 where id = $1', [id]);
  await assert.rejects(database.query(`update transactions set former_rrns = '{}', claim = claim + 1 where id = $1`, [id]), /and kept/);
});
