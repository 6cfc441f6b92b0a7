// Is this the person on the card, and is the card theirs? Every question is a check of its own, with its verdict and its reasons.
// `fail` means that the customer can do better and is asked again; `inconclusive` means that a person must look. What is missing never
// passes and never declines.

import { isDay } from '../calendar.ts';
import type { Day } from '../calendar.ts';
import type { DetectedFace } from '../ports.ts';
import type { ReasonCode } from '../reasons.ts';
import { findMrz } from './card-text.ts';
import { checkAge, checkDateOfBirth, checkExpiry, checkFullName, checkMrz, checkNationalId, checkQr } from './document-checks.ts';
import { checkDuplicates } from './duplicate-check.ts';
import type { Doubles } from './duplicate-check.ts';
import { checkFaceMatch, checkLiveness, checkLivenessMatch, checkPortrait, checkSelfie, checkSelfieQuality } from './face-checks.ts';
import type { Liveness } from './face-checks.ts';
import type { CheckVerdict, IdentityCheck, StatedIdentity, TextLine } from './check.ts';
import type { IdentityPolicy } from './policy.ts';

export { identityPolicies, identityPolicy } from './policy.ts';
export type { IdentityPolicy } from './policy.ts';
export { checkBasis } from './check.ts';
export type { IdentityCheck, Photo, StatedIdentity } from './check.ts';
export type { Doubles } from './duplicate-check.ts';

/** What was seen on the three photos. Null is "not asked or not answered", which is not the same as an empty list. */
export interface IdentityEvidence {
  frontFaces: readonly DetectedFace[] | null;
  selfieFaces: readonly DetectedFace[] | null;
  /** Similarity (0–100) of the portrait on the card's front and the selfie. */
  similarity: number | null;
  frontText: readonly TextLine[] | null;
  backText: readonly TextLine[] | null;
  /** The texts of QR codes on both sides. */
  codes: readonly string[] | null;
  doubles: Doubles | null;
  /** Of the session behind the submission; looked at only when the policy requires one. */
  liveness: Liveness | null;
}

export interface IdentityAssessment {
  /** `fail` when any check failed, else `inconclusive` when any was for a reason, else `pass`. */
  verdict: CheckVerdict;
  /** The reasons behind exactly this verdict, each once, in the order of the checks; empty for `pass`. */
  reasonCodes: readonly ReasonCode[];
  checks: readonly IdentityCheck[];
}

/** Judges one submission. Pure: the same evidence, policy and day give the same assessment. `today` is the day in Vietnam.
 *  Throws a RangeError when `today` is not a day. */
export function assessIdentity(evidence: IdentityEvidence, stated: StatedIdentity, policy: IdentityPolicy, today: Day): IdentityAssessment {
  if (!isDay(today)) throw new RangeError('an identity is assessed on a day that exists');
  const front = evidence.frontText?.map(({ text }) => text) ?? null;
  const mrz = evidence.backText && findMrz(evidence.backText.map(({ text }) => text));
  const card = { front, mrz, codes: evidence.codes };
  const selfie = checkSelfie(evidence.selfieFaces, policy);
  const quality = checkSelfieQuality(evidence.selfieFaces, policy);
  const portrait = checkPortrait(evidence.frontFaces, policy);
  // What a comparison says of a poor photo is worth nothing either way.
  const comparable = [selfie, quality, portrait].every((check) => check.verdict === 'pass');
  const checks = [
    selfie,
    quality,
    portrait,
    checkFaceMatch(comparable ? evidence.similarity : null, policy),
    ...(policy.liveness === 'required' ? [checkLiveness(evidence.liveness, policy), checkLivenessMatch(evidence.liveness, policy)] : []),
    checkMrz(card),
    checkQr(card, stated),
    checkNationalId(card, stated),
    checkDateOfBirth(card, stated),
    checkFullName(card, stated),
    checkExpiry(card, today),
    checkAge(card, stated, policy, today),
    checkDuplicates(evidence.doubles),
  ];
  // Every check that decides has a reason; one without evidence that is not needed has none.
  const against = checks.filter((check) => check.reasonCodes.length > 0);
  const verdict = (['fail', 'inconclusive'] as const).find((worst) => against.some((check) => check.verdict === worst)) ?? 'pass';
  const deciding = against.filter((check) => check.verdict === verdict);
  return { verdict, reasonCodes: [...new Set(deciding.flatMap((check) => check.reasonCodes))], checks };
}
