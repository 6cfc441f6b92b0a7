// Facts about invented customers, for tests and measurements: one whom every rule lets pass, and anybody at all.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { KnownFacts } from '../../domain/decision/features.ts';

/** The ruleset that ships with this version, as it stands in its file. */
export const shippedRuleset: unknown = JSON.parse(readFileSync(new URL('../../rulesets/pay-later-vn.v3.json', import.meta.url), 'utf8'));

export const now = new Date('2026-03-01T03:00:00Z');

export const unknownBefore = {
  personApplications24h: 0,
  personApplications30d: 0,
  personApprovals24h: 0,
  personApprovals30d: 0,
  phoneApplications24h: 0,
  phoneApplications30d: 0,
  phoneApprovals24h: 0,
  phoneApprovals30d: 0,
  phonePersons30d: 0,
  device: 'known' as const,
  deviceApplications24h: 0,
  deviceApplications30d: 0,
  deviceApprovals24h: 0,
  deviceApprovals30d: 0,
  devicePersons30d: 0,
  exposureVnd: 0,
};

/** A customer whom every rule lets pass. */
export function facts(changes: Partial<KnownFacts> = {}): KnownFacts {
  return {
    profile: { dateOfBirth: '1995-05-05', monthlyIncomeVnd: 15_000_000, statedAt: now },
    bureau: hit(),
    identity: { verdict: 'verified', at: now },
    standing: unknownBefore,
    orderAmountVnd: 4_500_000,
    product: 'pay-in-3',
    now,
    ...changes,
  };
}

type Report = NonNullable<KnownFacts['bureau']['report']>;

export function hit(changes: Partial<Report> = {}): KnownFacts['bureau'] {
  const report: Report = {
    asOf: now.toISOString(),
    currentDebtGroup: 1,
    worstGroup12m: 1,
    lenders: [{ code: 'L1', kind: 'card', outstandingVnd: 6_000_000, debtGroup: 1 }],
    inquiries: { d30: 1, d90: 1, d180: 1 },
    score: { value: 690, scale: '150-750' },
    ...changes,
  };
  return { outcome: 'HIT', report, answeredAt: now };
}

export function income(monthlyIncomeVnd: number): Pick<KnownFacts, 'profile'> {
  return { profile: { dateOfBirth: '1995-05-05', monthlyIncomeVnd, statedAt: now } };
}

export const noReport = (outcome: KnownFacts['bureau']['outcome']): Partial<KnownFacts> => ({
  bureau: { outcome, report: null, answeredAt: now },
});

/** Anybody at all, well-formed. */
export const anyGroup = fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const, 5 as const);
export const anyFacts: fc.Arbitrary<KnownFacts> = fc
  .record({
    dateOfBirth: fc.integer({ min: 1945, max: 2010 }).map((year) => `${year}-07-15`),
    monthlyIncomeVnd: fc.integer({ min: 0, max: 60_000_000 }),
    orderAmountVnd: fc.integer({ min: 1, max: 22_000_000 }),
    product: fc.constantFrom('pay-in-3' as const, 'pay-in-30-days' as const),
    verdict: fc.constantFrom('verified' as const, 'verified' as const, 'refer' as const),
    outcome: fc.constantFrom(
      'HIT' as const,
      'HIT' as const,
      'HIT' as const,
      'NO_HIT' as const,
      'MULTIPLE_MATCH' as const,
      'UNAVAILABLE' as const,
    ),
    score: fc.integer({ min: 150, max: 750 }),
    currentDebtGroup: fc.oneof({ weight: 4, arbitrary: fc.constant(1 as const) }, { weight: 1, arbitrary: anyGroup }),
    worstGroup12m: fc.oneof({ weight: 4, arbitrary: fc.constant(1 as const) }, { weight: 1, arbitrary: anyGroup }),
    d30: fc.integer({ min: 0, max: 12 }),
    outstanding: fc.tuple(fc.nat(300_000_000), fc.nat(60_000_000), fc.nat(60_000_000)),
    exposureVnd: fc.oneof(fc.constant(0), fc.nat(22_000_000)),
    others: fc.nat(6),
  })
  .map((any) => {
    const kinds = ['bank', 'financeCo', 'card'] as const;
    const report = hit({
      currentDebtGroup: any.currentDebtGroup,
      worstGroup12m: any.worstGroup12m,
      lenders: kinds.map((kind, index) => ({ code: kind, kind, outstandingVnd: any.outstanding[index] ?? 0, debtGroup: 1 })),
      inquiries: { d30: any.d30, d90: any.d30, d180: any.d30 },
      score: { value: any.score, scale: '150-750' },
    });
    return facts({
      profile: { dateOfBirth: any.dateOfBirth, monthlyIncomeVnd: any.monthlyIncomeVnd, statedAt: now },
      bureau: any.outcome === 'HIT' ? report : { outcome: any.outcome, report: null, answeredAt: now },
      identity: { verdict: any.verdict, at: now },
      standing: { ...unknownBefore, personApplications24h: any.others, exposureVnd: any.exposureVnd },
      orderAmountVnd: any.orderAmountVnd,
      product: any.product,
    });
  });
