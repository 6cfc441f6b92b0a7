// What credit costs the customer. Prices are data of the ruleset (rulesets/), in basis points of the order, so that an analyst changes them
// like a cut-off; what they come to in whole VND is computed here, once, by a rounding rule that has a name.

import { vnd, type Vnd } from './money.ts';
import type { Product } from './schedule.ts';

/** What becomes of a fraction of a đồng: `down` is in the customer's favour. */
export const roundings = ['down', 'halfUp', 'up'] as const;
export type Rounding = (typeof roundings)[number];

/** What an instalment costs that is paid late: once, a share of the part that is late, up to an amount. */
export interface LateFee {
  basisPoints: number;
  atMostVnd: Vnd;
}

/** The price of one product. One basis point is a hundredth of a percent. */
export interface Price {
  /** Of the order, once. */
  feeBasisPoints: number;
  /** Of the order, for each instalment: a flat rate, whatever is still owed. */
  monthlyBasisPoints: number;
  rounding: Rounding;
  /** Null when paying late costs nothing. */
  lateFee: LateFee | null;
}

/** The prices of a ruleset. */
export interface Pricing {
  products: Readonly<Record<Product, Price>>;
  /** No order may cost more a year than this, in percent. */
  maximumAprPercent: number;
}

export const free: Price = { feeBasisPoints: 0, monthlyBasisPoints: 0, rounding: 'down', lateFee: null };

/** All that an order costs, in basis points of it. */
export function costBasisPoints({ feeBasisPoints, monthlyBasisPoints }: Price, instalmentCount: number): number {
  return feeBasisPoints + monthlyBasisPoints * instalmentCount;
}

/** All fees of an order in whole VND, rounded once. Pure. */
export function feesOf(price: Price, amountVnd: Vnd, instalmentCount: number): Vnd {
  // Both factors are whole and their product is exact, so a fraction is never an artefact of the computer.
  const hundredths = vnd(amountVnd) * costBasisPoints(price, instalmentCount);
  const [whole, rest] = [Math.floor(hundredths / 10_000), hundredths % 10_000];
  const roundsUp = price.rounding === 'up' ? rest > 0 : price.rounding === 'halfUp' && rest >= 5_000;
  return vnd(whole + (roundsUp ? 1 : 0));
}
