// A ruleset file, read and checked: shape, names, kinds and reason codes. What passes can be evaluated without surprises; what does
// not is refused with every problem and its place, before any customer meets it.

import { isReasonCode, type ReasonCode } from '../reasons.ts';
import { compile, type Expression } from './engine.ts';
import { RuleFault, type Kind } from './operators.ts';
import { listOf, readerOf, readInput, type Reader } from './ruleset-reader.ts';
import { stageNames, type Bin, type InputSpec, type StageName } from './types.ts';

type Effect =
  | { kind: 'decline' | 'refer'; reasonCode: ReasonCode; priority: number }
  | { kind: 'cap'; limitVnd: Expression; reasonCode: ReasonCode | null }
  | { kind: 'points'; of: Expression; bins: readonly Bin[] };

export interface Rule {
  /** Stable for the life of the rule, across versions. */
  id: string;
  when: Expression;
  effect: Effect;
}

interface LimitRow {
  id: string;
  when: Expression;
  limitVnd: number;
}

/** A checked ruleset, ready to be evaluated. Its identity is the hash of the canonical JSON of the file, taken by the caller. */
export interface Ruleset {
  id: string;
  version: string;
  inputs: readonly InputSpec[];
  derived: readonly { name: string; value: Expression }[];
  baseScore: number;
  /** Rules sorted by id: the order in which they stand in the file means nothing. */
  rules: Readonly<Record<Exclude<StageName, 'limit'>, readonly Rule[]>>;
  /** First row that applies wins, so here the order of the file counts. */
  limit: { minimumVnd: number; stepVnd: number; table: readonly LimitRow[] };
}

/** The file is no ruleset. `problems` are all that was found, each with its place. */
export class InvalidRuleset extends Error {
  override readonly name = 'InvalidRuleset';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the ruleset has ${problems.length} problem(s):\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Reads a parsed JSON file as a ruleset. Throws {@link InvalidRuleset} with every problem found. */
export function parseRuleset(document: unknown): Ruleset {
  const problems: string[] = [];
  const root = readerOf(document, '$', problems);
  if (root.number('schemaVersion') !== 1) root.problem('schemaVersion', 'must be 1');
  for (const text of ['effectiveFrom', 'createdBy', 'changeNote']) root.text(text);
  const inputs = listOf(root, 'inputs', readInput);
  const names = new Map<string, Kind>(inputs.map((input) => [input.name, kindOf(input)]));
  if (names.size < inputs.length) root.problem('inputs', 'a name occurs twice');
  const order = inputs.find((input) => input.name === 'orderAmountVnd');
  if (order?.type !== 'vnd' || order.missing.policy !== 'refer')
    root.problem('inputs', 'orderAmountVnd must be a vnd that refers when missing');
  const derived = listOf(root, 'derived', (reader) => readDerived(reader, names));
  const rules = readStages(root.object('stages'), names);
  const limit = root.object('limit');
  const ruleset: Ruleset = {
    id: root.text('id'),
    version: root.text('version'),
    inputs,
    derived,
    baseScore: root.number('baseScore'),
    rules,
    limit: {
      minimumVnd: limit.positive('minimumVnd'),
      stepVnd: limit.positive('stepVnd'),
      table: readTable(limit, new Map([...names, ['score', 'number']])),
    },
  };
  const ids = [...Object.values(rules).flat(), ...ruleset.limit.table].map((rule) => rule.id);
  if (new Set(ids).size < ids.length) root.problem('stages', 'a rule id occurs twice');
  if (problems.length > 0) throw new InvalidRuleset(problems);
  return ruleset;
}

function readDerived(reader: Reader, names: Map<string, Kind>): { name: string; value: Expression } {
  const name = reader.text('name');
  const value = expression(reader, 'value', names);
  if (names.has(name) || name === 'score') reader.problem('name', 'is taken');
  // Each derived value may use those before it.
  names.set(name, value.kind);
  return { name, value };
}

function readStages(stages: Reader, names: ReadonlyMap<string, Kind>): Ruleset['rules'] {
  for (const name of stages.keys()) {
    if (name === 'limit' || !stageNames.some((known) => known === name)) stages.problem(name, 'is not a stage');
  }
  const scored = new Map<string, Kind>([...names, ['score', 'number']]);
  const read = (stage: Exclude<StageName, 'limit'>, known: ReadonlyMap<string, Kind>) =>
    listOf(stages, stage, (reader) => readRule(reader, stage, known)).sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    eligibility: read('eligibility', names),
    bureau: read('bureau', names),
    scorecard: read('scorecard', names),
    affordability: read('affordability', scored),
    referral: read('referral', scored),
    caps: read('caps', scored),
  };
}

