// The operators of a ruleset. They differ from JsonLogic's own in one way that matters: null, a wrong type, or a number that is not
// whole never yields an answer. It stops the rule, and a rule that was stopped sends the application to a person.

import { ageOn, daysBetween, isDay, monthsBetween } from '../calendar.ts';

/** What an expression yields; lists occur only as literal sets. A day is yyyy-MM-dd and comes from an input, never from a literal. */
export type Kind = 'number' | 'boolean' | 'text' | 'day' | 'numbers' | 'texts';

/** A rule met a fact that is not known. */
export class MissingInput extends Error {
  override readonly name = 'MissingInput';
}

/** A rule met a value that it cannot work with, or is itself wrong. */
export class RuleFault extends Error {
  override readonly name = 'RuleFault';
}

// Made once: half of all applicants are not in somebody's books, and a new error would note its stack each time.
const notKnown = {
  condition: new MissingInput('a condition is not known'),
  number: new MissingInput('a number is not known'),
  day: new MissingInput('a day is not known'),
};

export interface Operator {
  /** The kind of the result for arguments of these kinds, or null when they do not fit. */
  accepts: (kinds: readonly Kind[]) => Kind | null;
  apply: (...values: unknown[]) => number | boolean;
}

/** Every strict operator by the name it has in a ruleset. Numbers are whole; rounding is in the name where there is any. */
export const operators: Readonly<Record<string, Operator>> = {
  lt: comparison((a, b) => a < b),
  lte: comparison((a, b) => a <= b),
  gt: comparison((a, b) => a > b),
  gte: comparison((a, b) => a >= b),
  /** Both numbers or both texts. */
  eq: {
    accepts: ([a, b, ...more]) => (more.length === 0 && a === b && (a === 'number' || a === 'text') ? 'boolean' : null),
    apply: (a, b) => scalar(a) === scalar(b),
  },
  /** `[value, lowest, highest]`, both ends included. */
  between: {
    accepts: (kinds) => (kinds.length === 3 && kinds.every(isNumber) ? 'boolean' : null),
    apply: (value, lowest, highest) => whole(value) >= whole(lowest) && whole(value) <= whole(highest),
  },
  /** `[value, [literal, …]]` */
  inSet: {
    accepts: ([value, set, ...more]) =>
      more.length === 0 && ((value === 'number' && set === 'numbers') || (value === 'text' && set === 'texts')) ? 'boolean' : null,
    apply: (value, set) => {
      if (!Array.isArray(set)) throw new RuleFault('inSet needs a list');
      return set.includes(scalar(value));
    },
  },
  not: {
    accepts: (kinds) => (kinds.length === 1 && kinds[0] === 'boolean' ? 'boolean' : null),
    apply: (value) => !truth(value),
  },
  add: arithmetic('many', (values) => values.reduce((sum, value) => sum + value, 0)),
  sub: arithmetic(2, ([a = 0, b = 0]) => a - b),
  /** `[value, numerator, denominator]`: value × numerator ÷ denominator, rounded down. */
  mulRatioDown: arithmetic(3, (values) => Math.floor(ratio(values))),
  /** The same, rounded up: for what is owed. */
  mulRatioUp: arithmetic(3, (values) => Math.ceil(ratio(values))),
  /** `[value, step]`: the greatest multiple of the step that is not above the value. */
  floorTo: arithmetic(2, ([value = 0, step = 0]) => Math.floor(value / positive(step)) * step),
  /** `[value, lowest, highest]`: the value, or the end that it is beyond. */
  clamp: arithmetic(3, ([value = 0, lowest = 0, highest = 0]) => {
    if (lowest > highest) throw new RuleFault('clamp needs the lowest before the highest');
    return Math.min(Math.max(value, lowest), highest);
  }),
  least: arithmetic('many', (values) => Math.min(...values)),
  greatest: arithmetic('many', (values) => Math.max(...values)),
  /** `[birth, day]`: completed years. */
  ageAt: calendar(ageOn),
  /** `[from, to]`: whole days, negative when `to` is earlier. */
  daysBetween: calendar(daysBetween),
  /** `[from, to]`: completed months. */
  monthsBetween: calendar(monthsBetween),
};

/** The value when it is true or false. Throws MissingInput for null, RuleFault for anything else. */
export function truth(value: unknown): boolean {
  if (value === null || value === undefined) throw notKnown.condition;
  if (typeof value !== 'boolean') throw new RuleFault('a condition must be true or false');
  return value;
}

/** The value when it is a whole number that a computer holds exactly. Throws as {@link truth}. */
function whole(value: unknown): number {
  if (value === null || value === undefined) throw notKnown.number;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new RuleFault('a number must be whole and below 2^53');
  return value;
}

function scalar(value: unknown): number | string {
  return typeof value === 'string' ? value : whole(value);
}

function comparison(holds: (a: number, b: number) => boolean): Operator {
  return {
    accepts: (kinds) => (kinds.length === 2 && kinds.every(isNumber) ? 'boolean' : null),
    apply: (a, b) => holds(whole(a), whole(b)),
  };
}

function arithmetic(arity: number | 'many', compute: (values: number[]) => number): Operator {
  return {
    accepts: (kinds) => (kinds.every(isNumber) && (arity === 'many' ? kinds.length > 1 : kinds.length === arity) ? 'number' : null),
    // Adding zero turns -0, which JSON cannot carry, into 0.
    apply: (...values) => whole(compute(values.map(whole))) + 0,
  };
}

function calendar(compute: (from: string, to: string) => number): Operator {
  return {
    accepts: (kinds) => (kinds.length === 2 && kinds.every((kind) => kind === 'day') ? 'number' : null),
    apply: (from, to) => compute(day(from), day(to)) + 0,
  };
}

function day(value: unknown): string {
  if (value === null || value === undefined) throw notKnown.day;
  if (typeof value !== 'string' || !isDay(value)) throw new RuleFault('a day must exist and be written yyyy-MM-dd');
  return value;
}

/** The product is checked to be exact; a quotient of two exact integers is then never rounded across a whole number. */
function ratio([value = 0, numerator = 0, denominator = 0]: number[]): number {
  return whole(value * numerator) / positive(denominator);
}

function positive(value: number): number {
  if (value <= 0) throw new RuleFault('a divisor or step must be above zero');
  return value;
}

function isNumber(kind: Kind): boolean {
  return kind === 'number';
}
