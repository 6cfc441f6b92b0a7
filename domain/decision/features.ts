// The facts that a decision looks at, gathered from what the customer stated, what the identity step found, what CIC answered and what
// we know of the person already. Only facts: what follows from them (instalments, shares, cut-offs) is policy and stands in the ruleset.

import type { Vnd } from '../money.ts';
import type { CreditReport } from '../ports.ts';
import { products, type Product } from '../schedule.ts';
import type { Feature, FeatureSnapshot } from './types.ts';

export interface KnownFacts {
  profile: { dateOfBirth: string; monthlyIncomeVnd: Vnd; statedAt: Date };
  /** The credit report as it is stored. PENDING counts as UNAVAILABLE: the wait for it has ended. */
  bureau: {
    outcome: 'PENDING' | 'HIT' | 'NO_HIT' | 'MULTIPLE_MATCH' | 'ERROR' | 'UNAVAILABLE';
    report: CreditReport | null;
    answeredAt: Date | null;
  };
  /** `refer` when the identity step could not tell and nobody has looked yet. */
  identity: { verdict: 'verified' | 'refer'; at: Date };
  standing: Standing;
  orderAmountVnd: Vnd;
  product: Product;
  now: Date;
}

/** What other applications say about the same person, the same phone and the same device. An application is counted once, however often it is tried. */
export interface Standing {
  personApplications24h: number;
  personApplications30d: number;
  /** Those of them that were made an offer. */
  personApprovals24h: number;
  personApprovals30d: number;
  phoneApplications24h: number;
  phoneApplications30d: number;
  phoneApprovals24h: number;
  phoneApprovals30d: number;
  phonePersons30d: number;
  /** A checkout that keeps no identifier on the device sends none; then there is nothing to count. */
  device: 'known' | 'unknown';
  deviceApplications24h: number | null;
  deviceApplications30d: number | null;
  deviceApprovals24h: number | null;
  deviceApprovals30d: number | null;
  devicePersons30d: number | null;
  /** Limits that the person holds or has on offer. */
  exposureVnd: Vnd;
}

/** Freezes the facts into a snapshot. Pure. What is not known is left out, never guessed; without a HIT there are no facts of CIC. */
export function featuresFrom(facts: KnownFacts): FeatureSnapshot {
  const { profile, identity, now } = facts;
  const [statedAt, knownAt] = [profile.statedAt.toISOString(), now.toISOString()];
  const stated = (value: Feature['value']) => ({ asOf: statedAt, source: 'customer', value });
  const known = (source: string) => (value: Feature['value']) => ({ asOf: knownAt, source, value });
  const [ordered, counted] = [known('application'), known('velocity')];
  const { exposureVnd, ...counts } = facts.standing;
  return {
    dateOfBirth: stated(profile.dateOfBirth),
    monthlyIncomeVnd: stated(profile.monthlyIncomeVnd),
    orderAmountVnd: ordered(facts.orderAmountVnd),
    product: ordered(facts.product),
    instalmentCount: ordered(products[facts.product].instalmentCount),
    identityVerdict: { asOf: identity.at.toISOString(), source: 'identity', value: identity.verdict },
    ...countsOf(counts, counted),
    exposureVnd: known('accounts')(exposureVnd),
    ...bureauFeatures(facts.bureau, now),
  };
}

/** The counts that there are: of a device that nobody named there is none. */
function countsOf(counts: Omit<Standing, 'exposureVnd'>, counted: (value: Feature['value']) => Feature): Record<string, Feature> {
  const features: Record<string, Feature> = {};
  for (const [name, count] of Object.entries(counts)) if (count !== null) features[name] = counted(count);
  return features;
}

function bureauFeatures({ outcome, report, answeredAt }: KnownFacts['bureau'], now: Date): Record<string, Feature> {
  const asOf = report?.asOf ?? (answeredAt ?? now).toISOString();
  const told = (value: Feature['value']) => ({ asOf, source: 'cic', value });
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
