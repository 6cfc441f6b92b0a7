// What keeps a ruleset from being published although it could be evaluated: rules that can never apply, rows and bins that nothing
// reaches, words that an input never says, reasons that nobody declared, facts that nobody needs. Each problem names the rule.

import { reasons } from '../reasons.ts';
import { operationOf, partsOf, valueOf, type Expression, type Operation } from './engine.ts';
import { caseProblems } from './golden.ts';
import { pricingProblems } from './lint-pricing.ts';
import { InvalidRuleset, parseRuleset, type Rule, type Ruleset } from './ruleset.ts';
import type { InputSpec } from './types.ts';

/** Every problem of a ruleset document; none: it may be published. Pure, and throws nothing. */
export function lintRuleset(document: unknown): string[] {
  try {
    const ruleset = parseRuleset(document);
    const problems = [
      ...size(ruleset),
      ...reasonCodes(ruleset),
      ...unusedInputs(ruleset),
      ...conditions(ruleset),
      ...bins(ruleset),
      ...rows(ruleset),
      ...pricingProblems(ruleset),
    ];
    // Cases are told apart from slips of the pen: they run once nothing else is wrong.
    return problems.length > 0 ? problems : caseProblems(ruleset);
  } catch (error) {
    if (error instanceof InvalidRuleset) return [...error.problems];
    throw error;
  }
}

/** Our choice: five times the first ruleset. It bounds the time of an evaluation, a challenger's included. */
const maxNodes = 2_000;

function size(ruleset: Ruleset): string[] {
  const nodes = expressionsOf(ruleset).reduce((sum, { nodes: each }) => sum + each, 0);
  return nodes > maxNodes ? [`the ruleset has ${nodes} operations, names and literals, and may have ${maxNodes}`] : [];
}

/** Given by the engine itself, whatever the rules say. */
const builtIn = ['LIMIT_BELOW_ORDER', 'MISSING_INPUT'];

function reasonCodes({ reasonCodes: declared, ...ruleset }: Ruleset): string[] {
  const used = new Map<string, string>();
  for (const { id, effect } of allRules(ruleset)) if (effect.reasonCode) used.set(effect.reasonCode, `rule ${id}`);
  for (const { name, missing, tooOld } of ruleset.inputs) {
    if (missing.policy === 'decline') used.set(missing.reasonCode, `input ${name}`);
    if (tooOld) used.set(tooOld.reasonCode, `input ${name}`);
  }
  const undeclared = [...used].filter(([code]) => !declared.includes(code)).map(([code, by]) => `${by}: ${code} is not in reasonCodes`);
  const unused = declared.filter((code) => !used.has(code) && !builtIn.includes(code)).map((code) => `reasonCodes: no rule gives ${code}`);
  const textless = Object.entries(reasons).filter(([code, { customer }]) => used.has(code) && (!customer.vi || !customer.en));
  return [...undeclared, ...unused, ...textless.map(([code]) => `${used.get(code)}: ${code} has no text in vi or en`)];
}

function unusedInputs(ruleset: Ruleset): string[] {
  const seen = new Set(expressionsOf(ruleset).flatMap(({ names }) => names));
  const needed = (name: string): boolean => seen.has(name) || name === 'orderAmountVnd' || (name === 'product' && ruleset.pricing !== null);
  return [...ruleset.inputs, ...ruleset.derived]
    .filter(({ name }) => !needed(name))
    .map(({ name }) => `input ${name}: no rule looks at it, and what is not needed must not be kept`);
}

function conditions(ruleset: Ruleset): string[] {
  const known = rangesOf(ruleset);
  return [...allRules(ruleset), ...ruleset.limit.table].flatMap(({ id, when }) => {
    const foreign = operationsIn(when).flatMap((operation) => foreignWords(operation, ruleset.inputs));
    return [...foreign, ...(canApply(when, known) ? [] : ['can never apply'])].map((problem) => `rule ${id}: ${problem}`);
  });
}

/** Texts that an enum is compared with and never has: mostly slips of the pen. */
function foreignWords({ operator, args }: Operation, inputs: readonly InputSpec[]): string[] {
  if (operator !== 'eq' && operator !== 'inSet') return [];
  const spec = inputs.find(({ name }) =>
    args.some((arg) => typeof arg === 'object' && arg !== null && 'input' in arg && arg.input === name),
  );
  const words = args.flat().filter((arg) => typeof arg === 'string');
  return spec?.values ? words.filter((word) => !spec.values?.includes(word)).map((word) => `${spec.name} is never ${word}`) : [];
}

