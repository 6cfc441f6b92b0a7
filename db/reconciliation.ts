// Our side of the comparison, and the memory of what it found. Reading is one snapshot; a break and its repair are one commit.

import type { Break, ReconciledTransaction, Repair, WithoutTransaction } from '../domain/reconciliation.ts';
import { audit } from './audit.ts';
import { invariant } from '../domain/failures.ts';
import { sendAgain, waitsForPerson } from './outbox.ts';
import type { Database, Queryable, Tx } from './pool.ts';
import { openBreakTask, withdrawBreakTasks } from './reviews.ts';

export interface OurBooks {
  transactions: ReconciledTransaction[];
  withoutTransaction: WithoutTransaction[];
}

export interface Reading {
  since: Date;
  /** RRNs that WAY4 named: those are read however old they are. */
  rrns: readonly string[];
  /** What changed within this time is still moving. */
  quietMs: number;
  limit: number;
}

/** Our transactions since a time and those with these RRNs, and the applications that lack theirs; all of one moment. */
export async function readOurBooks(database: Pick<Database, 'withTransaction'>, reading: Reading): Promise<OurBooks> {
  return database.withTransaction(async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    return { transactions: await readTransactions(tx, reading), withoutTransaction: await readOrphans(tx, reading) };
  });
}

async function readTransactions(tx: Tx, { since, rrns, quietMs, limit }: Reading): Promise<ReconciledTransaction[]> {
  const { rows } = await tx.query<ReconciledTransaction & Record<string, unknown>>(
    `select t.id as "transactionId", t.application_id as "applicationId", t.rrn, t.contract_number as "contractNumber",
       t.amount_vnd as "amountVnd", t.status, t.accepted_at as "acceptedAt", a.status as "applicationStatus",
       a.attention is not null as attention,
       greatest(t.accepted_at, t.settled_at, t.claimed_until, t.retry_at) > clock_timestamp() - $3 * interval '1 millisecond'
         or (t.status = 'accepted' and exists (select from outbox o where o.transaction_id = t.id
             and (o.published_at is null or o.published_at > clock_timestamp() - $3 * interval '1 millisecond'))) as moving,
       ${waitsForPerson} as parked,
       exists (select from outcome_notices n where n.transaction_id = t.id) as untold
     from transactions t join applications a on a.id = t.application_id
     where t.kind = 'purchase' and (t.accepted_at >= $1 or t.rrn = any($2)) order by t.accepted_at limit $4`,
    [since, rrns, quietMs, limit],
  );
  return rows;
}

async function readOrphans(tx: Tx, { since, quietMs, limit }: Reading): Promise<WithoutTransaction[]> {
  const { rows } = await tx.query<WithoutTransaction & Record<string, unknown>>(
    `select a.id as "applicationId", a.status as "applicationStatus", a.updated_at as "updatedAt" from applications a
     where a.status in ('settling', 'completed') and a.updated_at >= $1
       and a.updated_at <= clock_timestamp() - $2 * interval '1 millisecond'
       and not exists (select from transactions t where t.application_id = a.id) order by a.updated_at limit $3`,
    [since, quietMs, limit],
  );
  return rows;
}

/** `repaired`: seen for the first time, and something safe was done. `opened`: seen for the first time, and it waits for a person.
 *  `open`: known already; a repair that did not help is not repeated, it is open as well. */
export type Handling = 'repaired' | 'opened' | 'open';

/** Notes a break and, the first time, repairs it where that is safe, with an audit row; in the caller's commit. */
export async function handleBreak(tx: Tx, found: Break): Promise<Handling> {
  const { kind, against, reference, transactionId, applicationId, ours, theirs, repair, occurredAt } = found;
  const { rows } = await tx.query<{ id: number; times_seen: number }>(
    `insert into reconciliation_breaks (kind, against, reference, transaction_id, application_id, ours, theirs, repair, occurred_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (kind, against, reference) where cleared_at is null
     do update set last_seen_at = clock_timestamp(), times_seen = reconciliation_breaks.times_seen + 1
     returning id, times_seen`,
    [kind, against, reference, transactionId, applicationId, jsonOf(ours), jsonOf(theirs), repair, occurredAt],
  );
  invariant(rows[0], 'a break that was found is kept');
  const { id: breakId, times_seen: timesSeen } = rows[0];
  if (timesSeen !== 1) {
    await openBreakTask(tx, breakId);
    return 'open';
  }
  const repaired = repair !== null && transactionId !== null && (await repairs[repair](tx, transactionId));
  const action = repaired ? `reconciliation.${repair}` : 'reconciliation.break_opened';
  const entry = { actor: 'system:reconciliation', action, applicationId, subject: reference, change: { kind, against, transactionId } };
  if (!repaired) await openBreakTask(tx, breakId);
  await audit(tx, entry);
  return repaired ? 'repaired' : 'opened';
}

function jsonOf(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** Each looks again, under a lock, whether it is still needed; false when it is not. */
const repairs: Record<Repair, (tx: Tx, transactionId: string) => Promise<boolean>> = {
  async publish(tx, transactionId) {
    const { rowCount } = await tx.query(
      `select 1 from transactions t where t.id = $1 and t.status = 'accepted'
         and not exists (select from outbox o where o.transaction_id = t.id and o.published_at is null) for update`,
      [transactionId],
    );
    if (rowCount !== 1) return false;
    await sendAgain(tx, [transactionId]);
    return true;
  },
  async tell(tx, transactionId) {
    const { rowCount } = await tx.query(
      `insert into outcome_notices (transaction_id) select id from transactions where id = $1 and status <> 'accepted'
       on conflict (transaction_id) do nothing`,
      [transactionId],
    );
    return rowCount === 1;
  },
};

/** Clears the breaks of the period since then that were not seen after `startedAt`, by the database's clock, and withdraws the questions about
 *  them. Returns how many. */
export async function clearBreaks(tx: Tx, { since, startedAt }: { since: Date; startedAt: Date }): Promise<number> {
  const { rowCount } = await tx.query(
    `update reconciliation_breaks set cleared_at = clock_timestamp()
     where cleared_at is null and occurred_at >= $1 and last_seen_at < $2`,
    [since, startedAt],
  );
  await withdrawBreakTasks(tx);
  return rowCount ?? 0;
}

/** Now, by the clock of the database. */
export async function databaseClock(q: Queryable): Promise<Date> {
  const { rows } = await q.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]?.now ?? new Date();
}
