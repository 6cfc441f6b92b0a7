// Runs the golden cases of a ruleset. What its authors promised about a customer holds before the ruleset decides about any, and every rule
// that is on is shown to do something in a case that it names.

import type { GoldenCase } from './cases-reader.ts';
import { evaluate } from './evaluate.ts';
import type { Rule, Ruleset } from './ruleset.ts';
import type { DecisionResult } from './types.ts';

/** Every case that does not end as it should, and every rule that no case of its own shows. Pure. */
export function caseProblems(ruleset: Ruleset): string[] {
  if (ruleset.cases.length === 0) return ['cases: there is none, so nothing shows what this ruleset is to do'];
  const results = new Map(ruleset.cases.map((each) => [each.id, evaluate(ruleset, each.features, each.at)]));
  return [
    ...ruleset.cases.flatMap((each) => disappointment(each, results.get(each.id))),
    ...Object.values(ruleset.rules).flatMap((rules) => rules.flatMap((rule) => ruleProblems(rule, results))),
  ];
}

function disappointment({ id, expect }: GoldenCase, result: DecisionResult | undefined): string[] {
  if (!result) return [];
  const limitVnd = expect.limitVnd === null ? null : result.limitVnd;
  const wanted = told({ ...expect, kind: expect.outcome });
  const got = told({ kind: result.kind, reasons: result.reasons, limitVnd });
  return wanted === got ? [] : [`case ${id}: is to be ${wanted}, and is ${got}`];
}

function told({ kind, reasons, limitVnd }: { kind: string; reasons: readonly string[]; limitVnd: number | null }): string {
  return [kind, ...reasons, ...(limitVnd === null ? [] : [String(limitVnd)])].join(' ');
}

function ruleProblems({ id, isEnabled, owner, testRefs }: Rule, results: ReadonlyMap<string, DecisionResult>): string[] {
  const problem = (text: string): string => `rule ${id}: ${text}`;
  const unowned = owner === null ? [problem('has no owner')] : [];
  if (!isEnabled) return unowned;
  if (testRefs.length === 0) return [...unowned, problem('names no case that shows it (testRefs)')];
  const idle = testRefs.flatMap((ref) => {
    const result = results.get(ref);
    if (!result) return [problem(`there is no case ${ref}`)];
    return result.trace.some((each) => each.ruleId === id && each.result === 'HIT') ? [] : [problem(`does not apply in its case ${ref}`)];
  });
  return [...unowned, ...idle];
}
