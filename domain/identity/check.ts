// One check on a submission: what it asks about, how it can end, what it rests on, and the constructors that let no check forget a field.

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

/** `liveness` is the reference image of a liveness session. */
export type Photo = 'idFront' | 'idBack' | 'selfie' | 'liveness';

interface Basis {
  /** The photos that the check looks at; their digests stand in its record. */
  photos: readonly Photo[];
  /** Who saw what is judged: the vendor, or this system. */
  provider: 'rekognition' | 'trasau';
}

const both: readonly Photo[] = ['idFront', 'idBack'];

/** Every check, with what it rests on. */
export const checkBasis = {
  selfie: { photos: ['selfie'], provider: 'rekognition' },
  selfie_quality: { photos: ['selfie'], provider: 'rekognition' },
  portrait: { photos: ['idFront'], provider: 'rekognition' },
  face_match: { photos: ['idFront', 'selfie'], provider: 'rekognition' },
  liveness: { photos: ['liveness'], provider: 'rekognition' },
  liveness_match: { photos: ['selfie', 'liveness'], provider: 'rekognition' },
  mrz: { photos: ['idBack'], provider: 'rekognition' },
  qr: { photos: both, provider: 'trasau' },
  national_id: { photos: both, provider: 'rekognition' },
  date_of_birth: { photos: both, provider: 'rekognition' },
  full_name: { photos: both, provider: 'rekognition' },
  document_expiry: { photos: ['idBack'], provider: 'rekognition' },
  age: { photos: ['idBack'], provider: 'rekognition' },
  duplicates: { photos: ['idFront', 'idBack', 'selfie'], provider: 'trasau' },
} as const satisfies Record<string, Basis>;

export type IdentityCheckKind = keyof typeof checkBasis;

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

/** There was nothing to judge and nothing depends on it: it stands in the record and decides nothing. */
export function undecided(kind: IdentityCheckKind): IdentityCheck {
  return { kind, verdict: 'inconclusive', scores: {}, reasonCodes: [] };
}
