// Every message that the outside may send to a workflow, and the shapes of what goes in and comes out. This is the only file
// of this folder that api and workers import. Nothing here carries personal data: ids, hashes, amounts and times, and the OTP sealed.

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type {
  Attention,
  BasicInfoSubmission,
  CanceledBy,
  IdentitySubmission,
  Resubmission,
  Settlement,
  StaffRequest,
} from '../domain/application.ts';
import type { ReasonCode } from '../domain/reasons.ts';
import type { ApplicationStatus, Step, TerminalStatus } from '../domain/states.ts';

/** Task queues: one for the workflows and quick steps, one per vendor, so that a dead vendor cannot eat another's slots. */
export const taskQueues = {
  applications: 'applications',
  identity: 'identity',
  bureau: 'bureau',
  cardCore: 'card-core',
} as const;

export type TaskQueue = (typeof taskQueues)[keyof typeof taskQueues];

/** The workflow that carries this application from the merchant's call to the booked purchase. */
export function applicationWorkflowId(applicationId: string): string {
  return `application:${applicationId}`;
}

/** The application that a workflow id names, or null. */
export function applicationIdOf(workflowId: string): string | null {
  return /^application:(.+)$/.exec(workflowId)?.[1] ?? null;
}

/** The name under which the workflow of an application is started. */
export const applicationWorkflow = 'application';

/** The name of the workflow that compares the books, of its one run at a time, and of its schedule. */
export const reconciliationWorkflow = 'reconciliation';

/** The same for the deletion of photos whose time is over. */
export const retentionWorkflow = 'retention';

/** The same for the look at accounts that WAY4 may have made after their undo. */
export const lateAccountsWorkflow = 'lateAccounts';

/** How long each wait may last and how often something may be tried; fixed when the application starts. All in milliseconds. */
export interface ApplicationPolicy {
  basicInfoMs: number;
  identityMs: number;
  creditReportMs: number;
  reviewMs: number;
  offerMs: number;
  signatureMs: number;
  approvalMs: number;
  otpMaxChallenges: number;
  /** How long after the end of the last OTP a guess may still be under way. Applications that started without it wait for approvalMs. */
  otpGraceMs?: number;
  /** Guesses that are taken at one OTP, evaluated or not; applications that started without it know no end of it. */
  otpMaxGuesses?: number;
  /** How long after a new OTP none is sent again; applications that started without it know no such rest. */
  resendRestMs?: number;
  /** Events of a run past which its customer's commands are refused; applications that started without it know no end of it. */
  maxEvents?: number;
  identityMaxAttempts: number;
  /** How far in all staff may move a deadline; applications that started without it keep theirs. */
  extensionMaxMs?: number;
  /** How long a step that was tried again is let be; applications that started without it know no such rest. */
  retryRestMs?: number;
  /** How often staff may ask the customer again; applications that started without it know no end of it. */
  asksMax?: number;
  reportPollMs: number;
  settledPollMs: number;
  /** Attempts of a vendor step on its own queue before it waits for staff. */
  vendorAttempts: number;
  vendorBackoffMs: number;
  vendorBackoffMaxMs: number;
}

export interface ApplicationInput {
  applicationId: string;
  merchantId: string;
  amountVnd: number;
  policy: ApplicationPolicy;
}

export interface ApplicationResult {
  applicationId: string;
  status: TerminalStatus;
  reasons: ReasonCode[];
  transactionId?: string;
}

/** What the workflow itself knows, for engineers and for the answer to a command; the truth for readers is in PostgreSQL. */
export interface ApplicationView {
  status: ApplicationStatus;
  step: Step;
  /** Who has to do something now. */
  awaits: 'customer' | 'staff' | 'system' | 'nobody';
  deadlineAt: string | null;
  attention: Attention | null;
}

/** The customer's data is stored and consents are given. */
export const submitBasicInfo = defineUpdate<ApplicationView, [BasicInfoSubmission]>('submitBasicInfo');

