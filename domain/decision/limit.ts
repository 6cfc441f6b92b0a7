// How much: the smallest of all caps, rounded down to a step. Which cap bound is kept, because that is what a customer who asks "why
// not more?" has a right to hear.

import type { Vnd } from '../money.ts';
import type { ReasonCode } from '../reasons.ts';
import type { Cap } from './types.ts';

export interface DerivedLimit {
  /** Tightest first; equal ones by rule id. The first binds. */
  caps: Cap[];
  /** What can be granted; null when that is less than the order or than the smallest limit there is. */
  grantedVnd: Vnd | null;
  /** The caps that the order is above. */
  tooTight: Cap[];
  /** Why nothing can be granted: the general reason, then those of the caps that the order is above. */
  reasons: ReasonCode[];
}

interface Bounds {
  minimumVnd: Vnd;
  stepVnd: Vnd;
}

/** Derives the limit for an order from at least one cap. Pure. The limit is never above any cap. */
export function deriveLimit(caps: readonly Cap[], { minimumVnd, stepVnd }: Bounds, orderAmountVnd: Vnd): DerivedLimit {
  const sorted = caps.toSorted((a, b) => a.limitVnd - b.limitVnd || (a.ruleId < b.ruleId ? -1 : 1));
  const limitVnd = Math.floor((sorted[0]?.limitVnd ?? 0) / stepVnd) * stepVnd;
  const neededVnd = Math.max(orderAmountVnd, minimumVnd);
  if (limitVnd >= neededVnd) return { caps: sorted, grantedVnd: limitVnd, tooTight: [], reasons: [] };
  const tooTight = sorted.filter((cap) => cap.limitVnd < neededVnd);
  const reasons = tooTight.flatMap((cap) => cap.reasonCode ?? []);
  return { caps: sorted, grantedVnd: null, tooTight, reasons: [...new Set<ReasonCode>(['LIMIT_BELOW_ORDER', ...reasons])] };
}

/** The limit that a reviewer's approval of a referral grants: what the rules would grant, or, where they could not tell, the smallest
 *  limit that covers the order and nothing beyond it. Pure. */
export function limitAfterReview(proposedVnd: Vnd | null, { minimumVnd, stepVnd }: Bounds, orderAmountVnd: Vnd): Vnd {
  return proposedVnd ?? Math.max(Math.ceil(orderAmountVnd / stepVnd) * stepVnd, minimumVnd);
}
