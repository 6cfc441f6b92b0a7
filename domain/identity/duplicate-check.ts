// Is somebody like this known already? What our own books say is a fact for a person to look at, never a reason to refuse by itself.

import { passed, unsure } from './check.ts';
import type { IdentityCheck } from './check.ts';

/** Other applications, counted; each of them names somebody else or reaches them elsewhere. */
export interface Doubles {
  /** People with this national id whose face matched their card, under another phone number. */
  otherPhones: number;
  /** People with another national id in whose applications one of these photos was used, to the last pixel. */
  reusedPhotos: number;
}

export function checkDuplicates(doubles: Doubles | null): IdentityCheck {
  if (doubles === null) return unsure('duplicates', 'IDENTITY_EVIDENCE_MISSING');
  const scores = { ...doubles };
  return doubles.otherPhones + doubles.reusedPhotos === 0
    ? passed('duplicates', scores)
    : unsure('duplicates', 'IDENTITY_DUPLICATE', scores);
}
