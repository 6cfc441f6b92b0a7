// One decision: the rules of a ruleset applied to a frozen snapshot. Pure and deterministic, so an auditor can repeat it years later and
// get the same bytes. It fails closed: whatever is missing or broken sends the application to a person; nothing but known facts that
// pass every rule approves, and nothing but known facts declines.

import { dayInVietnam } from '../calendar.ts';
import type { ReasonCode } from '../reasons.ts';
import { costBasisPoints } from '../pricing.ts';
import { costOf, isProduct, products, schedule, type Cost } from '../schedule.ts';
import { valueOf, type Expression, type Values } from './engine.ts';
import { couldNotDetermine, readInputs, type Reason } from './inputs.ts';
import { deriveLimit, type DerivedLimit } from './limit.ts';
import { MissingInput } from './operators.ts';
import type { Rule, Ruleset } from './ruleset.ts';
import {
  stageNames,
  type Cap,
  type Contribution,
  type DecisionResult,
  type FeatureSnapshot,
  type RuleResult,
  type RuleTrace,
  type StageName,
  type Verdict,
} from './types.ts';

/** Version of this evaluation; it changes when the same ruleset and snapshot may give another result. */
export const engineVersion = '2';

/** Decides. `now` is the time of the decision, against which the age of every fact is measured. Throws nothing for any snapshot. */
export function evaluate(ruleset: Ruleset, snapshot: FeatureSnapshot, now: Date): DecisionResult {
  const inputs = readInputs(ruleset.inputs, snapshot, now);
  const found: Findings = {
    values: inputs.values,
    declines: inputs.declines,
    refers: inputs.refers,
    isComplete: inputs.refers.length === 0,
    isByScore: false,
    contributions: [],
    caps: [],
    trace: [],
  };
  const today = dayInVietnam(now);
  found.values.set('today', today);
  const price = priceFor(ruleset, found.values.get('product'));
  if (ruleset.pricing) found.values.set('costBasisPoints', price ? price.costBasisPoints : new MissingInput('the price is not known'));
  for (const { name, value } of ruleset.derived) found.values.set(name, valueOrFailure(value, found.values));
  for (const stage of stageNames) {
    if (found.declines.length > 0) skipStage(found, ruleset, stage);
    else if (stage === 'limit') runTable(found, ruleset);
    else runStage(found, ruleset, stage);
  }
  const orderAmountVnd = found.values.get('orderAmountVnd');
  const limit = typeof orderAmountVnd === 'number' ? deriveLimit(found.caps, ruleset.limit, orderAmountVnd) : null;
  const score = found.values.get('score');
  const decided = verdict(found, limit);
  return {
    ...decided,
    ...(ruleset.pricing && { cost: decided.kind === 'approved' && price ? price.costOf(Number(orderAmountVnd), today) : null }),
    score: typeof score === 'number' ? score : null,
    contributions: found.contributions,
    caps: limit?.caps ?? found.caps,
    inputs: inputs.states,
    trace: found.trace,
  };
}

interface Priced {
  costBasisPoints: number;
  /** Null for an order of less than one đồng per instalment. */
  costOf: (amountVnd: number, startOn: string) => Cost | null;
}

/** What the product of this order costs; null when that is not known. */
function priceFor({ pricing }: Ruleset, product: unknown): Priced | null {
  if (!pricing || typeof product !== 'string' || !isProduct(product)) return null;
  const [price, count] = [pricing.products[product], products[product].instalmentCount];
  return {
    costBasisPoints: costBasisPoints(price, count),
    costOf: (amountVnd, startOn) => {
      const order = { amountVnd, product, startOn, price };
      return amountVnd < count ? null : costOf(order, schedule(order));
    },
  };
}

/** What an evaluation has found so far. */
interface Findings {
  values: Map<string, number | boolean | string | null | Error>;
  declines: Reason[];
  refers: Reason[];
  /** False once anything could not be determined. */
  isComplete: boolean;
  /** True once a rule that looks at the score declined or referred: then the score itself must be explained. */
  isByScore: boolean;
  contributions: Contribution[];
  caps: Cap[];
  trace: RuleTrace[];
}

function runStage(found: Findings, ruleset: Ruleset, stage: Exclude<StageName, 'limit'>): void {
  let couldTell = true;
  for (const rule of ruleset.rules[stage]) {
    if (!rule.isEnabled) {
      found.trace.push({ operands: {}, result: 'SKIPPED', ruleId: rule.id, stage });
      continue;
    }
    const result = resultOf(found, () => applyRule(found, rule));
    couldTell &&= result === 'HIT' || result === 'NO_HIT';
    found.trace.push({ operands: operandsOf(rule.operands, found.values), result, ruleId: rule.id, stage });
  }
  if (stage !== 'scorecard') return;
  const score = found.contributions.reduce((sum, contribution) => sum + contribution.points, ruleset.baseScore);
  found.values.set('score', couldTell ? score : new MissingInput('the score could not be computed'));
}

