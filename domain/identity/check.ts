// One check on a submission: what it asks about, how it can end, and the three constructors that let no check forget a field.

import type { Day } from '../calendar.ts';
import type { ReasonCode } from '../reasons.ts';

export interface TextLine {
  text: string;
  confidence: number;
}

/** What the customer typed. */
export interface StatedIdentity {
  fullName: string;
  dateOfBirth: Day;
  nationalId: string;
  gender: 'male' | 'female';
}

export type IdentityCheckKind =
  | 'selfie'
  | 'portrait'
  | 'face_match'
  | 'national_id'
  | 'date_of_birth'
  | 'full_name'
  | 'document_expiry'
  | 'age';

export type CheckVerdict = 'pass' | 'fail' | 'inconclusive';

export interface IdentityCheck {
  kind: IdentityCheckKind;
  verdict: CheckVerdict;
  /** Measurements behind the verdict, for staff; they name no person and are never shown to the customer. */
  scores: Record<string, number>;
  reasonCodes: readonly ReasonCode[];
}

type Scores = Record<string, number>;

/** The evidence is there and good. */
export function passed(kind: IdentityCheckKind, scores: Scores = {}): IdentityCheck {
  return { kind, verdict: 'pass', scores, reasonCodes: [] };
}

/** The evidence is there and not good enough, or says otherwise: the customer is asked again. */
export function failed(kind: IdentityCheckKind, reason: ReasonCode, scores: Scores = {}): IdentityCheck {
  return { kind, verdict: 'fail', scores, reasonCodes: [reason] };
}

/** The evidence is missing or leaves doubt: a person looks. */
export function unsure(kind: IdentityCheckKind, reason: ReasonCode, scores: Scores = {}): IdentityCheck {
  return { kind, verdict: 'inconclusive', scores, reasonCodes: [reason] };
}
