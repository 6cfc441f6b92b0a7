// Answers of reviewers. The answer, the new place of the application and the audit row are one commit.

import { z } from 'zod';
import type { StaffRequest } from '../domain/application.ts';
import { invariant } from '../domain/failures.ts';
import type { Store } from '../db/store.ts';
import { nobody, recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';
import { auditAct } from './staff-act.ts';

const recorded = z.object({ kind: z.literal('recorded') });

interface ReviewInput extends Partial<StaffRequest> {
  taskId: string;
  step: 'identity' | 'decision';
  answer: 'approve' | 'decline' | 'askAgain';
  limitVnd?: number;
  actor: string;
  /** Until when the customer may answer what is asked again. */
  deadlineAt?: string;
}

export function createReviewActivities({ store }: { store: Store }) {
  return {
    /** Records the answer to a review task and moves the application on. Repeat: nothing. */
    async recordReview(ref: StepRef, given: ReviewInput): Promise<{ kind: 'recorded' }> {
      return recordOnce(store, ref, recorded, {
        ask: nobody,
        keep: async (tx) => {
          const { taskId, step, answer, actor, deadlineAt, limitVnd } = given;
          invariant(await store.reviews.answer(tx, taskId, answer, actor), 'a review task is answered once');
          const next = step === 'identity' && answer === 'approve' ? 'creditReport' : step;
          if (answer !== 'decline')
            await store.applications.advance(tx, ref.applicationId, { status: 'in_progress', step: next, deadlineAt: deadlineAt ?? null });
          const change = { step, ...(limitVnd !== undefined && { limitVnd }) };
          await auditAct(store, tx, given, { action: `review.${answer}`, applicationId: ref.applicationId, subject: taskId, change });
          return { kind: 'recorded' as const };
        },
      });
    },
  };
}
