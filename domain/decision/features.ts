// The facts that a decision looks at, gathered from what the customer stated, what the identity step found and what CIC answered. Only
// facts: what follows from them (instalments, shares, cut-offs) is policy and stands in the ruleset.

import { ageOn, dayInVietnam } from '../calendar.ts';
import type { Vnd } from '../money.ts';
import type { CreditReport } from '../ports.ts';
import { products, type Product } from '../schedule.ts';
import type { Feature, FeatureSnapshot } from './types.ts';

export interface KnownFacts {
  profile: { dateOfBirth: string; monthlyIncomeVnd: Vnd; statedAt: Date };
  /** The credit report as it is stored. PENDING counts as UNAVAILABLE: the wait for it has ended. */
  bureau: {
    outcome: 'PENDING' | 'HIT' | 'NO_HIT' | 'MULTIPLE_MATCH' | 'UNAVAILABLE';
    report: CreditReport | null;
    answeredAt: Date | null;
  };
  /** `refer` when the identity step could not tell and nobody has looked yet. */
  identity: { verdict: 'verified' | 'refer'; at: Date };
  orderAmountVnd: Vnd;
  product: Product;
  now: Date;
}

/** Freezes the facts into a snapshot. Pure. What is not known is left out, never guessed; without a HIT there are no facts of CIC. */
export function featuresFrom(facts: KnownFacts): FeatureSnapshot {
  const { profile, identity, now } = facts;
  const stated = (value: Feature['value']) => ({ value, source: 'customer', asOf: profile.statedAt.toISOString() });
  const ordered = (value: Feature['value']) => ({ value, source: 'application', asOf: now.toISOString() });
  return {
    ageYears: { value: ageOn(profile.dateOfBirth, dayInVietnam(now)), source: 'customer', asOf: now.toISOString() },
    monthlyIncomeVnd: stated(profile.monthlyIncomeVnd),
    orderAmountVnd: ordered(facts.orderAmountVnd),
    instalmentCount: ordered(products[facts.product].instalmentCount),
    identityVerdict: { value: identity.verdict, source: 'identity', asOf: identity.at.toISOString() },
    ...bureauFeatures(facts.bureau, now),
  };
}

function bureauFeatures({ outcome, report, answeredAt }: KnownFacts['bureau'], now: Date): Record<string, Feature> {
  const asOf = report?.asOf ?? (answeredAt ?? now).toISOString();
  const told = (value: Feature['value']) => ({ value, source: 'cic', asOf });
  const bureauOutcome = told(outcome === 'PENDING' ? 'UNAVAILABLE' : outcome);
  if (outcome !== 'HIT' || !report) return { bureauOutcome };
  const owedTo = (kind: CreditReport['lenders'][number]['kind']) =>
    told(report.lenders.filter((lender) => lender.kind === kind).reduce((sum, lender) => sum + lender.outstandingVnd, 0));
  return {
    bureauOutcome,
    currentDebtGroup: told(report.currentDebtGroup),
    worstGroup12m: told(report.worstGroup12m),
    inquiries30d: told(report.inquiries.d30),
    outstandingBankVnd: owedTo('bank'),
    outstandingFinanceCoVnd: owedTo('financeCo'),
    outstandingCardVnd: owedTo('card'),
    ...(report.score ? { bureauScore: told(report.score.value), bureauScoreScale: told(report.score.scale) } : {}),
  };
}
