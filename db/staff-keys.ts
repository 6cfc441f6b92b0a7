// Which request a member of staff gave a key to, under which it was asked, and what came of it. The answer itself is not here: the
// application that took the command remembers it.

import { invariant } from '../domain/failures.ts';
import type { Queryable, Tx } from './pool.ts';

export interface StaffKey {
  /** Digest of who and the key. */
  id: Buffer;
  /** Digest of what it was given to. */
  fingerprint: Buffer;
}

/** Gives the key to this request, or says whether it is the request that it was given to. Of two at once, one gets it. */
export async function ownsStaffKey(db: Queryable, { id, fingerprint }: StaffKey): Promise<boolean> {
  const { rows } = await db.query<{ fingerprint: Buffer }>(
    `insert into staff_keys (id, fingerprint) values ($1, $2)
     on conflict (id) do update set id = excluded.id returning fingerprint`,
    [id, fingerprint],
  );
  return rows[0]?.fingerprint.equals(fingerprint) === true;
}

/** Notes in the caller's commit that what the key stands for is asked under this request. Returns the request under which it was asked before,
 *  or null for the first. Of two at once the second waits for the first, and is the first when that one is rolled back. */
export async function askedBefore(tx: Tx, { id, fingerprint }: StaffKey, requestId: string): Promise<string | null> {
  const { rowCount } = await tx.query(
    `insert into staff_keys as k (id, fingerprint, asked_under) values ($1, $2, $3)
     on conflict (id) do update set asked_under = excluded.asked_under where k.asked_under is null`,
    [id, fingerprint, requestId],
  );
  if (rowCount === 1) return null;
  const { rows } = await tx.query<{ asked_under: string | null }>('select asked_under from staff_keys where id = $1', [id]);
  invariant(rows[0]?.asked_under, 'a key that was asked before says under which request');
  return rows[0].asked_under;
}

export type StaffOutcome = 'taken' | 'refused' | 'unanswered';

/** Notes in the caller's commit what came of it; taken is final. Returns what was known before. */
export async function noteOutcome(tx: Tx, { id }: StaffKey, outcome: StaffOutcome): Promise<StaffOutcome | null> {
  const { rows } = await tx.query<{ outcome: StaffOutcome | null }>('select outcome from staff_keys where id = $1 for update', [id]);
  const before = rows[0]?.outcome ?? null;
  if (before !== 'taken') await tx.query('update staff_keys set outcome = $2 where id = $1', [id, outcome]);
  return before;
}
