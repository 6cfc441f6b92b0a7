// Who works on a review task: claim it, give it back, give it to somebody else.

import { z } from '@hono/zod-openapi';
import { claimReview, reassignReview, releaseReview } from '../../../db/review-queue.ts';
import type { Move, Moved } from '../../../db/review-queue.ts';
import { isId } from '../../../domain/ids.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiContext, ApiDeps } from '../../environment.ts';
import { etagOf, isMeant } from '../../etag.ts';
import { Problem } from '../../problems.ts';
import type { ProblemCode } from '../../problems.ts';
import { line, staffReason as reason } from '../../schemas.ts';
import { otherVersionOfTask } from '../../verbs/answer-review.ts';
import { ifMatch } from './act.ts';
import { reviewObject, toReviewObject } from './review-object.ts';

const problems: readonly ProblemCode[] = ['NOT_FOUND', 'REVIEW_ANSWERED', 'VERSION_MISMATCH'];
const responses = { 200: json(reviewObject, 'The task as it is now') };
const params = z.object({ taskId: z.string() });

/** Adds POST /ops/v1/reviews/{taskId}/claim. */
export function addClaimReview(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('claimReview'), problems: [...problems, 'REVIEW_CLAIMED'] },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}/claim',
      tags: ['Operations'],
      summary: 'Take a review task that nobody works on, or keep one longer',
      request: { params, headers: ifMatch },
      responses,
    },
  );
  app.openapi(route, async (c) => {
    const move = moveOf(c, c.req.valid('param').taskId);
    return c.json(taskAfter(c, deps, await deps.database.withTransaction(async (tx) => claimReview(tx, move))), 200);
  });
}

/** Adds POST /ops/v1/reviews/{taskId}/release. */
export function addReleaseReview(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('claimReview'), problems: [...problems, 'REVIEW_NOT_CLAIMED'] },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}/release',
      tags: ['Operations'],
      summary: 'Give a review task back',
      request: { params, headers: ifMatch },
      responses,
    },
  );
  app.openapi(route, async (c) => {
    const move = moveOf(c, c.req.valid('param').taskId);
    return c.json(taskAfter(c, deps, await deps.database.withTransaction(async (tx) => releaseReview(tx, move))), 200);
  });
}

const to = line(2, 64)
  .regex(/^[\w.@|-]+$/)
  .openapi({ description: 'The subject of their token, as in claimed_by after `staff:`.' });

/** Adds POST /ops/v1/reviews/{taskId}/reassign. */
export function addReassignReview(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('reassignReview'), problems },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}/reassign',
      tags: ['Operations'],
      summary: 'Give a review task to somebody else',
      request: { params, headers: ifMatch, body: body(z.strictObject({ to, reason })) },
      responses,
    },
  );
  app.openapi(route, async (c) => {
    const { to: name, reason: why } = c.req.valid('json');
    const move = { ...moveOf(c, c.req.valid('param').taskId), reason: why, to: `staff:${name}` };
    return c.json(taskAfter(c, deps, await deps.database.withTransaction(async (tx) => reassignReview(tx, move))), 200);
  });
}

export function moveOf(c: ApiContext, taskId: string): Move {
  if (!isId('reviewTask', taskId)) throw refusal('NOT_FOUND');
  const seen = c.req.header('if-match');
  return { taskId, by: actorOf(c), requestId: c.get('requestId'), isMeant: (task) => isMeant(seen, etagOf(task)) };
}

export function taskAfter(c: ApiContext, { now }: ApiDeps, moved: Moved): z.infer<typeof reviewObject> {
  if (moved.kind === 'refused') throw refusal(moved.why, moved.task?.claimed_by);
  c.header('ETag', etagOf(moved.task));
  return toReviewObject(moved.task, now());
}

function refusal(why: Extract<Moved, { kind: 'refused' }>['why'], claimedBy?: string | null): Problem {
  switch (why) {
    case 'NOT_FOUND':
      return new Problem('NOT_FOUND', { detail: 'There is no review task with this id.' });
    case 'ANSWERED':
      return new Problem('REVIEW_ANSWERED');
    case 'VERSION':
      return otherVersionOfTask();
    case 'CLAIMED':
      return new Problem('REVIEW_CLAIMED', { detail: `${claimedBy ?? 'Somebody else'} works on it. Take another, or have it reassigned.` });
    case 'TOO_LATE':
      return new Problem('DEADLINE_NOT_ALLOWED', { detail: 'A task sleeps at most until it is due.' });
    case 'NOT_CLAIMED':
      return new Problem('REVIEW_NOT_CLAIMED', { detail: 'You do not work on this task; perhaps your claim has run out.' });
  }
}
