// Messages that wait to be published, and outcomes that wait to be told. Both are rows written in the commit of what they tell,
// taken under a row lock that ends with the taker: a relay that dies gives its rows back at once, without a lease to expire.

import { waitingReasons } from '../domain/delivery.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface OutboxRow {
  id: number;
  messageId: string;
  transactionId: string;
  /** JSON text, exactly as it is published. */
  body: string;
}

/** Takes up to `limit` due messages, oldest first; rows that another relay holds are passed over. They stay locked until the commit. */
export async function claimOutbox(tx: Tx, limit: number): Promise<OutboxRow[]> {
  const { rows } = await tx.query<OutboxRow & Record<string, unknown>>(
    `select id, message_id as "messageId", transaction_id as "transactionId", body::text as body from outbox
     where published_at is null and available_at <= clock_timestamp()
     order by available_at, id limit $1 for update skip locked`,
    [limit],
  );
  return rows;
}

/** Notes which of the claimed messages the broker has for certain, and when the others are to be tried again. */
export async function markOutbox(tx: Tx, result: { published: number[]; failed: number[]; retryMs: number }): Promise<void> {
  if (result.published.length > 0) {
    await tx.query('update outbox set published_at = clock_timestamp(), publishes = publishes + 1 where id = any($1)', [result.published]);
  }
  if (result.failed.length > 0) {
    await tx.query(
      `update outbox set publishes = publishes + 1, available_at = clock_timestamp() + $2 * interval '1 millisecond' where id = any($1)`,
      [result.failed, result.retryMs],
    );
  }
}

/** SQL: the transaction `t` waits for a person. A parked message that only names it says nothing about it, for it may be anybody's. */
export const waitsForPerson = `exists (select from parked_messages p where p.transaction_id = t.id and p.resolved_at is null
  and p.reason in (${waitingReasons.map((reason) => `'${reason}'`).join(', ')}))`;

const sweeperLock = 7_274_726_101; // An arbitrary number, the same in all relays: one sweep at a time.

/** Writes a new message for every accepted transaction that nothing moves any more: no outcome, no message on its way, nobody at work
 *  on it, no retry ahead, no person to wait for, and all that for `afterMs`. Returns how many. Repeat: finds those messages and writes none. */
export async function sweepOutbox(tx: Tx, sweep: { afterMs: number; limit: number }): Promise<number> {
  const lock = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [sweeperLock]);
  if (!lock.rows[0]?.mine) return 0;
  const { rows } = await tx.query<{ id: string }>(
    `select t.id from transactions t
     where t.status = 'accepted'
       and greatest(t.accepted_at, t.claimed_until, t.retry_at) < clock_timestamp() - $1 * interval '1 millisecond'
       and not exists (select 1 from outbox o where o.transaction_id = t.id
                       and (o.published_at is null or o.published_at > clock_timestamp() - $1 * interval '1 millisecond'))
       and not ${waitsForPerson}
     order by t.accepted_at limit $2`,
    [sweep.afterMs, sweep.limit],
  );
  await sendAgain(
    tx,
    rows.map((row) => row.id),
  );
  return rows.length;
}

/** Writes one new message for each of these transactions, with an id of its own, due after `afterMs`. */
export async function sendAgain(tx: Tx, transactionIds: string[], afterMs = 0): Promise<void> {
  if (transactionIds.length === 0) return;
  await tx.query(
    `insert into outbox (message_id, transaction_id, body, available_at)
     select fresh.message_id, t.id, jsonb_build_object('schemaVersion', 1, 'transactionId', t.id, 'rrn', t.rrn, 'kind', t.kind),
       clock_timestamp() + $3 * interval '1 millisecond'
     from unnest($1::text[], $2::text[]) as fresh (transaction_id, message_id) join transactions t on t.id = fresh.transaction_id`,
    [transactionIds, transactionIds.map(() => newId('outbox')), afterMs],
  );
}

/** Deletes published messages of settled transactions that are older than `keptMs`, oldest first. Returns how many; `limit` means that
 *  there may be more. */
export async function tidyOutbox(tx: Tx, tidy: { keptMs: number; limit: number }): Promise<number> {
  // now() and not clock_timestamp(): only a time that stands still during the statement bounds what is read of the index.
  const { rowCount } = await tx.query(
    `delete from outbox where id in (
       select o.id from outbox o join transactions t on t.id = o.transaction_id
       where o.published_at < now() - $1 * interval '1 millisecond' and t.status <> 'accepted'
       order by o.published_at limit $2 for update of o skip locked)`,
    [tidy.keptMs, tidy.limit],
  );
  return rowCount ?? 0;
}

/** What to alert on: both in milliseconds, 0 when nothing waits. */
export interface HandOffAges {
  /** Age of the oldest message that is due and not published. One that was tried in vain is as old as it is, however often it was put off. */
  unpublishedMs: number;
  /** Age of the oldest transaction without an outcome that waits for no person: those are counted as parked. */
  unsettledMs: number;
}

/** How long the hand-off keeps somebody waiting. */
export async function handOffAges(q: Queryable): Promise<HandOffAges> {
  const { rows } = await q.query<HandOffAges & Record<string, unknown>>(
    `select greatest(0, extract(epoch from clock_timestamp() - (select min(case when publishes = 0 then available_at else created_at end)
              from outbox where published_at is null)) * 1000)::float8
              as "unpublishedMs",
            coalesce(extract(epoch from clock_timestamp() - (select min(t.accepted_at) from transactions t where t.status = 'accepted'
              and not ${waitsForPerson})) * 1000, 0)::float8
              as "unsettledMs"`,
  );
  return rows[0] ?? { unpublishedMs: 0, unsettledMs: 0 };
}