/** The photos are stored. Rejected outside the identity step. */
export const submitIdentity = defineUpdate<ApplicationView, [IdentitySubmission]>('submitIdentity');

/** Accepts the offer with this hash; any other hash is rejected: what was shown is what is accepted. */
export const acceptOffer = defineUpdate<ApplicationView, [{ offerHash: string }]>('acceptOffer');

/** Signs the document with this hash under a stored consent. */
export const signContract = defineUpdate<ApplicationView, [{ documentSha256: string; consentId: string }]>('signContract');

export interface OtpSent {
  challengeId: string;
  expiresAt: string;
  maskedPhone: string;
  resendsLeft: number;
}
/** Approves the purchase of this amount; the core bank sends the OTP. */
export const approveTransaction = defineUpdate<OtpSent, [{ amountVnd: number }]>('approveTransaction');

/** `code` is six digits, or the sealed form that the api sends so that no code can be read in a history. */
export interface OtpSubmission {
  code: string;
}
/** `wrong` may be tried again; `expired` and `locked` need a new code, `resendsLeft` says how many may still be sent;
 *  `unavailable` was not evaluated and does not count. */
export type OtpAnswer =
  | { kind: 'verified' }
  | { kind: 'wrong'; attemptsLeft: number }
  | { kind: 'expired'; resendsLeft: number }
  | { kind: 'locked'; resendsLeft: number }
  | { kind: 'unavailable' };
/** Answers at once. Rejected, without a trace in the history, when no OTP is awaited or the form is wrong. */
export const submitOtp = defineUpdate<OtpAnswer, [OtpSubmission]>('submitOtp');

/** The same for systems that can only signal; the answer is then seen in the state. */
export const otpSubmitted = defineSignal<[OtpSubmission]>('otpSubmitted');

/** Sends a new code and makes the old one worthless. Rejected when the cap is reached. With the request of staff when they ask for it, else null. */
export const resendOtp = defineUpdate<OtpSent, [StaffRequest | null]>('resendOtp');

/** Tries the step that waits for staff again, or cuts its running back-off short. */
export const retryStep = defineUpdate<ApplicationView, [Retry]>('retryStep');

export interface Retry extends StaffRequest {
  /** Temporal says that a try has failed and the next is waited for, which a run does not see of a step that is tried on its queue from the start. */
  backsOff?: boolean;
}

/** Asks the customer for their data or their photos again, for this reason. Rejected once the offer is accepted: from then on the bank knows
 *  the customer by what they gave. */
export const requestResubmission = defineUpdate<ApplicationView, [Resubmission & StaffRequest]>('requestResubmission');

/** Moves the deadline of the present wait to a later time, as far as the policy allows. Rejected for offers and codes: their time is what the
 *  customer was shown. */
export const extendDeadline = defineUpdate<ApplicationView, [{ deadlineAt: string } & StaffRequest]>('extendDeadline');

/** Staff name their request; customer and merchant are named by `actor` alone. */
export interface Cancellation extends Partial<StaffRequest> {
  by: CanceledBy;
  actor: string;
}
/** Ends the application and undoes what was done. Rejected from the hand-off on, and by staff without a second person once the bank may know
 *  the customer. */
export const cancel = defineUpdate<ApplicationView, [Cancellation]>('cancel');

export interface ReviewAnswer extends Partial<StaffRequest> {
  taskId: string;
  answer: 'approve' | 'decline' | 'askAgain';
  /** A lower limit than the ruleset derived. Only with `approve`, and never less than the order needs. */
  limitVnd?: number;
  actor: string;
}
/** Answers the open review task. */
export const decideReview = defineUpdate<ApplicationView, [ReviewAnswer]>('decideReview');

/** CIC answered; the report is stored. */
export const creditReportReady = defineSignal<[{ inquiryId: string }]>('creditReportReady');

/** The transaction has its final outcome. At least once; repeats are ignored. */
export const transactionSettled = defineSignal<[Settlement]>('transactionSettled');

/** Where the application is, straight from the workflow. */
export const status = defineQuery<ApplicationView>('status');
