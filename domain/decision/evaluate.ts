// One decision: the rules of a ruleset applied to a frozen snapshot. Pure and deterministic, so an auditor can repeat it years later and
// get the same bytes. It fails closed: whatever is missing or broken sends the application to a person; nothing but known facts that
// pass every rule approves, and nothing but known facts declines.

import type { ReasonCode } from '../reasons.ts';
import { valueOf, type Expression, type Values } from './engine.ts';
import { readInputs } from './inputs.ts';
import { deriveLimit, type DerivedLimit } from './limit.ts';
import { MissingInput } from './operators.ts';
import type { Rule, Ruleset } from './ruleset.ts';
import {
  stageNames,
  type Cap,
  type DecisionResult,
  type FeatureSnapshot,
  type RuleResult,
  type RuleTrace,
  type StageName,
  type Verdict,
} from './types.ts';

/** Version of this evaluation; it changes when the same ruleset and snapshot may give another result. */
export const engineVersion = '1';

/** Decides. `now` is the time of the decision, against which the age of every fact is measured. Throws nothing for any snapshot. */
export function evaluate(ruleset: Ruleset, snapshot: FeatureSnapshot, now: Date): DecisionResult {
  const inputs = readInputs(ruleset.inputs, snapshot, now);
  const found: Findings = {
    values: new Map(inputs.values),
    declines: inputs.declines.map(({ reasonCode, priority }) => ({ code: reasonCode, priority })),
    refers: inputs.mustRefer ? [couldNotDetermine] : [],
    contributions: [],
    caps: [],
    trace: [],
  };
  for (const { name, value } of ruleset.derived) found.values.set(name, valueOrFailure(value, found.values));
  for (const stage of stageNames) {
    if (found.declines.length > 0) skipStage(found, ruleset, stage);
    else if (stage === 'limit') runTable(found, ruleset);
    else runStage(found, ruleset, stage);
  }
  const orderAmountVnd = found.values.get('orderAmountVnd');
  const limit = typeof orderAmountVnd === 'number' ? deriveLimit(found.caps, ruleset.limit, orderAmountVnd) : null;
  const score = found.values.get('score');
  return {
    ...verdict(found, limit),
    score: typeof score === 'number' ? score : null,
    contributions: found.contributions,
    caps: limit?.caps ?? found.caps,
    inputs: inputs.trace,
    trace: found.trace,
  };
}

interface Reason {
  code: ReasonCode;
  priority: number;
}

/** What an evaluation has found so far. */
interface Findings {
  values: Map<string, number | boolean | string | null | Error>;
  declines: Reason[];
  refers: Reason[];
  contributions: { ruleId: string; points: number }[];
  caps: Cap[];
  trace: RuleTrace[];
}

/** Comes after every reason that says something about the customer. */
const couldNotDetermine: Reason = { code: 'MISSING_INPUT', priority: 1_000 };

function runStage(found: Findings, ruleset: Ruleset, stage: Exclude<StageName, 'limit'>): void {
  let complete = true;
  for (const rule of ruleset.rules[stage]) {
    const result = resultOf(() => applyRule(found, rule));
    if (result === 'MISSING_INPUT' || result === 'ERROR') {
      found.refers.push(couldNotDetermine);
      complete = false;
    }
    found.trace.push({ stage, ruleId: rule.id, result, operands: operandsOf(rule, found.values) });
  }
  if (stage === 'scorecard') {
    const score = found.contributions.reduce((sum, contribution) => sum + contribution.points, ruleset.baseScore);
    found.values.set('score', complete ? score : new MissingInput('the score could not be computed'));
  }
}

function applyRule(found: Findings, rule: Rule): boolean {
  if (valueOf(rule.when, found.values) !== true) return false;
  const { effect } = rule;
  switch (effect.kind) {
    case 'decline':
      found.declines.push({ code: effect.reasonCode, priority: effect.priority });
      break;
    case 'refer':
      found.refers.push({ code: effect.reasonCode, priority: effect.priority });
      break;
    case 'cap':
      found.caps.push({ ruleId: rule.id, limitVnd: Number(valueOf(effect.limitVnd, found.values)), reasonCode: effect.reasonCode });
      break;
    case 'points': {
      const of = Number(valueOf(effect.of, found.values));
      const bin = effect.bins.find(({ below }) => below === undefined || of < below);
      found.contributions.push({ ruleId: rule.id, points: bin?.points ?? 0 });
    }
  }
  return true;
}

/** The limit table: rows in order, the first that applies gives a cap, those after it are skipped. */
function runTable(found: Findings, ruleset: Ruleset): void {
  let decided = false;
  for (const row of ruleset.limit.table) {
    const result: RuleResult = decided ? 'SKIPPED' : resultOf(() => valueOf(row.when, found.values) === true);
    if (result === 'HIT') found.caps.push({ ruleId: row.id, limitVnd: row.limitVnd, reasonCode: null });
    if (result === 'MISSING_INPUT' || result === 'ERROR') found.refers.push(couldNotDetermine);
    decided ||= result !== 'NO_HIT';
    found.trace.push({ stage: 'limit', ruleId: row.id, result, operands: operands([row.when], found.values) });
  }
}

function skipStage(found: Findings, ruleset: Ruleset, stage: StageName): void {
  for (const { id } of stage === 'limit' ? ruleset.limit.table : ruleset.rules[stage]) {
    found.trace.push({ stage, ruleId: id, result: 'SKIPPED', operands: {} });
  }
}

/** Declined beats referred, because a known fact that declines stays true whatever a reviewer finds; but a limit that is too small
 *  declines only when everything that goes into it is known. */
function verdict(found: Findings, limit: DerivedLimit | null): Verdict {
  const bindingCap = limit?.caps[0]?.ruleId ?? null;
  if (found.declines.length > 0) return { kind: 'declined', reasons: ranked(found.declines), limitVnd: null, bindingCap };
  if (found.refers.length > 0 || !limit || bindingCap === null) {
    const isSound = found.refers.length > 0 && !found.refers.includes(couldNotDetermine);
    const reasons = ranked(found.refers.length > 0 ? found.refers : [couldNotDetermine]);
    return { kind: 'referred', reasons, limitVnd: isSound && limit ? limit.grantedVnd : null, bindingCap };
  }
  if (limit.grantedVnd === null) return { kind: 'declined', reasons: limit.reasons, limitVnd: null, bindingCap };
  return { kind: 'approved', reasons: [], limitVnd: limit.grantedVnd, bindingCap };
}

function ranked(reasons: readonly Reason[]): ReasonCode[] {
  const sorted = reasons.toSorted((a, b) => a.priority - b.priority || (a.code < b.code ? -1 : 1));
  return [...new Set(sorted.map((reason) => reason.code))];
}

function resultOf(applies: () => boolean): RuleResult {
  try {
    return applies() ? 'HIT' : 'NO_HIT';
  } catch (error) {
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

function operandsOf({ when, effect }: Rule, values: Values): RuleTrace['operands'] {
  if (effect.kind === 'cap') return operands([when, effect.limitVnd], values);
  return effect.kind === 'points' ? operands([when, effect.of], values) : operands([when], values);
}

function operands(expressions: readonly Expression[], values: Values): RuleTrace['operands'] {
  const names = [...new Set(expressions.flatMap((expression) => expression.names))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const value = values.get(name);
      return [name, value === undefined || value instanceof Error ? null : value];
    }),
  );
}
