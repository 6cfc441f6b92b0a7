// JsonLogic with its teeth filed: the only file that touches json-logic-js. An expression of a ruleset is checked and translated once,
// operator by operator, into names that only this file registers, so json-logic's own lenient operators can never be reached from a
// ruleset. Registration is process-wide in that library; the prefix keeps ours apart from everybody else's.

import jsonLogic from 'json-logic-js';
import { MissingInput, RuleFault, operators, truth, type Kind } from './operators.ts';

type Value = number | boolean | string;

/** What an expression may look at. An error in place of a value is thrown to whoever looks. */
export type Values = ReadonlyMap<string, Value | null | Error>;

/** A checked expression. `names` are all the inputs it may look at, sorted; `nodes` is its size. */
export interface Expression {
  readonly logic: Translated;
  readonly names: readonly string[];
  readonly kind: Kind;
  readonly nodes: number;
}

type Translated = Value | readonly Translated[] | { readonly [operator: string]: readonly Translated[] };

/** Evaluates an expression: pure, and the same answer for the same values.
 *  Throws MissingInput when it needs a value that is not known, RuleFault when it cannot be computed; nothing else. */
export function valueOf(expression: Expression, values: Values): Value {
  try {
    const result: unknown = jsonLogic.apply(expression.logic as Parameters<typeof jsonLogic.apply>[0], values); // the typings know no dynamic rule
    if (result === null || result === undefined) throw new MissingInput('the result is not known');
    if (typeof result === 'number' || typeof result === 'boolean' || typeof result === 'string') return result;
    throw new RuleFault('the result is not a single value');
  } catch (error) {
    throw error instanceof MissingInput || error instanceof RuleFault ? error : new RuleFault('the rule failed', { cause: error });
  }
}

/** Longest nesting of an expression; our choice: a rule that a person can read has five levels. */
const maxDepth = 20;

/** Most operations, names and literals of an expression; our choice, as above. */
const maxNodes = 200;

/** Checks an expression against the names it may use, and translates it. Throws a RuleFault that says what is wrong: an operator that
 *  is not on the list, a wrong number or kind of arguments, a name that is not declared, an object with two keys, too deep, too large. */
export function compile(logic: unknown, names: ReadonlyMap<string, Kind>): Expression {
  const seen = { used: new Set<string>(), nodes: 0 };
  const [translated, kind] = translate(logic, { names, seen, depth: 0 });
  return { logic: translated, names: [...seen.used].sort(), kind, nodes: seen.nodes };
}

/** An operation as a reader of the ruleset sees it. An argument is a literal, the name of an input, or null for anything longer. */
export interface Operation {
  operator: string;
  args: readonly (Value | readonly Value[] | { input: string } | null)[];
}

type Logic = Pick<Expression, 'logic'>;

/** The operation that an expression is, or null for a literal or a lone name. */
export function operationOf({ logic }: Logic): Operation | null {
  const [operator, args] = entryOf(logic) ?? [];
  if (operator === undefined || args === undefined || operator === `${prefix}var`) return null;
  return { operator: operator.replace(prefix, ''), args: args.map(argumentOf) };
}

/** The expressions inside of an expression, one level down. */
export function partsOf({ logic }: Logic): Logic[] {
  return (entryOf(logic)?.[1] ?? []).map((part) => ({ logic: part }));
}

function entryOf(logic: Translated): [string, readonly Translated[]] | undefined {
  return typeof logic === 'object' && !isList(logic) ? Object.entries(logic)[0] : undefined;
}

function argumentOf(part: Translated): Operation['args'][number] {
  if (typeof part !== 'object') return part;
  if (isList(part)) return part.filter((item) => typeof item !== 'object'); // lists occur only as literal sets
  const [operator, args] = entryOf(part) ?? [];
  const name = operator === `${prefix}var` ? args?.[0] : undefined;
  return typeof name === 'string' ? { input: name } : null;
}

