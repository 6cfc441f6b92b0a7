// What waits for staff, as queues: the longest wait first. Each queue is one condition and one "since when", used for its number and its
// list alike, so the two never disagree.

import { staffLimits } from '../config/staff-limits.ts';
import { undoActivities } from '../domain/application.ts';
import type { ApplicationRow } from './applications.ts';
import { pageOf } from './page.ts';
import type { Page, Position } from './page.ts';
import type { Queryable } from './pool.ts';
import { openList } from './status-lists.ts';

/** A queue of applications; parked messages have a list of their own. */
export type QueueName = 'stuck' | 'compensation_failed' | 'in_review' | 'expiring' | 'overdue' | 'stalled';

interface Queue {
  where: string;
  /** Since when it waits. */
  since: string;
}

// What the conditions below are given, by name.
const bounds = `with bound as (select $1::text[] as undo, $2 * interval '1 ms' as soon, $3 * interval '1 ms' as late, $4 * interval '1 ms' as silent)`;
const isUndo = `a.attention->>'activity' = any(bound.undo)`;
const attentionSince = `(a.attention->>'since')::timestamptz`;

const queues: Record<QueueName, Queue> = {
  /** A step waits for staff. */
  stuck: { where: `a.attention is not null and not ${isUndo}`, since: attentionSince },
  /** An undo waits for staff: something is still open at the bank. */
  compensation_failed: { where: `a.attention is not null and ${isUndo}`, since: attentionSince },
  in_review: { where: `a.status = 'in_review'`, since: 'a.moved_at' },
  /** The customer, or a reviewer, has little time left. What expires first comes first. */
  expiring: { where: 'a.deadline_at between now() - bound.late and now() + bound.soon', since: 'a.deadline_at - bound.soon' },
  /** The deadline is over and the run did not end it: it cannot go on. */
  overdue: { where: 'a.deadline_at < now() - bound.late', since: 'a.deadline_at' },
  /** We have something to do, and nothing was heard of it for longer than anything takes. */
  stalled: {
    where: `a.status in (${openList}) and a.status <> 'in_review' and a.attention is null
      and a.deadline_at is null and a.updated_at < now() - bound.silent`,
    since: 'a.updated_at',
  },
};

export interface QueueBounds {
  /** The activities that undo something. */
  undoActivities: readonly string[];
  /** How long before its deadline an application is expiring. */
  expiringMs: number;
  /** How long after its deadline an application that has not ended is overdue. */
  overdueMs: number;
  /** How long one that waits for nobody but us may be silent. */
  stalledMs: number;
}

/** Those of staff. */
export const queueBounds: QueueBounds = {
  undoActivities,
  expiringMs: staffLimits.expiringMs,
  overdueMs: staffLimits.overdueMs,
  stalledMs: staffLimits.stalledMs,
};

const boundsOf = ({ undoActivities, expiringMs, overdueMs, stalledMs }: QueueBounds) => [undoActivities, expiringMs, overdueMs, stalledMs];

export interface QueueSize {
  name: QueueName | 'parked';
  count: number;
  oldestAt: Date | null;
}

/** How long each queue is, and since when its oldest entry waits. All of one moment. */
export async function queueSizes(db: Queryable, bounded: QueueBounds): Promise<QueueSize[]> {
  const counts = Object.entries(queues).map(
    ([name, { where, since }]) =>
      `select '${name}' as name, count(*) as count, min(${since}) as "oldestAt" from applications a, bound where ${where}`,
  );
  const parked = `select 'parked', count(*), min(parked_at) from parked_messages where resolved_at is null`;
  const { rows } = await db.query<QueueSize & Record<string, unknown>>(
    `${bounds} ${[...counts, parked].join(' union all ')}`,
    boundsOf(bounded),
  );
  return rows;
}

export type QueuedRow = ApplicationRow & { merchant_name: string; waits_since: Date };

/** One page of a queue, the longest wait first. */
export async function listQueue(
  db: Queryable,
  name: QueueName,
  { after, limit, ...bounded }: QueueBounds & { after?: Position | undefined; limit: number },
): Promise<Page<QueuedRow>> {
  const { where, since } = queues[name];
  const { rows } = await db.query<QueuedRow & { place_text: string }>(
    `${bounds} select a.*, m.name as merchant_name, ${since} as waits_since, (${since})::text as place_text
     from bound, applications a join merchants m on m.id = a.merchant_id
     where ${where} and ($5::timestamptz is null or (${since}, a.id) > ($5, $6)) order by ${since}, a.id limit $7`,
    [...boundsOf(bounded), after?.createdAt ?? null, after?.id ?? null, limit + 1],
  );
  return pageOf(rows, limit);
}
