// A ruleset file, read and checked: shape, names, kinds and reason codes. What passes can be evaluated without surprises; what does
// not is refused with every problem and its place, before any customer meets it.

import type { ReasonCode } from '../reasons.ts';
import type { Pricing } from '../pricing.ts';
import { readCases, type GoldenCase } from './cases-reader.ts';
import { compile, type Expression } from './engine.ts';
import { RuleFault, type Kind } from './operators.ts';
import { readPricing } from './pricing-reader.ts';
import { listOf, readerOf, readInput, readReason, type Reader } from './ruleset-reader.ts';
import { stageNames, type Bin, type InputSpec, type StageName } from './types.ts';

type Effect =
  | { kind: 'decline' | 'refer'; reasonCode: ReasonCode; priority: number }
  | { kind: 'cap'; limitVnd: Expression; reasonCode: ReasonCode | null }
  | { kind: 'points'; of: Expression; bins: readonly Bin[]; most: number; reasonCode: ReasonCode };

export interface Rule {
  /** Stable for the life of the rule, across versions. */
  id: string;
  when: Expression;
  effect: Effect;
  /** All names that the rule may look at, sorted. */
  operands: readonly string[];
  /** A rule that is off stays in the document and is recorded as skipped. */
  isEnabled: boolean;
  /** Who answers for it; null in documents of schema 2. */
  owner: string | null;
  /** The golden cases in which it applies. */
  testRefs: readonly string[];
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
  /** The reason codes that this ruleset may give. */
  reasonCodes: readonly string[];
  /** Sorted by name. */
  inputs: readonly InputSpec[];
  derived: readonly { name: string; value: Expression }[];
  baseScore: number;
  /** Rules sorted by id: the order in which they stand in the file means nothing. */
  rules: Readonly<Record<Exclude<StageName, 'limit'>, readonly Rule[]>>;
  /** First row that applies wins, so here the order of the file counts. */
  limit: { minimumVnd: number; stepVnd: number; table: readonly LimitRow[] };
  /** Null in documents of schema 2, which knew no prices: then nothing costs anything. */
  pricing: Pricing | null;
  /** Empty in documents of schema 2. */
  cases: readonly GoldenCase[];
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
  const schema = root.number('schemaVersion');
  if (schema !== 2 && schema !== 3) root.problem('schemaVersion', 'must be 3; documents of 2 are read as they were');
  for (const text of ['createdBy', 'changeNote']) root.text(text);
  const inputs = listOf(root, 'inputs', readInput);
  const given: [string, Kind][] = [['today', 'day']];
  if (schema === 3) given.push(['costBasisPoints', 'number']);
  const names = new Map<string, Kind>([...given, ...inputs.map((input): [string, Kind] => [input.name, kindOf(input)])]);
  if (names.size < given.length + inputs.length) root.problem('inputs', 'a name occurs twice, or is one that is given');
  const order = inputs.find((input) => input.name === 'orderAmountVnd');
  if (order?.type !== 'vnd' || order.missing.policy !== 'refer')
    root.problem('inputs', 'orderAmountVnd must be a vnd that refers when missing');
  const derived = listOf(root, 'derived', (reader) => readDerived(reader, names));
  const rules = readStages(root.object('stages'), names);
  const limit = root.object('limit');
  const ruleset: Ruleset = {
    id: root.text('id'),
    version: root.text('version'),
    reasonCodes: readTexts(root, 'reasonCodes'),
    inputs: inputs.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    derived,
    baseScore: root.number('baseScore'),
    rules,
    limit: {
      minimumVnd: limit.positive('minimumVnd'),
      stepVnd: limit.positive('stepVnd'),
      table: readTable(limit, new Map([...names, ['score', 'number']])),
    },
    pricing: schema === 3 ? readPricing(root.object('pricing')) : null,
    cases: schema === 3 ? readCases(root, inputs) : [],
  };
  const product = inputs.find((input) => input.name === 'product');
  if (schema === 3 && (product?.type !== 'enum' || product.missing.policy !== 'refer'))
    root.problem('inputs', 'product must be an enum that refers when missing: prices depend on it');
  const ids = [...Object.values(rules).flat(), ...ruleset.limit.table].map((rule) => rule.id);
  if (new Set(ids).size < ids.length) root.problem('stages', 'a rule id occurs twice');
  if (problems.length > 0) throw new InvalidRuleset(problems);
  return ruleset;
}

function readDerived(reader: Reader, names: Map<string, Kind>): { name: string; value: Expression } {
  const name = reader.text('name');
  const value = reader.has('bands') ? bandOf(reader, names) : expression(reader, 'value', names);
  if (names.has(name) || name === 'score') reader.problem('name', 'is taken');
  // Each derived value may use those before it.
  names.set(name, value.kind);
  return { name, value };
}

