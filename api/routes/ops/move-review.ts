// Who works on a review task: claim it, give it back, give it to somebody else.

import { z } from '@hono/zod-openapi';
import { claimReview, reassignReview, releaseReview } from '../../../db/review-queue.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute } from '../../define-route.ts';
import { staffOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { requiredStaffKey } from '../../idempotency.ts';
import { line, staffReason as reason } from '../../schemas.ts';
import { ifMatch } from './act.ts';
import { moveOf, moveProblems, moveResponses, moved, taskParams } from './review-move.ts';

/** Adds POST /ops/v1/reviews/{taskId}/claim. */
export function addClaimReview(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('claimReview'), problems: [...moveProblems, 'REVIEW_CLAIMED'] },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}/claim',
      tags: ['Operations'],
      summary: 'Take a review task that nobody works on, or keep one longer',
      request: { params: taskParams, headers: ifMatch },
      responses: moveResponses,
    },
  );
  app.openapi(route, async (c) => {
    const move = moveOf(c, c.req.valid('param').taskId);
    return c.json(await moved(c, deps, async (tx) => claimReview(tx, { ...move, roles: staffOf(c).roles })), 200);
  });
}

/** Adds POST /ops/v1/reviews/{taskId}/release. */
export function addReleaseReview(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('claimReview'), problems: [...moveProblems, 'REVIEW_NOT_CLAIMED'] },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}/release',
      tags: ['Operations'],
      summary: 'Give a review task back',
      request: { params: taskParams, headers: ifMatch },
      responses: moveResponses,
    },
  );
  app.openapi(route, async (c) => {
    const move = moveOf(c, c.req.valid('param').taskId);
    return c.json(await moved(c, deps, async (tx) => releaseReview(tx, move)), 200);
  });
}

const to = line(2, 64)
  .regex(/^[\w.@|-]+$/)
  .openapi({ description: 'The subject of their token, as in claimed_by after `staff:`.' });

/** Adds POST /ops/v1/reviews/{taskId}/reassign. */
export function addReassignReview(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('reassignReview'), problems: [...moveProblems, 'IDEMPOTENCY_KEY_MISSING'] },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}/reassign',
      tags: ['Operations'],
      summary: 'Give a review task to somebody else',
      request: { params: taskParams, headers: ifMatch, body: body(z.strictObject({ to, reason })) },
      responses: moveResponses,
    },
  );
  app.openapi(route, async (c) => {
    const { to: name, reason: why } = c.req.valid('json');
    const key = await requiredStaffKey(c, deps);
    const move = { ...moveOf(c, c.req.valid('param').taskId, { key, reason: why }), to: `staff:${name}` };
    return c.json(await moved(c, deps, async (tx) => reassignReview(tx, move)), 200);
  });
}
