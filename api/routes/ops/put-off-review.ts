// What becomes of a review task that cannot be answered now: handed up, put off, written on.

import { z } from '@hono/zod-openapi';
import { addReviewNote } from '../../../db/review-notes.ts';
import { escalateReview, snoozeReview } from '../../../db/review-queue.ts';
import { isId } from '../../../domain/ids.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { requiredStaffKey } from '../../idempotency.ts';
import { Problem } from '../../problems.ts';
import { staffReason as reason } from '../../schemas.ts';
import { ifMatch } from './act.ts';
import { moveOf, moveProblems, moveResponses, moved, taskParams } from './review-move.ts';
import { reviewQueue } from './review-object.ts';

/** Adds POST /ops/v1/reviews/{taskId}/escalate. */
export function addEscalateReview(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('escalateReview'), problems: [...moveProblems, 'IDEMPOTENCY_KEY_MISSING'] },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}/escalate',
      tags: ['Operations'],
      summary: 'Hand a review task to another queue',
      request: { params: taskParams, headers: ifMatch, body: body(z.strictObject({ queue: reviewQueue, reason })) },
      responses: moveResponses,
    },
  );
  app.openapi(route, async (c) => {
    const { queue, reason: why } = c.req.valid('json');
    const key = await requiredStaffKey(c, deps);
    const move = { ...moveOf(c, c.req.valid('param').taskId, { key, reason: why }), queue };
    return c.json(await moved(c, deps, async (tx) => escalateReview(tx, move)), 200);
  });
}

/** Adds POST /ops/v1/reviews/{taskId}/snooze. */
export function addSnoozeReview(app: Api, deps: ApiDeps, guards: Guards): void {
  const until = z.iso.datetime({ offset: true }).openapi({ description: 'When it comes back; at most when it is due.' });
  const route = defineRoute(
    {
      guard: guards.staff('snoozeReview'),
      problems: [...moveProblems, 'IDEMPOTENCY_KEY_MISSING', 'REVIEW_CLAIMED', 'DEADLINE_NOT_ALLOWED'],
    },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}/snooze',
      tags: ['Operations'],
      summary: 'Put a review task off for a while',
      request: { params: taskParams, headers: ifMatch, body: body(z.strictObject({ until, reason })) },
      responses: moveResponses,
    },
  );
  app.openapi(route, async (c) => {
    const { until: at, reason: why } = c.req.valid('json');
    const key = await requiredStaffKey(c, deps);
    const move = { ...moveOf(c, c.req.valid('param').taskId, { key, reason: why }), until: new Date(at) };
    if (move.until <= deps.now()) throw new Problem('DEADLINE_NOT_ALLOWED', { detail: 'That time is over.' });
    return c.json(await moved(c, deps, async (tx) => snoozeReview(tx, move)), 200);
  });
}

/** Adds POST /ops/v1/reviews/{taskId}/notes. */
export function addNoteReview(app: Api, { database, boxes }: ApiDeps, guards: Guards): void {
  const text = z.string().trim().min(3).max(2_000).openapi({ description: 'Kept encrypted, shown with the evidence, never changed.' });
  const route = defineRoute(
    { guard: guards.staff('noteReview'), problems: ['NOT_FOUND', 'IDEMPOTENCY_KEY_MISSING'] },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}/notes',
      tags: ['Operations'],
      summary: 'Write a note on a review task',
      request: { params: taskParams, body: body(z.strictObject({ text })) },
      responses: { 201: json(z.object({ task_id: z.string() }), 'The note stands with the evidence') },
    },
  );
  app.openapi(route, async (c) => {
    const { taskId } = c.req.valid('param');
    const key = await requiredStaffKey(c, { database });
    const note = { taskId, actor: actorOf(c), text: c.req.valid('json').text, requestId: c.get('requestId'), key };
    const isKnown = isId('reviewTask', taskId) && (await database.withTransaction(async (tx) => addReviewNote(tx, boxes, note)));
    if (!isKnown) throw new Problem('NOT_FOUND', { detail: 'There is no review task with this id.' });
    return c.json({ task_id: taskId }, 201);
  });
}
