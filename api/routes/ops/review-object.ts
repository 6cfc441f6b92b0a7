// A review task as staff see it.

import { z } from '@hono/zod-openapi';
import type { ReviewTaskRow } from '../../../db/reviews.ts';
import { reasons } from '../../../domain/reasons.ts';
import { reviewKinds, reviewQueues } from '../../../domain/reviews.ts';
import { time } from '../../schemas.ts';

export const reviewKind = z.enum(reviewKinds).openapi('ReviewKind');

export const reviewQueue = z.enum(reviewQueues).openapi('ReviewQueue');

/** How an answer is written outside, and inside. */
export const answers = {
  approve: 'approve',
  decline: 'decline',
  ask_again: 'askAgain',
  corrected: 'corrected',
  explained: 'explained',
} as const;

export const reviewAnswer = z.enum(['approve', 'decline', 'ask_again', 'corrected', 'explained']);

export const reviewObject = z
  .object({
    id: z.string(),
    kind: reviewKind,
    application_id: z.string().nullable(),
    question: z.string(),
    allowed: z.array(reviewAnswer),
    reasons: z.array(z.object({ code: z.string(), staff: z.string() })),
    queue: reviewQueue,
    snoozed_until: time.nullable().openapi({ description: 'Put off until then; it comes back by itself.' }),
    due_at: time,
    overdue: z.boolean(),
    claimed_by: z.string().nullable().openapi({ description: 'Who works on it now.' }),
    claimed_until: time.nullable(),
    answer: z.string().nullable().openapi({ description: 'null while nobody has answered; `withdrawn` when nobody needs to any more.' }),
    answered_by: z.string().nullable(),
    answered_at: time.nullable(),
    version: z.int().openapi({ description: 'Rises with every change; send it as If-Match.' }),
    created_at: time,
  })
  .openapi('ReviewTask');

/** The row as staff see it. */
export function toReviewObject(row: ReviewTaskRow, now: Date): z.infer<typeof reviewObject> {
  return {
    id: row.id,
    kind: row.kind,
    application_id: row.application_id,
    question: row.question,
    allowed: reviewAnswer.options.filter((answer) => row.allowed.includes(answers[answer])),
    reasons: row.reasons.map((code) => ({ code, staff: reasons[code].staff })),
    queue: row.queue,
    snoozed_until: row.snoozed_until?.toISOString() ?? null,
    due_at: row.due_at.toISOString(),
    overdue: row.answer === null && row.due_at < now,
    claimed_by: row.claimed_by,
    claimed_until: row.claimed_until?.toISOString() ?? null,
    answer: row.answer === 'askAgain' ? 'ask_again' : row.answer,
    answered_by: row.answered_by,
    answered_at: row.answered_at?.toISOString() ?? null,
    version: row.version,
    created_at: row.created_at.toISOString(),
  };
}
