// What all moves of a review task have in common: which task, by whom, on which version, and the answer.

import { z } from '@hono/zod-openapi';
import type { Move, Moved } from '../../../db/review-queue.ts';
import type { Tx } from '../../../db/pool.ts';
import type { ReviewTaskRow } from '../../../db/reviews.ts';
import { isId } from '../../../domain/ids.ts';
import { json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { ApiContext, ApiDeps } from '../../environment.ts';
import { etagOf, isMeant } from '../../etag.ts';
import { Problem } from '../../problems.ts';
import type { ProblemCode } from '../../problem-kinds.ts';
import { notForYou, otherVersionOfTask } from '../../verbs/answer-review.ts';
import { reviewObject, toReviewObject } from './review-object.ts';

/** Every move may end so. */
export const moveProblems: readonly ProblemCode[] = ['NOT_FOUND', 'REVIEW_ANSWERED', 'VERSION_MISMATCH'];
export const moveResponses = { 200: json(reviewObject, 'The task as it is now') };
export const taskParams = z.object({ taskId: z.string() });

/** The move that this request asks for. Throws NOT_FOUND for what cannot be the id of a task. */
export function moveOf(c: ApiContext, taskId: string, asked: Pick<Move, 'key' | 'reason'> = {}): Move {
  if (!isId('reviewTask', taskId)) throw refusal('NOT_FOUND');
  const seen = c.req.header('if-match');
  return { ...asked, taskId, by: actorOf(c), requestId: c.get('requestId'), isMeant: (task) => isMeant(seen, etagOf(task)) };
}

/** Makes the move and returns the task as it is then, with its ETag. Throws the problem of a move that was refused. */
export async function moved(
  c: ApiContext,
  { database, now }: ApiDeps,
  move: (tx: Tx) => Promise<Moved>,
): Promise<z.infer<typeof reviewObject>> {
  const task = await database.withTransaction(async (tx) => {
    const result = await move(tx);
    if (result.kind === 'refused') throw refusal(result.why, result.task);
    return result.task;
  });
  c.header('ETag', etagOf(task));
  return toReviewObject(task, now());
}

function refusal(why: Extract<Moved, { kind: 'refused' }>['why'], task?: ReviewTaskRow): Problem {
  switch (why) {
    case 'NOT_FOUND':
      return new Problem('NOT_FOUND', { detail: 'There is no review task with this id.' });
    case 'ANSWERED':
      return new Problem('REVIEW_ANSWERED');
    case 'VERSION':
      return otherVersionOfTask();
    case 'CLAIMED':
      return new Problem('REVIEW_CLAIMED', {
        detail: `${task?.claimed_by ?? 'Somebody else'} works on it. Take another, or have it reassigned.`,
      });
    case 'WRONG_ROLE':
      return task ? notForYou(task) : new Problem('ROLE_MISSING');
    case 'TOO_LATE':
      return new Problem('DEADLINE_NOT_ALLOWED', { detail: 'A task sleeps at most until it is due.' });
    case 'NOT_CLAIMED':
      return new Problem('REVIEW_NOT_CLAIMED', { detail: 'You do not work on this task; perhaps your claim has run out.' });
  }
}
