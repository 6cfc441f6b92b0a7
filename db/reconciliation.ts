// Our side of the comparison, batch by batch, so that a period of any length is read in short statements.

import type { ReconciledTransaction, WithoutTransaction } from '../domain/reconciliation.ts';
import { waitsForPerson } from './outbox.ts';
import type { Queryable } from './pool.ts';

/** Where a batch ended. The time is text, for a Date has no microseconds. */
export interface Cursor {
  at: string;
  id: string;
}

export interface Batch<Row> {
  rows: Row[];
  /** Null when there is nothing after this batch. */
  next: Cursor | null;
}

/** What changed after $1 is still moving. */
const transactionColumns = `t.id as "transactionId", t.application_id as "applicationId", t.rrn, t.contract_number as "contractNumber",
  t.amount_vnd as "amountVnd", t.status, t.accepted_at as "acceptedAt", a.status as "applicationStatus", a.attention is not null as attention,
  greatest(t.accepted_at, t.settled_at, t.claimed_until, t.retry_at) > $1
    or (t.status = 'accepted' and exists (select from outbox o where o.transaction_id = t.id and (o.published_at is null or o.published_at > $1)))
    as moving,
  ${waitsForPerson} as parked,
  exists (select from outcome_notices n where n.transaction_id = t.id) as untold`;

/** The purchases with these RRNs. What changed after `stableSince` is moving. */
export async function readByRrn(q: Queryable, rrns: readonly string[], stableSince: Date): Promise<ReconciledTransaction[]> {
  const { rows } = await q.query<ReconciledTransaction & Record<string, unknown>>(
    `select ${transactionColumns} from transactions t join applications a on a.id = t.application_id
     where t.kind = 'purchase' and t.rrn = any($2)`,
    [stableSince, rrns],
  );
  return rows;
}

export interface Reading {
  after: Cursor;
  until: Date;
  stableSince: Date;
  limit: number;
}

/** The next purchases that were accepted after the cursor and before `until`, oldest first. */
export async function readAccepted(q: Queryable, reading: Reading): Promise<Batch<ReconciledTransaction>> {
  return readTransactions(q, reading, '');
}

/** The same of those that have no outcome. */
export async function readOpen(q: Queryable, reading: Reading): Promise<Batch<ReconciledTransaction>> {
  return readTransactions(q, reading, `and status = 'accepted'`);
}

/** The next purchases that got their outcome after the cursor and before `until`, five minutes or more after they were accepted, in the order of
 *  their outcomes. Sooner ones are compared as accepted in the period, by this run or by the one before. */
export async function readSettledLate(q: Queryable, reading: Reading): Promise<Batch<ReconciledTransaction>> {
  return readTransactions(q, reading, `and settled_at - accepted_at > interval '5 minutes'`, 'settled_at');
}

async function readTransactions(
  q: Queryable,
  reading: Reading,
  which: string,
  time: 'accepted_at' | 'settled_at' = 'accepted_at',
): Promise<Batch<ReconciledTransaction>> {
  const { after, until, stableSince, limit } = reading;
  const { rows } = await q.query<ReconciledTransaction & { cursor: string } & Record<string, unknown>>(
    `select ${transactionColumns}, t.${time}::text as cursor from (
       select * from transactions where (${time}, id) > ($2::timestamptz, $3) and ${time} < $4 and kind = 'purchase' ${which}
       order by ${time}, id limit $5) t
     join applications a on a.id = t.application_id order by t.${time}, t.id`,
    [stableSince, after.at, after.id, until, limit],
  );
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { rows, next: last ? { at: last.cursor, id: last.transactionId } : null };
}

const noTransaction = 'not exists (select from transactions t where t.application_id = a.id)';

/** The applications that are being settled or completed and have no transaction, among the next `limit` whose last change lies after the cursor
 *  and before `until`. */
export async function readOrphans(q: Queryable, reading: Omit<Reading, 'stableSince'>): Promise<Batch<WithoutTransaction>> {
  const { after, until, limit } = reading;
  const { rows } = await q.query<WithoutTransaction & { cursor: string; orphan: boolean } & Record<string, unknown>>(
    `select a.id as "applicationId", a.status as "applicationStatus", a.updated_at as "updatedAt", a.updated_at::text as cursor,
       ${noTransaction} as orphan
     from (select * from applications where status in ('settling', 'completed') and (updated_at, id) > ($1::timestamptz, $2)
             and updated_at < $3 order by updated_at, id limit $4) a
     order by a.updated_at, a.id`,
    [after.at, after.id, until, limit],
  );
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { rows: rows.filter(({ orphan }) => orphan), next: last ? { at: last.cursor, id: last.applicationId } : null };
}

/** Which of these applications are such. */
export async function readOrphansOf(q: Queryable, applicationIds: readonly string[]): Promise<WithoutTransaction[]> {
  const { rows } = await q.query<WithoutTransaction & Record<string, unknown>>(
    `select a.id as "applicationId", a.status as "applicationStatus", a.updated_at as "updatedAt" from applications a
     where a.status in ('settling', 'completed') and a.id = any($1) and ${noTransaction}`,
    [applicationIds],
  );
  return rows;
}

/** Now, by the clock of the database. */
export async function databaseClock(q: Queryable): Promise<Date> {
  const { rows } = await q.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]?.now ?? new Date();
}
