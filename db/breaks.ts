// The memory of what comparisons found: a break is one row for as long as it lasts, and a break and its repair are one commit.

import type { Break, Repair } from '../domain/reconciliation.ts';
import { audit } from './audit.ts';
import { sendAgain } from './outbox.ts';
import type { Queryable, Tx } from './pool.ts';
import { openBreakTask, withdrawBreakTasks } from './reviews.ts';

/** `repaired`: something safe was done, now or so lately that it has not had its time. `opened`: seen for the first time, and it waits for a
 *  person. `open`: known already; a repair that did not help is not repeated, it is open as well. `explained`: staff know why, and it stays.
 *  `left`: not known, and no new one was to be taken on. */
export type Handling = 'repaired' | 'opened' | 'open' | 'explained' | 'left';

const isExplained = `exists (select from review_tasks r where r.break_id = reconciliation_breaks.id and r.answer = 'explained')`;
const isIt = 'kind = $1 and against = $2 and reference = $3 and cleared_at is null';

/** What is known of a break, and nothing is done about it. `explained`: staff know why the books differ in just this way. */
export async function lookUpBreak(q: Queryable, found: Break): Promise<'new' | 'known' | 'explained'> {
  const { kind, against, reference, ours, theirs } = found;
  const { rows } = await q.query<{ explained: boolean }>(
    `select ${isExplained} and (ours, theirs) is not distinct from ($4::jsonb, $5::jsonb) as explained from reconciliation_breaks where ${isIt}`,
    [kind, against, reference, jsonOf(ours), jsonOf(theirs)],
  );
  if (!rows[0]) return 'new';
  return rows[0].explained ? 'explained' : 'known';
}

export interface Taking {
  /** What was repaired within this time is still given time. */
  quietMs: number;
  /** Whether a break that is not known is kept. */
  takesNew: boolean;
}

/** Notes a break and, the first time, repairs it where that is safe, with an audit row; in the caller's commit. */
export async function handleBreak(tx: Tx, found: Break, { quietMs, takesNew }: Taking): Promise<Handling> {
  const { kind, against, reference, transactionId, applicationId, ours, theirs, repair, occurredAt } = found;
  await endExplained(tx, found);
  const { rows } = await tx.query<{ id: number; times_seen: number; resting: boolean | null; explained: boolean }>(
    `insert into reconciliation_breaks (kind, against, reference, transaction_id, application_id, ours, theirs, repair, occurred_at)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9
     where $11 or exists (select from reconciliation_breaks where ${isIt})
     on conflict (kind, against, reference) where cleared_at is null
     do update set last_seen_at = clock_timestamp(), times_seen = reconciliation_breaks.times_seen + 1,
       ours = excluded.ours, theirs = excluded.theirs
     returning id, times_seen, repaired_at > clock_timestamp() - $10 * interval '1 millisecond' as resting, ${isExplained} as explained`,
    [kind, against, reference, transactionId, applicationId, jsonOf(ours), jsonOf(theirs), repair, occurredAt, quietMs, takesNew],
  );
  if (!rows[0]) return 'left';
  const { id: breakId, times_seen: timesSeen, resting, explained } = rows[0];
  if (explained) return 'explained';
  if (resting === true) return 'repaired';
  if (timesSeen !== 1) {
    await openBreakTask(tx, breakId);
    return 'open';
  }
  const repaired = repair !== null && transactionId !== null && (await repairs[repair](tx, transactionId));
  const action = repaired ? `reconciliation.${repair}` : 'reconciliation.break_opened';
  const entry = { actor: 'system:reconciliation', action, applicationId, subject: reference, change: { kind, against, transactionId } };
  if (repaired) await tx.query('update reconciliation_breaks set repaired_at = clock_timestamp() where id = $1', [breakId]);
  else await openBreakTask(tx, breakId);
  await audit(tx, entry);
  return repaired ? 'repaired' : 'opened';
}

/** What staff explained was a difference of then; another one about the same thing is a new break. */
async function endExplained(tx: Tx, { kind, against, reference, ours, theirs }: Break): Promise<void> {
  await tx.query(
    `update reconciliation_breaks set cleared_at = clock_timestamp()
     where kind = $1 and against = $2 and reference = $3 and cleared_at is null and ${isExplained}
       and (ours, theirs) is distinct from ($4::jsonb, $5::jsonb)`,
    [kind, against, reference, jsonOf(ours), jsonOf(theirs)],
  );
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

/** A break that waits to be looked at again. */
export interface OpenBreak {
  id: number;
  kind: Break['kind'];
  against: Break['against'];
  reference: string;
}

/** The next breaks that are open, not explained, and were not seen since then, however old they are. */
export async function readUnseenBreaks(
  q: Queryable,
  { afterId, before, limit }: { afterId: number; before: Date; limit: number },
): Promise<OpenBreak[]> {
  const { rows } = await q.query<OpenBreak & Record<string, unknown>>(
    `select id, kind, against, reference from reconciliation_breaks
     where cleared_at is null and id > $1 and last_seen_at < $2 and not ${isExplained} order by id limit $3`,
    [afterId, before, limit],
  );
  return rows;
}

/** Clears breaks that are no more, and withdraws the questions about them. Returns how many. Repeat: none. */
export async function clearBreaks(tx: Tx, ids: readonly number[]): Promise<number> {
  const { rowCount } = await tx.query(
    'update reconciliation_breaks set cleared_at = clock_timestamp() where id = any($1) and cleared_at is null',
    [ids],
  );
  await withdrawBreakTasks(tx, ids);
  return rowCount ?? 0;
}
