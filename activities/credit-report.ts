// The report of the credit bureau. Every inquiry is billed and needs the customer's consent, so both are settled in PostgreSQL
// before anything leaves.

import { z } from 'zod';
import { invariant } from '../domain/failures.ts';
import type { CreditBureau, CreditReportAnswer } from '../domain/ports.ts';
import type { ReportAnswer } from '../db/credit-reports.ts';
import type { Store } from '../db/store.ts';
import { recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const reportState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pending'), inquiryId: z.string() }),
  z.object({ kind: z.literal('answered') }),
]);

/** `pending`: the answer will come by callback. `answered`: it is stored, whatever it says. */
export type ReportState = z.infer<typeof reportState>;

interface CreditReportDeps {
  store: Store;
  bureau: CreditBureau;
  /** How old a report about the same person may be to be used instead of asking again, in ms. */
  reportReuseMs: number;
  /** How long an inquiry may be under way to be shared instead of making another, in ms. */
  inquirySharedMs: number;
}

export function createCreditReportActivities(deps: CreditReportDeps) {
  const { store, bureau } = deps;
  const requestId = (ref: { applicationId: string; round: number }): string => `${ref.applicationId}:creditReport:${ref.round}`;
  return {
    /** Asks CIC about the customer, once per round: CIC dedupes by our request id, so a repeat is not billed again. Where a young report
     *  about the same person was paid for before, nobody is asked; while one is under way, it is asked for by the same request id and
     *  shared. Repeat: the first outcome, or `answered` when the report has come since. Throws CREDIT_BUREAU_UNAVAILABLE or
     *  _OUTCOME_UNKNOWN (retried), _REJECTED (not retried). */
    async requestCreditReport(ref: StepRef): Promise<ReportState> {
      const state = await recordOnce(store, ref, reportState, {
        ask: async () => {
          const { profile, planned } = await plan(deps, ref, requestId(ref));
          if (planned.outcome !== 'PENDING') return null;
          const { nationalId, fullName, dateOfBirth, phone } = profile;
          return bureau.requestReport(
            { requestId: planned.billedAs, subject: { nationalId, fullName, dateOfBirth, phone }, consentId: planned.consentId },
            { reference: ref.applicationId },
          );
        },
        keep: async (tx, answer) => {
          if (answer) await store.creditReports.answer(tx, { requestId: requestId(ref), inquiryId: answer.inquiryId, ...stored(answer) });
          await store.applications.advance(tx, ref.applicationId, { status: 'in_progress', step: 'creditReport' });
          return answer?.kind === 'pending' ? { kind: 'pending' as const, inquiryId: answer.inquiryId } : { kind: 'answered' as const };
        },
      });
      const isThere = state.kind === 'pending' && (await store.creditReports.latest(store, ref.applicationId))?.outcome !== 'PENDING';
      return isThere ? { kind: 'answered' } : state;
    },

    /** Reads the answer of a pending inquiry and stores it; free of charge. Still pending is not an error. Repeat: the same. */
    async readCreditReport(ref: StepRef, { inquiryId }: { inquiryId: string }): Promise<ReportState> {
      const answer = await bureau.readReport(inquiryId, { reference: ref.applicationId });
      if (answer.kind === 'pending') return { kind: 'pending', inquiryId };
      await store.withTransaction(async (tx) => {
        await store.creditReports.answer(tx, { requestId: requestId(ref), inquiryId, ...stored(answer) });
      });
      return { kind: 'answered' };
    },

    /** Gives up waiting for CIC: the report counts as unavailable, which the decision refers to a person and never declines. */
    async giveUpCreditReport(ref: StepRef): Promise<ReportState> {
      return recordOnce(store, ref, reportState, {
        ask: async () => plan(deps, ref, requestId(ref)), // where not even that was possible while CIC was away
        keep: async (tx) => {
          await store.creditReports.giveUp(tx, requestId(ref));
          return { kind: 'answered' as const };
        },
      });
    },
  };
}

async function plan({ store, reportReuseMs, inquirySharedMs }: CreditReportDeps, { applicationId }: StepRef, requestId: string) {
  const application = await store.applications.readApplication(store, applicationId);
  invariant(application, 'an application exists before its workflow');
  const profile = await store.customers.profile(store, application.customer_id);
  invariant(profile, 'the bureau is asked about a complete profile');
  const wanted = { applicationId, requestId, maxAgeMs: reportReuseMs, sharedMs: inquirySharedMs };
  const planned = await store.withTransaction(async (tx) => store.creditReports.plan(tx, wanted));
  invariant(planned, 'the bureau is asked only with the consent of the customer');
  return { profile, planned };
}

function stored(answer: CreditReportAnswer): Pick<ReportAnswer, 'outcome' | 'report' | 'errorCode'> {
  switch (answer.kind) {
    case 'pending':
      return { outcome: 'PENDING' };
    case 'hit':
      return { outcome: 'HIT', report: answer.report };
    case 'no_hit':
      return { outcome: 'NO_HIT' };
    case 'multiple_match':
      return { outcome: 'MULTIPLE_MATCH' };
    case 'error':
      // CIC could not say: that is neither a good nor a bad report.
      return { outcome: 'ERROR', errorCode: answer.code };
  }
}