function bins(ruleset: Ruleset): string[] {
  const known = rangesOf(ruleset);
  return ruleset.rules.scorecard.flatMap(({ id, effect }) => {
    if (effect.kind !== 'points') return [];
    const range = known.get(effect.of.names.length === 1 && operationOf(effect.of) === null ? (effect.of.names[0] ?? '') : '') ?? anything;
    return effect.bins.flatMap(({ below = Infinity }, index) => {
      const from = effect.bins[index - 1]?.below ?? -Infinity;
      return below <= range.from || from > range.to ? [`rule ${id}: nothing falls into bin ${index + 1}`] : [];
    });
  });
}

/** Rows are taken in order, so one that asks for less than a row before it is never reached. */
function rows({ limit: { table } }: Ruleset): string[] {
  return table.flatMap(({ id, when }, index) => {
    const claim = claimOf(when);
    const before = table.slice(0, index).find((row) => {
      const earlier = claimOf(row.when);
      if (row.when.logic === true || JSON.stringify(row.when.logic) === JSON.stringify(when.logic)) return true;
      return claim && earlier && earlier.name === claim.name && earlier.from <= claim.from && earlier.to >= claim.to;
    });
    return before ? [`rule ${id}: never reached, because ${before.id} stands before it`] : [];
  });
}

interface Range {
  from: number;
  to: number;
}

const anything: Range = { from: -Infinity, to: Infinity };

/** What numbers can be: inputs by their catalogue, the score by the points that can be given. */
function rangesOf({ inputs, rules, baseScore }: Ruleset): ReadonlyMap<string, Range> {
  const points = rules.scorecard.flatMap(({ effect }) => (effect.kind === 'points' ? [effect.bins.map((bin) => bin.points)] : []));
  const total = (pick: (...values: number[]) => number): number => points.reduce((sum, each) => sum + pick(0, ...each), baseScore);
  const ranges = inputs.map(({ name, minimum, maximum }): [string, Range] => [
    name,
    { from: minimum ?? -Infinity, to: maximum ?? Infinity },
  ]);
  return new Map([...ranges, ['score', { from: total(Math.min), to: total(Math.max) }]]);
}

/** False when a condition is false whatever the facts are, as far as can be seen without trying them all. */
function canApply(when: Expression, known: ReadonlyMap<string, Range>): boolean {
  if (when.names.length === 0) return isTrueAlone(when);
  const parts = operationOf(when)?.operator === 'and' ? partsOf(when).flatMap(partsOf) : [when];
  return parts.every((part) => {
    const claim = claimOf(part);
    const range = claim && known.get(claim.name);
    return !claim || !range || (claim.from <= range.to && claim.to >= range.from);
  });
}

/** A rule that fails refers, which is an effect: only one that says `false` is idle. */
function isTrueAlone(when: Expression): boolean {
  try {
    return valueOf(when, new Map()) === true;
  } catch {
    return true;
  }
}

/** What a comparison of one name with a literal asks for. */
function claimOf(expression: Pick<Expression, 'logic'>): (Range & { name: string }) | null {
  const operation = operationOf(expression);
  const [subject, bound, end] = operation?.args ?? [];
  if (!operation || typeof subject !== 'object' || subject === null || !('input' in subject) || typeof bound !== 'number') return null;
  const name = subject.input;
  switch (operation.operator) {
    case 'lt':
      return { name, from: -Infinity, to: bound - 1 };
    case 'lte':
      return { name, from: -Infinity, to: bound };
    case 'gt':
      return { name, from: bound + 1, to: Infinity };
    case 'gte':
      return { name, from: bound, to: Infinity };
    case 'eq':
      return { name, from: bound, to: bound };
    case 'between':
      return typeof end === 'number' ? { name, from: bound, to: end } : null;
    default:
      return null;
  }
}

function operationsIn(expression: Pick<Expression, 'logic'>): Operation[] {
  const own = operationOf(expression);
  return [...(own ? [own] : []), ...partsOf(expression).flatMap(operationsIn)];
}

function allRules({ rules }: Pick<Ruleset, 'rules'>): Rule[] {
  return Object.values(rules).flat();
}

function expressionsOf(ruleset: Ruleset): Expression[] {
  const ofRules = allRules(ruleset).flatMap(({ when, effect }) => {
    if (effect.kind === 'cap') return [when, effect.limitVnd];
    return effect.kind === 'points' ? [when, effect.of] : [when];
  });
  return [...ruleset.derived.map(({ value }) => value), ...ofRules, ...ruleset.limit.table.map(({ when }) => when)];
}
