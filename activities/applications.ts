// The application as readers see it: where it stands and how it ended.

import { z } from 'zod';
import type { BasicInfoSubmission, CanceledBy, StaffRequest } from '../domain/application.ts';
import { invariant } from '../domain/failures.ts';
import { isTerminal } from '../domain/states.ts';
import type { ReasonCode } from '../domain/reasons.ts';
import type { TerminalStatus } from '../domain/states.ts';
import type { Store } from '../db/store.ts';
import { nobody, recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';
import { auditAct } from './staff-act.ts';

export interface End extends Partial<StaffRequest> {
  status: TerminalStatus;
  reasons: ReasonCode[];
  canceledBy?: CanceledBy;
}

const done = z.object({ kind: z.literal('done') });

export function createApplicationActivities({ store }: { store: Store }) {
  return {
    /** Makes what the customer stated the customer of the application, once profile and the three consents are stored. Repeat: nothing.
     *  Throws INVARIANT_BROKEN when the api sent the command without storing them. */
    async recordBasicInfo(ref: StepRef, input: BasicInfoSubmission & { deadlineAt: string }): Promise<{ kind: 'done' }> {
      return recordOnce(store, ref, done, {
        ask: nobody,
        keep: async (tx) => {
          invariant(await store.customers.profile(tx, input.customerId), 'basic info is stored before it is submitted');
          await store.customers.adopt(tx, ref.applicationId, input.customerId);
          for (const kind of ['data_processing', 'credit_bureau', 'biometric'] as const) {
            invariant(await store.consents.consentOf(tx, ref.applicationId, kind), 'consents are stored before basic info is submitted');
          }
          await store.applications.advance(tx, ref.applicationId, {
            status: 'in_progress',
            step: 'identity',
            deadlineAt: input.deadlineAt,
          });
          return { kind: 'done' as const };
        },
      });
    },

    /** Ends the application: terminal status, reasons, event, message to the customer, open question withdrawn, paper void unless the purchase was booked. Repeat: nothing. */
    async finish(ref: StepRef, end: End): Promise<{ kind: 'done' }> {
      return recordOnce(store, ref, done, {
        ask: nobody,
        keep: async (tx) => {
          invariant(isTerminal(end.status), 'an application ends in a terminal status');
          const { applicationId } = ref;
          await store.applications.advance(tx, applicationId, {
            status: end.status,
            step: 'end',
            reasons: end.reasons,
            ...(end.canceledBy ? { canceledBy: end.canceledBy } : {}),
          });
          if (end.status !== 'completed') await store.agreements.voidContracts(tx, applicationId);
          await store.reviews.withdraw(tx, applicationId);
          await store.notifications.add(tx, {
            applicationId,
            template: end.status === 'completed' ? 'purchase_booked' : 'application_ended',
            params: { status: end.status, reason: end.reasons[0] ?? '' },
          });
          const by = { ...end, actor: end.actor ?? 'system:workflow' };
          const change = { reasons: end.reasons };
          await auditAct(store, tx, by, { action: `application.${end.status}`, applicationId, subject: applicationId, change });
          return { kind: 'done' as const };
        },
      });
    },
  };
}
