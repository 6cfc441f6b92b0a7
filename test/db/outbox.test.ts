// The outbox stays small, and what is said about it is what somebody has to act on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tx } from '../../db/pool.ts';
import { claimNotices } from '../../db/notices.ts';
import { claimOutbox, handOffAges, markOutbox, sendAgain, tidyOutbox } from '../../db/outbox.ts';
import { aWorld } from './world.ts';

const { database, aPurchase } = await aWorld();
const day = 86_400_000;
const keptMs = 7 * day;

async function settle(transactionId: string): Promise<void> {
  await database.query(`update transactions set status = 'posted', settled_at = now() where id = $1`, [transactionId]);
}

/** Messages of a transaction that were published so many days ago. */
async function published(transactionId: string, count: number, daysAgo: number): Promise<void> {
  await database.query(
    `insert into outbox (message_id, transaction_id, body, published_at)
     select gen_random_uuid(), $1, '{}', now() - $3 * interval '1 day' from generate_series(1, $2)`,
    [transactionId, count, daysAgo],
  );
}

const tidy = async (limit: number) => database.withTransaction(async (tx) => tidyOutbox(tx, { keptMs, limit }));

test('published messages of settled purchases are deleted after a week, oldest first, and no others', async () => {
  const [settled, open] = [await aPurchase(), await aPurchase()];
  await settle(settled);
  await published(settled, 3, 8);
  await published(settled, 2, 9);
  await published(settled, 4, 6);
  await published(open, 1, 30);
  assert.equal(await tidy(2), 2);
  const oldest = `select extract(day from max(now() - published_at))::int as days from outbox where transaction_id = $1`;
  assert.equal((await database.query<{ days: number }>(oldest, [settled])).rows[0]?.days, 8, 'the oldest went first');
  assert.deepEqual([await tidy(100), await tidy(100)], [3, 0]);
  const kept = 'select 1 from outbox where transaction_id = $1';
  assert.equal((await database.query(kept, [settled])).rowCount, 5, 'those of this week, and the one that is not published');
  assert.equal((await database.query(kept, [open])).rowCount, 2, 'a purchase without an outcome keeps its messages');
});

test('tidying a large outbox reads what is old and nothing else', async () => {
  const settled = await aPurchase();
  await settle(settled);
  await published(settled, 30_000, 1);
  await database.query('analyze outbox');
  const plans: string[] = [];
  const explaining: Tx = {
    inTransaction: true,
    query: async (text, values) => {
      const { rows } = await database.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return { rows: [], rowCount: 0 };
    },
  };
  await tidyOutbox(explaining, { keptMs, limit: 500 });
  assert.match(plans.join('\n'), /outbox_published.*\n\s+Index Cond: \(published_at </);
});

test('a purchase that waits for a person is not reported as late, and one that only a foreign message names is', async () => {
  await database.query(`update transactions set status = 'posted', settled_at = now() where status = 'accepted'`);
  const [parked, named] = [await aPurchase(), await aPurchase()];
  const accepted = async (transactionId: string, hoursAgo: number) =>
    database.query(`update transactions set accepted_at = now() - $2 * interval '1 hour' where id = $1`, [transactionId, hoursAgo]);
  await accepted(parked, 48);
  await accepted(named, 5);
  await database.query(
    `insert into parked_messages (message_id, transaction_id, reason, first_error, last_error, body)
     values ('ours', $1, 'CORE_REFUSED', 'x', 'x', ''), ('foreign', $2, 'MALFORMED', 'x', 'x', '')`,
    [parked, named],
  );
  const hours = async () => Math.round((await handOffAges(database)).unsettledMs / 3_600_000);
  assert.equal(await hours(), 5);
  await settle(named);
  assert.equal(await hours(), 0);
});

test('what one relay or pool holds is passed over by the others at once, and all of it is taken', async () => {
  await database.query('update outbox set published_at = now()');
  const purchases = [await aPurchase(), await aPurchase(), await aPurchase()];
  await database.query('insert into outcome_notices (transaction_id) select unnest($1::text[])', [purchases]);
  await database.withTransaction(async (first) => {
    const mine = [...(await claimOutbox(first, 2)), ...(await claimNotices(first, 2))];
    const others = await database.withTransaction(async (second) => [
      ...(await claimOutbox(second, 9)),
      ...(await claimNotices(second, 9)),
    ]);
    assert.deepEqual([mine.length, others.length], [4, 2]);
    assert.deepEqual([...mine, ...others].map(({ transactionId }) => transactionId).toSorted(), [...purchases, ...purchases].toSorted());
  });
});

test('a message that the broker refuses again and again grows old, and one that is not due yet has no age', async () => {
  await database.query('update outbox set published_at = now()');
  const hours = async () => (await handOffAges(database)).unpublishedMs / 3_600_000;
  assert.equal(await hours(), 0);
  const purchase = await aPurchase();
  await database.withTransaction(async (tx) => sendAgain(tx, [purchase], 3_600_000));
  await database.query(`delete from outbox where transaction_id = $1 and available_at <= now()`, [purchase]);
  assert.equal(await hours(), 0, 'of a replay at a rate');
  const { rows } = await database.query<{ id: number }>(
    `update outbox set created_at = now() - interval '2 hours', available_at = now() where published_at is null returning id`,
  );
  const refused = { published: [], failed: rows.map(({ id }) => id), retryMs: 2_000 };
  await database.withTransaction(async (tx) => markOutbox(tx, refused));
  assert.equal(Math.round(await hours()), 2);
});