function readRule(reader: Reader, stage: StageName, names: ReadonlyMap<string, Kind>): Rule {
  reader.text('description');
  return {
    id: reader.text('id'),
    when: expression(reader, 'when', names, 'boolean'),
    effect: readEffect(reader.object('effect'), stage, names),
  };
}

function readEffect(reader: Reader, stage: StageName, names: ReadonlyMap<string, Kind>): Effect {
  const kind = reader.text('kind');
  if (kind === 'points' && stage === 'scorecard') {
    const bins = listOf(reader, 'bins', readBin);
    if (bins.length === 0 || !bins.every((bin, index) => isNextBin(bin, bins[index - 1], index === bins.length - 1))) {
      reader.problem('bins', 'must rise, and only the last is open');
    }
    return { kind, of: expression(reader, 'of', names, 'number'), bins };
  }
  if (kind === 'cap' && (stage === 'affordability' || stage === 'caps')) {
    const reasonCode = reader.has('reasonCode') ? readReason(reader) : null;
    return { kind, limitVnd: expression(reader, 'limitVnd', names, 'number'), reasonCode };
  }
  if (kind !== 'decline' && kind !== 'refer') reader.problem('kind', `is not an effect of the stage ${stage}`);
  return { kind: kind === 'decline' ? 'decline' : 'refer', reasonCode: readReason(reader), priority: reader.number('priority') };
}

function readBin(reader: Reader): Bin {
  const points = reader.number('points');
  return reader.has('below') ? { below: reader.number('below'), points } : { points };
}

function isNextBin(bin: Bin, before: Bin | undefined, isLast: boolean): boolean {
  if (isLast) return bin.below === undefined;
  return bin.below !== undefined && (before?.below === undefined || bin.below > before.below);
}

function readTable(limit: Reader, names: ReadonlyMap<string, Kind>): LimitRow[] {
  const rows = listOf(limit, 'table', (reader) => ({
    id: reader.text('id'),
    when: expression(reader, 'when', names, 'boolean'),
    limitVnd: reader.positive('limitVnd'),
  }));
  if (rows.at(-1)?.when.logic !== true) limit.problem('table', 'must end with a row whose `when` is true');
  return rows;
}

/** The reason code of an effect; an unknown one is a problem, and `MISSING_INPUT` stands in until the file is refused. */
function readReason(reader: Reader): ReasonCode {
  const code = reader.text('reasonCode');
  if (isReasonCode(code)) return code;
  reader.problem('reasonCode', 'is not a reason code');
  return 'MISSING_INPUT';
}

function expression(reader: Reader, key: string, names: ReadonlyMap<string, Kind>, kind?: Kind): Expression {
  try {
    const compiled = compile(reader.value(key), names);
    if (kind && compiled.kind !== kind) reader.problem(key, `must yield a ${kind}`);
    return compiled;
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    reader.problem(key, error.message);
    return compile(false, names);
  }
}

function kindOf(input: InputSpec): Kind {
  if (input.type === 'boolean') return 'boolean';
  return input.type === 'enum' ? 'text' : 'number';
}
