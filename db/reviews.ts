// Questions to staff: asked once, answered once, withdrawn when nobody needs the answer any more. An open question about an application
// holds its workflow; one about a break of the books holds nothing.

import { staffLimits } from '../config/staff-limits.ts';
import type { Resubmission, StaffRequest } from '../domain/application.ts';
import type { ReasonCode } from '../domain/reasons.ts';
import { reviews } from '../domain/reviews.ts';
import type { ReviewKind, ReviewQueue } from '../domain/reviews.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface ReviewTaskRow {
  id: string;
  kind: ReviewKind;
  /** Of a break: the application that it names, if it names one. */
  application_id: string | null;
  break_id: number | null;
  question: string;
  allowed: string[];
  reasons: ReasonCode[];
  queue: ReviewQueue;
  /** Asleep until then; null when it is not. */
  snoozed_until: Date | null;
  due_at: Date;
  breached_at: Date | null;
  claimed_by: string | null;
  claimed_until: Date | null;
  answer: string | null;
  answered_by: string | null;
  answered_at: Date | null;
  version: number;
  created_at: Date;
}

/** The columns of a ReviewTaskRow. A claim whose lease is over is none. */
export const reviewColumns = `r.id, r.kind, coalesce(r.application_id, b.application_id) as application_id, r.break_id, r.question, r.allowed,
  r.reasons, r.queue, r.due_at, r.breached_at, r.answer, r.answered_by, r.answered_at, r.version, r.created_at,
  case when r.snoozed_until > clock_timestamp() then r.snoozed_until end as snoozed_until,
  case when r.claimed_until > clock_timestamp() then r.claimed_by end as claimed_by,
  case when r.claimed_until > clock_timestamp() then r.claimed_until end as claimed_until`;

export const reviewTables = 'review_tasks r left join reconciliation_breaks b on b.id = r.break_id';

/** Asks staff about an application. Due before the application expires, so that a late answer still counts. Returns the id of the open task;
 *  an open one is kept. */
export async function openReviewTask(
  tx: Tx,
  task: { applicationId: string; kind: 'identity' | 'decision'; reasons: readonly ReasonCode[]; expiresAt: Date },
): Promise<string> {
  const { question, answers } = reviews[task.kind];
  const { rows } = await tx.query<{ id: string }>(
    `insert into review_tasks (id, application_id, kind, question, allowed, reasons, due_at)
     values ($1, $2, $3, $4, $5, $6, least($7, clock_timestamp() + $8 * interval '1 millisecond'))
     on conflict (application_id) where answer is null do update set due_at = review_tasks.due_at returning id`,
    [newId('reviewTask'), task.applicationId, task.kind, question, answers, task.reasons, task.expiresAt, staffLimits.reviewDueMs],
  );
  return rows[0]?.id ?? '';
}

/** Asks staff about a break of the books, unless they are asked already or have explained it. */
export async function openBreakTask(tx: Tx, breakId: number): Promise<void> {
  const { question, answers } = reviews.reconciliation;
  await tx.query(
    `insert into review_tasks (id, break_id, kind, question, allowed, due_at)
     select $1, $2, 'reconciliation', $3, $4, clock_timestamp() + $5 * interval '1 millisecond'
     where not exists (select from review_tasks where break_id = $2 and answer = 'explained')
     on conflict (break_id) where answer is null do nothing`,
    [newId('reviewTask'), breakId, question, answers, staffLimits.breakDueMs],
  );
}