/** A number by the band that it falls in: the bands of a score are data, with a name for each, and no gap is possible between them. */
function bandOf(reader: Reader, names: ReadonlyMap<string, Kind>): Expression {
  const of = reader.value('of');
  const bands = listOf(reader, 'bands', (band) => ({ ...readBound(band), name: band.text('name') }));
  if (!isRising(bands)) reader.problem('bands', 'must rise, and only the last is open');
  const logic = bands.reduceRight<unknown>(
    (beyond, { below, name }) => (below === undefined ? name : { if: [{ lt: [of, below] }, name, beyond] }),
    '',
  );
  return compiled(reader, 'of', logic, names);
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
    fraud: read('fraud', names),
    bureau: read('bureau', names),
    scorecard: read('scorecard', names),
    affordability: read('affordability', scored),
    referral: read('referral', scored),
    caps: read('caps', scored),
  };
}

function readRule(reader: Reader, stage: StageName, names: ReadonlyMap<string, Kind>): Rule {
  reader.text('description');
  const when = expression(reader, 'when', names, 'boolean');
  const effect = readEffect(reader.object('effect'), stage, names);
  const second = effect.kind === 'cap' ? effect.limitVnd.names : effect.kind === 'points' ? effect.of.names : [];
  return { id: reader.text('id'), when, effect, operands: [...new Set([...when.names, ...second])].sort(), ...readCare(reader) };
}

/** Whether a rule is on, who answers for it, and which cases show it. */
function readCare(reader: Reader): Pick<Rule, 'isEnabled' | 'owner' | 'testRefs'> {
  const isEnabled = reader.has('enabled') ? reader.value('enabled') : true;
  if (typeof isEnabled !== 'boolean') reader.problem('enabled', 'must be true or false');
  return {
    isEnabled: isEnabled !== false,
    owner: reader.has('owner') ? reader.text('owner') : null,
    testRefs: reader.has('testRefs') ? readTexts(reader, 'testRefs') : [],
  };
}

function readEffect(reader: Reader, stage: StageName, names: ReadonlyMap<string, Kind>): Effect {
  const kind = reader.text('kind');
  if (kind === 'points' && stage === 'scorecard') {
    const bins = listOf(reader, 'bins', (bin) => ({ ...readBound(bin), points: bin.number('points') }));
    if (!isRising(bins)) reader.problem('bins', 'must rise, and only the last is open');
    const most = Math.max(...bins.map(({ points }) => points));
    return { kind, of: expression(reader, 'of', names, 'number'), bins, most, reasonCode: readReason(reader) };
  }
  if (kind === 'cap' && (stage === 'affordability' || stage === 'caps')) {
    const reasonCode = reader.has('reasonCode') ? readReason(reader) : null;
    return { kind, limitVnd: expression(reader, 'limitVnd', names, 'number'), reasonCode };
  }
  if (kind !== 'decline' && kind !== 'refer') reader.problem('kind', `is not an effect of the stage ${stage}`);
  return { kind: kind === 'decline' ? 'decline' : 'refer', reasonCode: readReason(reader), priority: reader.number('priority') };
}

interface Bounded {
  below?: number | undefined;
}

function readBound(reader: Reader): Bounded {
  return reader.has('below') ? { below: reader.number('below') } : {};
}

function isRising(steps: readonly Bounded[]): boolean {
  const bounds = steps.slice(0, -1).map(({ below }) => below);
  const rises = bounds.every((below, index) => below !== undefined && below > (bounds[index - 1] ?? -Infinity));
  return rises && steps.length > 0 && steps.at(-1)?.below === undefined;
}

function readTexts(reader: Reader, key: string): string[] {
  const texts = reader.value(key);
  if (Array.isArray(texts) && texts.every((text) => typeof text === 'string')) return texts;
  reader.problem(key, 'must be a list of texts');
  return [];
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

function expression(reader: Reader, key: string, names: ReadonlyMap<string, Kind>, kind?: Kind): Expression {
  const read = compiled(reader, key, reader.value(key), names);
  if (kind && read.kind !== kind) reader.problem(key, `must yield a ${kind}`);
  return read;
}

function compiled(reader: Reader, key: string, logic: unknown, names: ReadonlyMap<string, Kind>): Expression {
  try {
    return compile(logic, names);
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    reader.problem(key, error.message);
    return compile(false, names);
  }
}

function kindOf(input: InputSpec): Kind {
  if (input.type === 'boolean' || input.type === 'day') return input.type;
  return input.type === 'enum' ? 'text' : 'number';
}
