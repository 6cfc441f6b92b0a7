// Who works on which review task. A claim is a lease: whoever is called away loses nothing but time. Every change of hands is kept, and it is
// in the audit log in the same commit.

import { staffLimits } from '../config/staff-limits.ts';
import { reviews } from '../domain/reviews.ts';
import type { ReviewKind, ReviewQueue } from '../domain/reviews.ts';
import type { StaffRole } from '../domain/staff.ts';
import { audit } from './audit.ts';
import { pageOf } from './page.ts';
import type { Page, Position } from './page.ts';
import type { Queryable, Tx } from './pool.ts';
import { reviewColumns, reviewTables } from './reviews.ts';
import type { ReviewTaskRow } from './reviews.ts';
import { askedBefore } from './staff-keys.ts';
import type { StaffKey } from './staff-keys.ts';

export interface ReviewFilter {
  kind?: ReviewKind | undefined;
  queue?: ReviewQueue | undefined;
  /** Those as well that sleep. */
  asleep: boolean;
  /** Those that this member of staff works on, and those that were taken from them. */
  of?: string | undefined;
  open: boolean;
  overdue?: boolean | undefined;
  after?: Position | undefined;
  limit: number;
}

export type ListedReview = ReviewTaskRow & { moved_to: string | null; moved_by: string | null; place_text: string };

/** One page of review tasks, newest first. `moved_to` and `moved_by` say who has a task now that was taken from the member of staff asked for. */
export async function listReviews(db: Queryable, filter: ReviewFilter): Promise<Page<ListedReview>> {
  const { rows } = await db.query<ListedReview>(
    `select ${reviewColumns}, m.to_actor as moved_to, m.by_actor as moved_by, r.created_at::text as place_text from ${reviewTables}
     left join lateral (select to_actor, by_actor from review_moves where task_id = r.id and kind = 'reassigned' and from_actor = $2
       and to_actor <> $2 order by id desc limit 1) m on true
     where ($1::text is null or r.kind = $1) and ((r.answer is null) = $3)
       and ($2::text is null or m.to_actor is not null or (r.claimed_by = $2 and r.claimed_until > clock_timestamp()))
       and ($4::boolean is null or (r.due_at < clock_timestamp()) = $4)
       and ($5::timestamptz is null or (r.created_at, r.id) < ($5, $6))
       and ($8::text is null or r.queue = $8)
       and ($9 or r.answer is not null or coalesce(r.snoozed_until <= clock_timestamp(), true))
     order by r.created_at desc, r.id desc limit $7`,
    [
      filter.kind ?? null,
      filter.of ?? null,
      filter.open,
      filter.overdue ?? null,
      filter.after?.createdAt ?? null,
      filter.after?.id ?? null,
      filter.limit + 1,
      filter.queue ?? null,
      filter.asleep,
    ],
  );
  return pageOf(rows, filter.limit);
}

export interface Move {
  taskId: string;
  by: string;
  /** Why, when a task is taken from somebody. */
  reason?: string | undefined;
  requestId: string;
  /** One move, however often it is asked for under it. */
  key?: StaffKey;
  /** Whether the task is still what the member of staff saw. */
  isMeant(task: ReviewTaskRow): boolean;
}

export type Moved =
  | { kind: 'moved'; task: ReviewTaskRow }
  | { kind: 'refused'; why: 'NOT_FOUND' | 'ANSWERED' | 'VERSION' | (typeof refusals)[number]; task?: ReviewTaskRow };

/** Takes an open task that nobody works on, for somebody who may answer it. Repeat by the same member of staff: a fresh lease. */
export async function claimReview(tx: Tx, move: Move & { roles: readonly StaffRole[] }): Promise<Moved> {
  return change(tx, move, 'claimed', (task) => {
    if (!move.roles.includes(reviews[task.kind].role)) return 'WRONG_ROLE';
    return task.claimed_by === null || task.claimed_by === move.by ? move.by : 'CLAIMED';
  });
}

/** Gives a task back that one works on oneself. */
export async function releaseReview(tx: Tx, move: Move): Promise<Moved> {
  return change(tx, move, 'released', (task) => (task.claimed_by === move.by ? null : 'NOT_CLAIMED'));
}

/** Gives an open task to somebody, whoever works on it. */
export async function reassignReview(tx: Tx, move: Move & { to: string }): Promise<Moved> {
  return change(tx, move, 'reassigned', () => move.to);
}

