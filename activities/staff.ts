// What staff see of a step that waits for them, and what they may do to a wait: ask the customer again, or give more time. What changes and
// the audit row with the reason are one commit.

import { z } from 'zod';
import type { Attention, Resubmission, StaffRequest } from '../domain/application.ts';
import type { Store } from '../db/store.ts';
import { nobody, recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';
import { auditAct } from './staff-act.ts';

const done = z.object({ kind: z.literal('done') });

export function createStaffActivities({ store }: { store: Store }) {
  return {
    /** Shows staff that a step waits for them, or (null) that it does no longer, by whose retry if it was one. Repeat: nothing. */
    async markAttention(ref: StepRef, attention: Attention | null, by: StaffRequest | null = null): Promise<{ kind: 'done' }> {
      return recordOnce(store, ref, done, {
        ask: nobody,
        keep: async (tx) => {
          const { applicationId } = ref;
          await store.applications.setAttention(tx, applicationId, attention);
          const action = attention ? 'application.attention_raised' : 'application.attention_cleared';
          const change = attention ? { activity: attention.activity, code: attention.code } : {};
          await auditAct(store, tx, by ?? { actor: 'system:workflow' }, { action, applicationId, subject: applicationId, change });
          return { kind: 'done' as const };
        },
      });
    },

    /** Takes the application back to the customer's data or photos, withdraws an open question, and tells the customer why. Repeat: nothing. */
    async askAgain(ref: StepRef, asked: Resubmission & StaffRequest & { deadlineAt: string }): Promise<{ kind: 'done' }> {
      return recordOnce(store, ref, done, {
        ask: nobody,
        keep: async (tx) => {
          const { applicationId } = ref;
          const { step, reason, deadlineAt } = asked;
          await store.reviews.withdraw(tx, applicationId);
          await store.applications.advance(tx, applicationId, { status: 'in_progress', step, deadlineAt, reasons: [reason] });
          await store.notifications.add(tx, { applicationId, template: 'asked_again', occasion: String(ref.round), params: { reason } });
          const change = { step, reason };
          await auditAct(store, tx, asked, { action: 'application.asked_again', applicationId, subject: applicationId, change });
          return { kind: 'done' as const };
        },
      });
    },

    /** Moves the deadline of the present wait. Repeat: nothing. */
    async extendDeadline(ref: StepRef, extension: { deadlineAt: string } & StaffRequest): Promise<{ kind: 'done' }> {
      return recordOnce(store, ref, done, {
        ask: nobody,
        keep: async (tx) => {
          const { applicationId } = ref;
          const { deadlineAt } = extension;
          await store.applications.moveDeadline(tx, applicationId, new Date(deadlineAt));
          const change = { deadlineAt };
          await auditAct(store, tx, extension, { action: 'application.deadline_extended', applicationId, subject: applicationId, change });
          return { kind: 'done' as const };
        },
      });
    },
  };
}