/** Array.isArray does not tell TypeScript apart what is readonly. */
function isList(logic: Translated): logic is readonly Translated[] {
  return Array.isArray(logic);
}

interface Scope {
  names: ReadonlyMap<string, Kind>;
  seen: { used: Set<string>; nodes: number };
  depth: number;
}

const prefix = 'strict:';

function translate(logic: unknown, outer: Scope): [Translated, Kind] {
  const scope = { ...outer, depth: outer.depth + 1 };
  if (scope.depth > maxDepth) throw new RuleFault('the expression is nested too deeply');
  scope.seen.nodes += 1;
  if (scope.seen.nodes > maxNodes) throw new RuleFault('the expression is too large');
  if (Array.isArray(logic)) return literalSet(logic);
  if (typeof logic !== 'object' || logic === null) return literal(logic);
  const [entry, ...more] = Object.entries(logic);
  if (!entry || more.length > 0) throw new RuleFault('an operation is an object with exactly one key');
  const [name, given]: [string, unknown] = entry;
  const args: unknown[] = Array.isArray(given) ? given : [given];
  if (name === 'var') return input(args, scope);
  if (name === 'and' || name === 'or' || name === 'if') return choice(name, args, scope);
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (!operator) throw new RuleFault(`the operator ${name} is not allowed`);
  const parts = args.map((argument) => translate(argument, scope));
  const kind = operator.accepts(parts.map((part) => part[1]));
  if (!kind) throw new RuleFault(`the operator ${name} does not take these arguments`);
  return [{ [prefix + name]: parts.map((part) => part[0]) }, kind];
}

/** `and`, `or` and `if` stay json-logic's own because they are lazy; every condition in them must be true or false and known. */
function choice(name: 'and' | 'or' | 'if', args: unknown[], scope: Scope): [Translated, Kind] {
  const parts = args.map((argument) => translate(argument, scope));
  const conditions = name === 'if' ? parts.slice(0, 1) : parts;
  const [first, second] = name === 'if' ? parts.slice(1) : parts;
  const fits = name === 'if' ? parts.length === 3 && first?.[1] === second?.[1] : parts.length > 1;
  if (!first || !fits || conditions.some(([, kind]) => kind !== 'boolean')) {
    throw new RuleFault(`the operator ${name} does not take these arguments`);
  }
  const guarded = parts.map(([part], index): Translated => (index < conditions.length ? { [`${prefix}truth`]: [part] } : part));
  return [{ [name]: guarded }, first[1]];
}

function input([name, ...more]: unknown[], scope: Scope): [Translated, Kind] {
  const kind = typeof name === 'string' ? scope.names.get(name) : undefined;
  if (typeof name !== 'string' || !kind || more.length > 0) throw new RuleFault(`the input ${String(name)} is not declared here`);
  scope.seen.used.add(name);
  return [{ [`${prefix}var`]: [name] }, kind];
}

function literal(value: unknown): [Value, Kind] {
  if (typeof value === 'boolean') return [value, 'boolean'];
  if (typeof value === 'string') return [value, 'text'];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return [value, 'number'];
  throw new RuleFault('a literal must be a text, a whole number, true or false');
}

function literalSet(items: unknown[]): [Translated, Kind] {
  const parts = items.map(literal);
  const kinds = new Set(parts.map((part) => part[1]));
  const [kind] = kinds;
  if (kinds.size !== 1 || kind === 'boolean') throw new RuleFault('a set is a list of texts or of whole numbers, and not empty');
  return [parts.map((part) => part[0]), kind === 'text' ? 'texts' : 'numbers'];
}

for (const [name, operator] of Object.entries(operators)) jsonLogic.add_operation(prefix + name, operator.apply);
jsonLogic.add_operation(`${prefix}truth`, truth);
jsonLogic.add_operation(`${prefix}var`, function look(this: Values, name: string) {
  const value = this.get(name);
  if (value instanceof Error) throw value;
  return value;
});