/** Hands an open task to a queue, whoever works on it; from then on nobody does. */
export async function escalateReview(tx: Tx, move: Move & { queue: ReviewQueue }): Promise<Moved> {
  return change(tx, move, 'escalated', () => null, { queue: move.queue });
}

/** Puts an open task off: it leaves the list and comes back by itself, at the latest when it is due. Whoever moves it meanwhile wakes it. */
export async function snoozeReview(tx: Tx, move: Move & { until: Date }): Promise<Moved> {
  const next = (task: ReviewTaskRow) => (move.until > task.due_at ? 'TOO_LATE' : null);
  return change(tx, move, 'snoozed', (task) => (task.claimed_by === null || task.claimed_by === move.by ? next(task) : 'CLAIMED'), {
    until: move.until,
  });
}

const refusals = ['CLAIMED', 'NOT_CLAIMED', 'TOO_LATE', 'WRONG_ROLE'] as const;

// A repeat changes nothing, and neither does a move to where the task is: only the claim lasts longer. A refusal is to undo the transaction,
// so that the key is not spent on it.
async function change(
  tx: Tx,
  move: Move,
  kind: 'claimed' | 'released' | 'reassigned' | 'escalated' | 'snoozed',
  next: (task: ReviewTaskRow) => string | null,
  more: { queue?: ReviewQueue; until?: Date } = {},
): Promise<Moved> {
  const isRepeat = move.key !== undefined && (await askedBefore(tx, move.key, move.requestId)) !== null;
  const task = await lockTask(tx, move.taskId);
  if (!task) return { kind: 'refused', why: 'NOT_FOUND' };
  if (isRepeat) return { kind: 'moved', task };
  if (task.answer !== null) return { kind: 'refused', why: 'ANSWERED', task };
  if (!move.isMeant(task)) return { kind: 'refused', why: 'VERSION', task };
  const to = next(task);
  const why = refusals.find((refusal) => refusal === to);
  if (why) return { kind: 'refused', why, task };
  const isThere =
    to === task.claimed_by && (more.queue ?? task.queue) === task.queue && more.until?.getTime() === task.snoozed_until?.getTime();
  if (isThere) return { kind: 'moved', task: to === null ? task : await keepClaim(tx, task) };
  await tx.query(
    `update review_tasks set claimed_by = $2, version = version + 1, queue = coalesce($4, queue), snoozed_until = $5,
       claimed_until = case when $2::text is not null then clock_timestamp() + $3 * interval '1 millisecond' end where id = $1`,
    [task.id, to, staffLimits.reviewLeaseMs, more.queue ?? null, more.until ?? null],
  );
  await tx.query('insert into review_moves (task_id, kind, from_actor, to_actor, by_actor) values ($1, $2, $3, $4, $5)', [
    task.id,
    kind,
    task.claimed_by,
    to,
    move.by,
  ]);
  const { by: actor, reason, requestId } = move;
  const entry = { actor, action: `review.${kind}`, applicationId: task.application_id, subject: task.id };
  await audit(tx, {
    ...entry,
    reason,
    requestId,
    change: { from: task.claimed_by, to, queue: more.queue, until: more.until?.toISOString() },
  });
  const after = await lockTask(tx, task.id);
  return { kind: 'moved', task: after ?? task };
}

async function keepClaim(tx: Tx, task: ReviewTaskRow): Promise<ReviewTaskRow> {
  await tx.query(`update review_tasks set claimed_until = clock_timestamp() + $2 * interval '1 millisecond' where id = $1`, [
    task.id,
    staffLimits.reviewLeaseMs,
  ]);
  return (await lockTask(tx, task.id)) ?? task;
}

async function lockTask(tx: Tx, taskId: string): Promise<ReviewTaskRow | undefined> {
  const { rows } = await tx.query<ReviewTaskRow>(`select ${reviewColumns} from ${reviewTables} where r.id = $1 for update of r`, [taskId]);
  return rows[0];
}

/** Notes that open tasks are overdue, each once, with an audit row. Returns how many. */
export async function noteBreaches(tx: Tx, limit: number): Promise<number> {
  const { rows } = await tx.query<{ id: string; application_id: string | null }>(
    `update review_tasks set breached_at = clock_timestamp() where id in (
       select id from review_tasks where answer is null and breached_at is null and due_at < clock_timestamp()
       order by due_at limit $1 for update skip locked) returning id, application_id`,
    [limit],
  );
  for (const { id, application_id: applicationId } of rows)
    await audit(tx, { actor: 'system:reviews', action: 'review.overdue', applicationId, subject: id });
  return rows.length;
}
