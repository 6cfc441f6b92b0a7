// POST /ops/v1/reviews/{taskId}: the answer of a member of staff to a question.

import { z } from '@hono/zod-openapi';
import { apiLimits } from '../../../config/limits.ts';
import { readReviewTask } from '../../../db/reviews.ts';
import { invariant } from '../../../domain/failures.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { staffOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId, requiredStaffKey } from '../../idempotency.ts';
import { moneyBetween, staffReason as reason } from '../../schemas.ts';
import { answerReview } from '../../verbs/answer-review.ts';
import { commandProblems } from '../../verbs/command.ts';
import { ifMatch } from './act.ts';
import { approvalObject, toApprovalObject } from './approvals.ts';
import { answers, reviewAnswer, reviewObject, toReviewObject } from './review-object.ts';

const given = z.strictObject({
  answer: reviewAnswer,
  reason,
  limit: moneyBetween(apiLimits.orderMinVnd, apiLimits.orderMaxVnd)
    .optional()
    .openapi({ description: 'With approve: less than the ruleset derived, but enough for the order.' }),
});

const answered = reviewObject
  .extend({
    approval: approvalObject
      .nullable()
      .openapi({ description: 'What a second person has to confirm first, in a repeat with what came of it; null when one is enough.' }),
  })
  .openapi('ReviewAnswered');

/** Adds the route. */
export function addAnswerReview(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    {
      guard: guards.staff('decideReview'),
      problems: [
        'IDEMPOTENCY_KEY_MISSING',
        'NOT_FOUND',
        ...commandProblems,
        'REVIEW_ANSWERED',
        'REVIEW_CLAIMED',
        'ANSWER_NOT_ALLOWED',
        'LIMIT_NOT_ALLOWED',
        'ASKS_SPENT',
        'VERSION_MISMATCH',
        'APPROVAL_OPEN',
      ],
    },
    {
      method: 'post',
      path: '/ops/v1/reviews/{taskId}',
      tags: ['Operations'],
      summary: 'Answer a review task',
      request: {
        params: z.object({ taskId: z.string() }),
        headers: ifMatch,
        body: body(given),
      },
      responses: { 202: json(answered, 'The answer is taken and the application goes on with it, or it waits for a second person') },
    },
  );
  app.openapi(route, async (c) => {
    const key = await requiredStaffKey(c, deps);
    const { taskId } = c.req.valid('param');
    const { answer, reason: why, limit } = c.req.valid('json');
    const approval = await answerReview(deps, staffOf(c), {
      taskId,
      answer: answers[answer],
      limitVnd: limit?.value,
      reason: why,
      ifMatch: c.req.header('if-match'),
      requestId: c.get('requestId'),
      commandId: commandId(c, 'review'),
      key,
    });
    const task = await readReviewTask(deps.database, taskId);
    invariant(task, 'a task that was answered exists');
    return c.json({ ...toReviewObject(task, deps.now()), approval: approval && toApprovalObject(approval) }, 202);
  });
}
