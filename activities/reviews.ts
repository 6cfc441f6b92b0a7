// Answers of reviewers. The answer, the new place of the application and the audit row are one commit.

import { z } from 'zod';
import { invariant } from '../domain/failures.ts';
import type { Store } from '../db/store.ts';
import { nobody, recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const recorded = z.object({ kind: z.literal('recorded') });

interface ReviewInput {
  taskId: string;
  step: 'identity' | 'decision';
  answer: 'approve' | 'decline' | 'askAgain';
  actor: string;
  /** Until when the customer may answer what is asked again. */
  deadlineAt?: string;
}

export function createReviewActivities({ store }: { store: Store }) {
  return {
    /** Records the answer to a review task and moves the application on. Repeat: nothing. */
    async recordReview(ref: StepRef, { taskId, step, answer, actor, deadlineAt }: ReviewInput): Promise<{ kind: 'recorded' }> {
      return recordOnce(store, ref, recorded, {
        ask: nobody,
        keep: async (tx) => {
          invariant(await store.offers.answerReviewTask(tx, taskId, answer, actor), 'a review task is answered once');
          const next = step === 'identity' && answer === 'approve' ? 'creditReport' : step;
          if (answer !== 'decline')
            await store.applications.advance(tx, ref.applicationId, { status: 'in_progress', step: next, deadlineAt: deadlineAt ?? null });
          await store.audit(tx, { actor, action: `review.${answer}`, applicationId: ref.applicationId, subject: taskId, change: { step } });
          return { kind: 'recorded' as const };
        },
      });
    },
  };
}
