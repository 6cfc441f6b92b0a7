// GET /ops/v1/reviews and /ops/v1/reviews/{taskId}: the questions that wait for staff, and what is known about each. The evidence is a look
// at a customer's record, so it stands in the audit log.

import { z } from '@hono/zod-openapi';
import { audit } from '../../../db/audit.ts';
import { readEvidence } from '../../../db/evidence.ts';
import { reviewNotes } from '../../../db/review-notes.ts';
import { listReviews } from '../../../db/review-queue.ts';
import { readReviewTask } from '../../../db/reviews.ts';
import { isId } from '../../../domain/ids.ts';
import type { Guards } from '../../auth.ts';
import { openCursor, sealCursor } from '../../cursor.ts';
import { defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { etagOf } from '../../etag.ts';
import { Problem } from '../../problems.ts';
import { pageQuery, time } from '../../schemas.ts';
import { reviewKind, reviewQueue, reviewObject, toReviewObject } from './review-object.ts';

const query = z.strictObject({
  ...pageQuery,
  kind: reviewKind.optional(),
  queue: reviewQueue.optional(),
  asleep: z.enum(['true', 'false']).default('false').openapi({ description: 'true: those as well that were put off.' }),
  mine: z.enum(['true', 'false']).optional().openapi({ description: 'true: those I work on, and those that were taken from me.' }),
  answered: z.enum(['true', 'false']).default('false'),
  overdue: z.enum(['true', 'false']).optional(),
});

const page = z
  .object({
    data: z.array(
      reviewObject.extend({
        moved_to: z.string().nullable().openapi({ description: 'Whom it was given to, when it was taken from me.' }),
        moved_by: z.string().nullable(),
      }),
    ),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  })
  .openapi('ReviewTaskPage');

/** Adds GET /ops/v1/reviews. */
export function addListReviews(app: Api, { database, boxes, now }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('listReviews') },
    {
      method: 'get',
      path: '/ops/v1/reviews',
      tags: ['Operations'],
      summary: 'List review tasks',
      request: { query },
      responses: { 200: json(page, 'One page, newest first') },
    },
  );
  app.openapi(route, async (c) => {
    const { limit, cursor, kind, queue, asleep, mine, answered, overdue } = c.req.valid('query');
    const { rows, next } = await listReviews(database, {
      kind,
      queue,
      asleep: asleep === 'true',
      of: mine === 'true' ? actorOf(c) : undefined,
      open: answered === 'false',
      overdue: overdue === undefined ? undefined : overdue === 'true',
      after: openCursor(boxes, 'reviews', cursor),
      limit,
    });
    const data = rows.map((row) => ({ ...toReviewObject(row, now()), moved_to: row.moved_to, moved_by: row.moved_by }));
    return c.json({ data, has_more: next !== null, next_cursor: next && sealCursor(boxes, 'reviews', next) }, 200);
  });
}

const evidence = z
  .object({
    checks: z.array(
      z.object({
        kind: z.string(),
        verdict: z.string(),
        scores: z.record(z.string(), z.number()),
        reasons: z.array(z.string()),
        provider: z.string(),
        error_code: z.string().nullable(),
        policy_version: z.string(),
        input_sha256: z.array(z.string()),
      }),
    ),
    documents: z.array(
      z.object({
        id: z.string(),
        kind: z.string(),
        sha256: z.string(),
        size_bytes: z.int(),
        created_at: time,
        deleted_at: time.nullable(),
      }),
    ),
    credit_reports: z.array(
      z.object({ id: z.string(), outcome: z.string(), inquiry_id: z.string().nullable(), answered_at: time.nullable() }),
    ),
    decisions: z.array(
      z.object({
        id: z.string(),
        outcome: z.string(),
        limit_vnd: z.int().nullable(),
        reasons: z.array(z.string()),
        ruleset: z.string(),
        record_hash: z.string(),
      }),
    ),
    break: z
      .object({
        kind: z.string(),
        against: z.string(),
        reference: z.string(),
        transaction_id: z.string().nullable(),
        ours: z.unknown(),
        theirs: z.unknown(),
        first_seen_at: time,
        times_seen: z.int(),
      })
      .nullable()
      .openapi({ description: 'What differs between the books; of tasks of kind reconciliation.' }),
    moves: z.array(
      z.object({
        kind: z.string(),
        from_actor: z.string().nullable(),
        to_actor: z.string().nullable(),
        by_actor: z.string(),
        moved_at: time,
      }),
    ),
    notes: z.array(z.object({ id: z.string(), actor: z.string(), text: z.string(), written_at: time })),
  })
  .openapi('ReviewEvidence');

/** Adds GET /ops/v1/reviews/{taskId}. */
export function addReadReview(app: Api, { database, boxes, now }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('readReview'), problems: ['NOT_FOUND'] },
    {
      method: 'get',
      path: '/ops/v1/reviews/{taskId}',
      tags: ['Operations'],
      summary: 'A review task and its evidence',
      request: { params: z.object({ taskId: z.string() }) },
      responses: { 200: json(reviewObject.extend({ evidence }), 'The task, and what is known about it') },
    },
  );
  app.openapi(route, async (c) => {
    const { taskId } = c.req.valid('param');
    const task = isId('reviewTask', taskId) ? await readReviewTask(database, taskId) : null;
    if (!task) throw new Problem('NOT_FOUND', { detail: 'There is no review task with this id.' });
    const known = { ...(await readEvidence(database, task)), notes: await reviewNotes(database, boxes, taskId) };
    const look = { actor: actorOf(c), action: 'review.evidence_view', applicationId: task.application_id, subject: taskId };
    await database.withTransaction(async (tx) => audit(tx, { ...look, requestId: c.get('requestId') }));
    c.header('ETag', etagOf(task));
    // Times become text as JSON writes them.
    return c.json({ ...toReviewObject(task, now()), evidence: evidence.parse(JSON.parse(JSON.stringify(known))) }, 200);
  });
}
