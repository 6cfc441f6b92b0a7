// A question to staff. The run waits for the answer, records it, and goes on; nobody's silence declines a customer without a reason.

import { reviews } from '../domain/reviews.ts';
import { later } from './deadline.ts';
import type { ReviewAnswer } from './messages.ts';
import type { Run } from './run.ts';

/** Waits for the answer to an open review task and records it. Throws EarlyEnd when nobody answers in time. */
export async function review(run: Run, task: { taskId: string; step: 'identity' | 'decision' }): Promise<ReviewAnswer> {
  run.enter('in_review', task.step, 'staff');
  run.facts.reviewTask = { ...task, allowed: reviews[task.step].answers };
  run.inbox.review = null;
  await run.waitFor(() => run.inbox.review !== null, run.movable(run.policy.reviewMs), 'REVIEW_EXPIRED');
  // A handler set it meanwhile, which TypeScript cannot see.
  const answer = run.inbox.review as ReviewAnswer | null;
  run.facts.reviewTask = null;
  if (!answer) return { taskId: task.taskId, answer: 'decline', actor: 'system:workflow' };
  run.facts.reviews += 1;
  // Of a decision, the way back counts it (workflows/ask-again.ts).
  if (answer.answer === 'askAgain' && task.step === 'identity') run.facts.asks += 1;
  // Who is asked again has the whole time of the step again.
  const again = () => answer.answer === 'askAgain' && { deadlineAt: later(run.policy.identityMs) };
  await run.step('recordReview', run.facts.reviews, () => ({ ...answer, step: task.step, ...again() }));
  run.inbox.review = null; // what was taken is recorded: from here on the customer can be asked again
  return answer;
}
