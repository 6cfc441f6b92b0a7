// What another ruleset would have decided on the facts of past decisions: who would have gone where, how much would have been granted,
// which reasons would have been given, and which facts it asks for that nobody kept.

import type { Vnd } from '../money.ts';
import type { ReasonCode } from '../reasons.ts';
import { evaluate } from './evaluate.ts';
import type { Ruleset } from './ruleset.ts';
import type { FeatureSnapshot, Verdict } from './types.ts';

type Outcome = Verdict['kind'];
const outcomes = ['approved', 'referred', 'declined'] as const satisfies readonly Outcome[];

/** A decision as it was taken, and on what. */
export interface PastDecision {
  id: string;
  outcome: Outcome;
  limitVnd: Vnd | null;
  reasons: readonly ReasonCode[];
  features: FeatureSnapshot;
  now: Date;
}

interface Shift {
  before: number;
  after: number;
}

export interface BacktestReport {
  decisions: number;
  /** From what was decided to what the candidate would decide. */
  transitions: Record<Outcome, Record<Outcome, number>>;
  /** In percent with one decimal. */
  approvalRatePercent: Shift;
  /** All limits of approvals. */
  exposureVnd: Shift;
  /** Approved by both: whose limit would rise, fall or stay. */
  limits: { raised: number; lowered: number; same: number };
  /** Every reason given by either, the largest shift first. */
  reasons: ({ code: ReasonCode } & Shift)[];
  /** Facts that the candidate asks for and that were not kept: it was evaluated without them, and its missing policy counted. */
  missing: { input: string; decisions: number }[];
  /** Some of the decisions that would differ. */
  samples: { id: string; from: Outcome; to: Outcome }[];
}

/** Our choice: enough to look at by hand. */
const maxSamples = 10;

/** Takes past decisions one by one; `report` may be asked at any time. */
export function createBacktest(candidate: Ruleset) {
  const zero = (): Record<Outcome, number> => ({ approved: 0, referred: 0, declined: 0 });
  const transitions = { approved: zero(), referred: zero(), declined: zero() };
  const exposureVnd: Shift = { before: 0, after: 0 };
  const limits = { raised: 0, lowered: 0, same: 0 };
  const reasons = new Map<ReasonCode, Shift>();
  const missing = new Map<string, number>();
  const samples: BacktestReport['samples'] = [];
  let decisions = 0;

  const countReasons = (codes: readonly ReasonCode[], side: keyof Shift): void => {
    for (const code of codes) {
      const shift = reasons.get(code) ?? { before: 0, after: 0 };
      shift[side] += 1;
      reasons.set(code, shift);
    }
  };

  return {
    add({ id, outcome, limitVnd, reasons: given, features, now }: PastDecision): void {
      const result = evaluate(candidate, features, now);
      decisions += 1;
      transitions[outcome][result.kind] += 1;
      if (outcome !== result.kind && samples.length < maxSamples) samples.push({ id, from: outcome, to: result.kind });
      const before = outcome === 'approved' ? (limitVnd ?? 0) : 0;
      const after = result.kind === 'approved' ? result.limitVnd : 0;
      exposureVnd.before += before;
      exposureVnd.after += after;
      if (before > 0 && after > 0) limits[after > before ? 'raised' : after < before ? 'lowered' : 'same'] += 1;
      countReasons(given, 'before');
      countReasons(result.reasons, 'after');
      for (const [name, state] of Object.entries(result.inputs)) {
        if (state === 'ABSENT' || state === 'DEFAULTED') missing.set(name, (missing.get(name) ?? 0) + 1);
      }
    },

    report(): BacktestReport {
      const approvedAfter = outcomes.reduce((sum, from) => sum + transitions[from].approved, 0);
      const approvedBefore = outcomes.reduce((sum, to) => sum + transitions.approved[to], 0);
      const percent = (count: number): number => (decisions === 0 ? 0 : Math.round((count / decisions) * 1_000) / 10);
      return {
        decisions,
        transitions,
        approvalRatePercent: { before: percent(approvedBefore), after: percent(approvedAfter) },
        exposureVnd,
        limits,
        reasons: [...reasons]
          .map(([code, shift]) => ({ code, ...shift }))
          .toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || (a.code < b.code ? -1 : 1)),
        missing: [...missing].map(([input, count]) => ({ input, decisions: count })),
        samples,
      };
    },
  };
}
