// Shapes that the workflow, its activities and its readers share. Plain JSON: they travel through Temporal.

import type { ReasonCode } from './reasons.ts';

/** A step that failed for good and waits for staff. */
export interface Attention {
  /** The activity that failed, e.g. `createClient`. */
  activity: string;
  /** The failure's type, UPPER_SNAKE; never a message of a vendor. */
  code: string;
  since: string;
}

/** The activities that undo what was done at the bank. One that fails leaves something open there. */
export const undoActivities = ['closeContract', 'closeClient'] as const;

/** Who of staff asks for something. Why they do stands in the audit log under the request, so that no free text comes into a history. */
export interface StaffRequest {
  actor: string;
  requestId: string;
  /** The second person, where four eyes are needed. */
  approvedBy?: string;
}

/** What the customer is asked to give again, and why, as the customer is told. */
export interface Resubmission {
  step: 'basicInfo' | 'identity';
  reason: ReasonCode;
}

/** Who ended an application on purpose. */
export type CanceledBy = 'customer' | 'merchant' | 'operations';

/** The final outcome of a transaction. */
export interface Settlement {
  transactionId: string;
  status: 'posted' | 'rejected';
}

export interface DocumentRef {
  documentId: string;
  sha256: string;
}

/** What a customer stated, as the row that holds it. */
export interface BasicInfoSubmission {
  customerId: string;
}

/** The photos of one submission. */
export interface IdentitySubmission {
  idFront: DocumentRef;
  idBack: DocumentRef;
  selfie: DocumentRef;
}

/** What is offered to the customer, as far as the workflow needs to know. */
export interface OfferRef {
  offerId: string;
  hash: string;
  limitVnd: number;
  expiresAt: string;
}