/** Answers an open task. False when it is answered already, by whomever, or when it does not allow this answer. */
export async function answerReviewTask(tx: Tx, taskId: string, answer: string, actor: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update review_tasks set answer = $2, answered_by = $3, answered_at = now(), version = version + 1
     where id = $1 and answer is null and $2 = any(allowed)`,
    [taskId, answer, actor],
  );
  return rowCount === 1;
}

export interface Answered extends Partial<StaffRequest> {
  taskId: string;
  answer: string;
  actor: string;
  limitVnd?: number;
}

/** The last answer that was given about an application, or null. Limit and names are in the audit log alone, in the line of the same commit. */
export async function lastAnswer(db: Queryable, applicationId: string): Promise<Answered | null> {
  const { rows } = await db.query<{ given: Answered }>(
    `select jsonb_strip_nulls(jsonb_build_object('taskId', r.id, 'answer', r.answer, 'actor', r.answered_by, 'limitVnd', l.change->'limitVnd',
       'requestId', l.request_id, 'approvedBy', l.change->'approvedBy')) as given
     from review_tasks r left join audit_log l
       on l.application_id = r.application_id and l.subject = r.id and l.action = 'review.' || r.answer
     where r.application_id = $1 and r.answer is not null and r.answer <> 'withdrawn' order by r.answered_at desc, r.id desc limit 1`,
    [applicationId],
  );
  return rows[0]?.given ?? null;
}

/** What staff asked the customer for last, why, and under which request, or null. */
export async function lastAsked(db: Queryable, applicationId: string): Promise<(Resubmission & StaffRequest) | null> {
  const { rows } = await db.query<{ asked: Resubmission & StaffRequest }>(
    `select change || jsonb_build_object('actor', actor, 'requestId', request_id) as asked from audit_log
     where application_id = $1 and action = 'application.asked_again' order by seq desc limit 1`,
    [applicationId],
  );
  return rows[0]?.asked ?? null;
}

/** Withdraws the question that nobody needs answered any more, because the application has ended or goes another way. Repeat: nothing. */
export async function withdrawReviewTasks(tx: Tx, applicationId: string): Promise<void> {
  await tx.query(
    `update review_tasks set answer = 'withdrawn', answered_by = 'system:workflow', answered_at = now(), version = version + 1
     where application_id = $1 and answer is null`,
    [applicationId],
  );
}

/** Withdraws the questions about these breaks. Repeat: nothing. */
export async function withdrawBreakTasks(tx: Tx, breakIds: readonly number[]): Promise<void> {
  await tx.query(
    `update review_tasks set answer = 'withdrawn', answered_by = 'system:reconciliation', answered_at = now(), version = version + 1
     where break_id = any($1) and answer is null`,
    [breakIds],
  );
}

/** What staff answered to a task of this application, or null while nobody has. */
export async function reviewAnswer(db: Queryable, applicationId: string, taskId: string): Promise<string | null> {
  const { rows } = await db.query<{ answer: string | null }>('select answer from review_tasks where id = $1 and application_id = $2', [
    taskId,
    applicationId,
  ]);
  return rows[0]?.answer ?? null;
}

/** The review task, or null for an unknown id. */
export async function readReviewTask(db: Queryable, id: string): Promise<ReviewTaskRow | null> {
  const { rows } = await db.query<ReviewTaskRow>(`select ${reviewColumns} from ${reviewTables} where r.id = $1`, [id]);
  return rows[0] ?? null;
}

/** The limit that the newest decision derived, or null when it derived none. */
export async function derivedLimit(db: Queryable, applicationId: string): Promise<number | null> {
  const { rows } = await db.query<{ limit_vnd: number | null }>(
    'select limit_vnd from decisions where application_id = $1 order by round desc limit 1',
    [applicationId],
  );
  return rows[0]?.limit_vnd ?? null;
}

export interface Override {
  applicationId: string;
  decisionId: string;
  taskId: string;
  derivedVnd: number;
  limitVnd: number;
  actor: string;
  approvedBy?: string | undefined;
  reason: string | undefined;
}

/** Records what a reviewer granted where the ruleset referred. The decision itself stays as it is. */
export async function addOverride(tx: Tx, override: Override): Promise<void> {
  const { applicationId, decisionId, taskId, derivedVnd, limitVnd, actor, approvedBy, reason } = override;
  await tx.query(
    `insert into decision_overrides (id, application_id, decision_id, task_id, derived_vnd, limit_vnd, actor, approved_by, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [newId('override'), applicationId, decisionId, taskId, derivedVnd, limitVnd, actor, approvedBy ?? null, reason ?? null],
  );
}
