// The words of a decision: what a ruleset file says, what is known about an application, and what comes out. A ruleset file is plain
// JSON that a risk analyst reads and changes; everything here is data, so that it can be stored, hashed and compared.

import type { Vnd } from '../money.ts';
import type { ReasonCode } from '../reasons.ts';
import type { Cost } from '../schedule.ts';

/** One fact, where it comes from, and as of when (RFC 3339). A value that nobody knows is null or simply not there. */
export interface Feature {
  value: number | boolean | string | null;
  source: string;
  asOf: string;
}

/** All that a decision may look at, frozen. */
export type FeatureSnapshot = Readonly<Record<string, Feature>>;

/** What happens when an input is not there or too old. `refer` is the rule; the others need a reason in the ruleset's own notes. */
export type MissingPolicy =
  | { policy: 'refer' }
  | { policy: 'decline'; reasonCode: ReasonCode; priority: number }
  | { policy: 'treatAs'; value: number | boolean | string }
  /** Null is let through; a rule that compares it all the same is MISSING_INPUT. */
  | { policy: 'allowNull' };

export interface InputSpec {
  name: string;
  type: 'vnd' | 'integer' | 'boolean' | 'enum' | 'day';
  unit: string;
  source: string;
  /** Older than this counts as not there; null for facts that do not age. */
  maxAgeDays: number | null;
  /** What a fact that is too old says, where its missing policy refers: a reason of its own, so that nobody looks for a missing one. */
  tooOld?: { reasonCode: ReasonCode; priority: number } | undefined;
  /** Of a number; what lies outside is a fault of the source, not a fact. */
  minimum?: number | undefined;
  maximum?: number | undefined;
  /** Of an enum. */
  values?: readonly string[] | undefined;
  missing: MissingPolicy;
}

/** The stages in the order in which they run. All rules of a stage run, so that all reasons are known; a stage that declines ends it. */
export const stageNames = ['eligibility', 'fraud', 'bureau', 'scorecard', 'affordability', 'limit', 'referral', 'caps'] as const;
export type StageName = (typeof stageNames)[number];

/** Points by where a number falls: the first bin with `below` greater than it, or the last, which is open. No gap is possible. */
export interface Bin {
  below?: number | undefined;
  points: number;
}

export type RuleResult = 'HIT' | 'NO_HIT' | 'MISSING_INPUT' | 'ERROR' | 'SKIPPED';

/** What one rule said, and on what it looked. */
export interface RuleTrace {
  stage: StageName;
  ruleId: string;
  result: RuleResult;
  operands: Readonly<Record<string, number | boolean | string | null>>;
}

/** Points that one characteristic of the scorecard brought, and how many it brought less than it could have. */
export interface Contribution {
  ruleId: string;
  points: number;
  lost: number;
  reasonCode: ReasonCode;
}

/** How an input was found. NULL is allowed to be unknown, DEFAULTED took the value of its policy, INVALID always refers. */
export type InputState = 'OK' | 'NULL' | 'DEFAULTED' | 'ABSENT' | 'STALE' | 'INVALID';

/** One upper bound of the limit. */
export interface Cap {
  ruleId: string;
  limitVnd: Vnd;
  reasonCode: ReasonCode | null;
}

/** What was decided and why. Reasons stand most important first; an approval has none. */
export type Verdict =
  | { kind: 'approved'; reasons: []; limitVnd: Vnd; bindingCap: string }
  /** A person must look. `limitVnd` is what the rules would grant; null when nothing sound could be derived. */
  | { kind: 'referred'; reasons: ReasonCode[]; limitVnd: Vnd | null; bindingCap: string | null }
  | { kind: 'declined'; reasons: ReasonCode[]; limitVnd: null; bindingCap: string | null };

/** The outcome of one evaluation, with all that led to it. */
export type DecisionResult = Verdict & {
  /** Null when the scorecard was not reached or could not be computed. */
  score: number | null;
  contributions: Contribution[];
  /** Every bound of the limit, tightest first; the first one binds. Empty when none was reached. */
  caps: Cap[];
  /** By name. */
  inputs: Readonly<Record<string, InputState>>;
  trace: RuleTrace[];
  /** What the order costs, if it is approved; absent where the ruleset knows no prices. */
  cost?: Cost | null;
};
