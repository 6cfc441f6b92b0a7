// Which request a member of staff gave a key to, under which it was asked, and what came of it; and so what a repeat gets. The answer itself is
// not here: the application that took the command remembers it.

import { invariant } from '../domain/failures.ts';
import { readApproval } from './approvals.ts';
import type { ApprovalRow } from './approvals.ts';
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

/** What was done under a key before: a second person was asked, and whatever came of it, that is the answer; or it was sent, and the repeat is sent
 *  like the first. */
export type Repeat = { kind: 'asked'; approval: ApprovalRow } | { kind: 'sent' };

/** What a repeat under this key gets, or null when nothing was done under it yet: what was refused has to fit like what is new. Waits for another
 *  one that is being recorded under it. */
export async function repeatOf(db: Queryable, { id }: StaffKey): Promise<Repeat | null> {
  const { rows } = await db.query<{ approval_id: string | null; is_sent: boolean }>(
    `select approval_id, asked_under is not null and outcome is distinct from 'refused' as is_sent from staff_keys where id = $1 for update`,
    [id],
  );
  const approval = rows[0]?.approval_id && (await readApproval(db, rows[0].approval_id));
  if (approval) return { kind: 'asked', approval };
  return rows[0]?.is_sent ? { kind: 'sent' } : null;
}

/** Notes in the caller's commit that what the key stands for waits for a second person. */
export async function keepApproval(tx: Tx, { id }: StaffKey, approvalId: string): Promise<void> {
  await tx.query('update staff_keys set approval_id = $2 where id = $1', [id, approvalId]);
}

export interface Asked {
  requestId: string;
  /** True when nothing was done: a repeat has to fit like what is new. */
  isRefused: boolean;
  /** The version that it left the application with; null where it took none. */
  version: number | null;
}

/** Notes in the caller's commit that what the key stands for is asked under this request. Returns how it was asked before, or null for the
 *  first. Of two at once the second waits for the first, and is the first when that one is rolled back. */
export async function askedBefore(tx: Tx, { id, fingerprint }: StaffKey, requestId: string): Promise<Asked | null> {
  const { rowCount } = await tx.query(
    `insert into staff_keys as k (id, fingerprint, asked_under) values ($1, $2, $3)
     on conflict (id) do update set asked_under = excluded.asked_under where k.asked_under is null`,
    [id, fingerprint, requestId],
  );
  if (rowCount === 1) return null;
  const { rows } = await tx.query<Asked & Record<string, unknown>>(
    `select asked_under as "requestId", outcome is not distinct from 'refused' as "isRefused", version from staff_keys where id = $1`,
    [id],
  );
  invariant(rows[0]?.requestId, 'a key that was asked before says under which request');
  return rows[0];
}

/** Notes in the caller's commit that it is being sent, and the version that it leaves the application with. After a refusal nobody knows what comes
 *  of it this time. */
export async function noteSending(tx: Tx, { id }: StaffKey, version: number): Promise<void> {
  const after = `case when outcome = 'refused' then 'unanswered' else outcome end`;
  await tx.query(`update staff_keys set version = $2, outcome = ${after} where id = $1`, [id, version]);
}

export type StaffOutcome = 'taken' | 'refused' | 'unanswered';

/** Notes in the caller's commit what came of it; taken is final. Returns what was known before. */
export async function noteOutcome(tx: Tx, { id }: StaffKey, outcome: StaffOutcome): Promise<StaffOutcome | null> {
  const { rows } = await tx.query<{ outcome: StaffOutcome | null }>('select outcome from staff_keys where id = $1 for update', [id]);
  const before = rows[0]?.outcome ?? null;
  if (before !== 'taken') await tx.query('update staff_keys set outcome = $2 where id = $1', [id, outcome]);
  return before;
}

/** True when what the key stands for is known to be done. */
export async function wasTaken(db: Queryable, { id }: StaffKey): Promise<boolean> {
  const { rowCount } = await db.query(`select from staff_keys where id = $1 and outcome = 'taken'`, [id]);
  return rowCount === 1;
}