function applyRule(found: Findings, rule: Rule): boolean {
  if (valueOf(rule.when, found.values) !== true) return false;
  const { effect } = rule;
  switch (effect.kind) {
    case 'decline':
    case 'refer':
      found[effect.kind === 'decline' ? 'declines' : 'refers'].push({ code: effect.reasonCode, priority: effect.priority });
      found.isByScore ||= rule.operands.includes('score');
      break;
    case 'cap':
      found.caps.push({ ruleId: rule.id, limitVnd: Number(valueOf(effect.limitVnd, found.values)), reasonCode: effect.reasonCode });
      break;
    case 'points': {
      const of = Number(valueOf(effect.of, found.values));
      const points = effect.bins.find(({ below }) => below === undefined || of < below)?.points ?? 0;
      found.contributions.push({ ruleId: rule.id, points, lost: effect.most - points, reasonCode: effect.reasonCode });
    }
  }
  return true;
}

/** The limit table: rows in order, the first that applies gives a cap, those after it are skipped. */
function runTable(found: Findings, ruleset: Ruleset): void {
  let isDecided = false;
  for (const row of ruleset.limit.table) {
    const result: RuleResult = isDecided ? 'SKIPPED' : resultOf(found, () => valueOf(row.when, found.values) === true);
    if (result === 'HIT') found.caps.push({ ruleId: row.id, limitVnd: row.limitVnd, reasonCode: null });
    isDecided ||= result !== 'NO_HIT';
    found.trace.push({ operands: operandsOf(row.when.names, found.values), result, ruleId: row.id, stage: 'limit' });
  }
}

function skipStage(found: Findings, ruleset: Ruleset, stage: StageName): void {
  for (const { id } of stage === 'limit' ? ruleset.limit.table : ruleset.rules[stage]) {
    found.trace.push({ operands: {}, result: 'SKIPPED', ruleId: id, stage });
  }
}

/** Declined beats referred, because a known fact that declines stays true whatever a reviewer finds; but a limit that is too small
 *  declines only when everything that goes into it is known. */
function verdict(found: Findings, limit: DerivedLimit | null): Verdict {
  const bindingCap = limit?.caps[0]?.ruleId ?? null;
  const cost = found.isByScore ? whatCostPoints(found.contributions) : [];
  if (found.declines.length > 0) return { kind: 'declined', reasons: unique(ranked(found.declines), cost), limitVnd: null, bindingCap };
  if (found.refers.length > 0 || !limit || bindingCap === null) {
    const reasons = unique(ranked(found.refers.length > 0 ? found.refers : [couldNotDetermine]), cost);
    return { kind: 'referred', reasons, limitVnd: found.isComplete && limit ? limit.grantedVnd : null, bindingCap };
  }
  if (limit.grantedVnd === null) {
    const isTableTooTight = limit.tooTight.some((cap) => cap.reasonCode === null);
    const reasons = unique(limit.reasons, isTableTooTight ? whatCostPoints(found.contributions) : []);
    return { kind: 'declined', reasons, limitVnd: null, bindingCap };
  }
  return { kind: 'approved', reasons: [], limitVnd: limit.grantedVnd, bindingCap };
}

/** Most reasons that explain a score; four is the usual guidance. */
const scoreReasons = 4;

/** "Your score is too low" explains nothing: the characteristics that brought less than they could, the costliest first. */
function whatCostPoints(contributions: readonly Contribution[]): ReasonCode[] {
  return contributions
    .filter(({ lost }) => lost > 0)
    .toSorted((a, b) => b.lost - a.lost || (a.ruleId < b.ruleId ? -1 : 1))
    .slice(0, scoreReasons)
    .map(({ reasonCode }) => reasonCode);
}

function ranked(reasons: readonly Reason[]): ReasonCode[] {
  return reasons.toSorted((a, b) => a.priority - b.priority || (a.code < b.code ? -1 : 1)).map((reason) => reason.code);
}

function unique(first: readonly ReasonCode[], then: readonly ReasonCode[]): ReasonCode[] {
  return [...new Set([...first, ...then])];
}

/** What a rule said. One that could not tell makes the whole incomplete and refers. */
function resultOf(found: Findings, applies: () => boolean): RuleResult {
  try {
    return applies() ? 'HIT' : 'NO_HIT';
  } catch (error) {
    found.refers.push(couldNotDetermine);
    found.isComplete = false;
    return error instanceof MissingInput ? 'MISSING_INPUT' : 'ERROR';
  }
}

function valueOrFailure(expression: Expression, values: Values): number | boolean | string | Error {
  try {
    return valueOf(expression, values);
  } catch (error) {
    return error instanceof Error ? error : new MissingInput('the value could not be computed');
  }
}

function operandsOf(names: readonly string[], values: Values): RuleTrace['operands'] {
  const operands: Record<string, number | boolean | string | null> = {};
  for (const name of names) {
    const value = values.get(name);
    operands[name] = value === undefined || value instanceof Error ? null : value;
  }
  return operands;
}
