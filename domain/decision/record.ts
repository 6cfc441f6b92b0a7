// What is kept of a decision so that it can be repeated: the input and the output as text, byte for byte. Whoever has the input and the
// ruleset gets the output again.

import { canonicalJson } from '../canonical-json.ts';
import { evaluate } from './evaluate.ts';
import type { Ruleset } from './ruleset.ts';
import type { DecisionResult, FeatureSnapshot } from './types.ts';

export interface RecordedEvaluation {
  /** Canonical JSON of the frozen features, each with source and as-of time, and of the time of the decision. */
  input: string;
  /** Canonical JSON of the whole result, operands included. */
  output: string;
  result: DecisionResult;
}

/** Evaluates and writes down. Pure. */
export function recordEvaluation(ruleset: Ruleset, features: FeatureSnapshot, now: Date): RecordedEvaluation {
  const result = evaluate(ruleset, features, now);
  return { input: canonicalJson({ features, now: now.toISOString() }), output: canonicalJson(result), result };
}

/** Reads what {@link recordEvaluation} wrote as input. */
export function parseInput(input: string): { features: FeatureSnapshot; now: Date } {
  const { features, now } = JSON.parse(input) as { features: FeatureSnapshot; now: string }; // written here, and its hash is checked
  return { features, now: new Date(now) };
}

/** Where two values first differ, in the order of their keys. */
export interface Difference {
  path: string;
  recorded: unknown;
  replayed: unknown;
}

/** The first difference between two parsed JSON values; null when they are equal. */
export function firstDifference(recorded: unknown, replayed: unknown, path = '$'): Difference | null {
  if (!isTree(recorded) || !isTree(replayed) || Array.isArray(recorded) !== Array.isArray(replayed)) {
    return Object.is(recorded, replayed) ? null : { path, recorded, replayed };
  }
  const [before, after] = [new Map(Object.entries(recorded)), new Map(Object.entries(replayed))];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const place = Array.isArray(recorded) ? `${path}[${key}]` : `${path}.${key}`;
    const found = firstDifference(before.get(key), after.get(key), place);
    if (found) return found;
  }
  return null;
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
