// A challenger: another ruleset that sees what the one in force saw, and decides nothing. It runs after the champion, and whatever
// becomes of it, the champion's decision stands.

import { evaluate } from './evaluate.ts';
import type { Ruleset } from './ruleset.ts';
import type { DecisionResult, FeatureSnapshot, Verdict } from './types.ts';

/** What a challenger would have decided, as it is kept beside the decision. */
export type Challenge = { sha256: string } & (
  | ({ kind: 'agrees' | 'differs'; version: string } & Pick<Verdict, 'reasons' | 'limitVnd'> & { outcome: Verdict['kind'] })
  /** It threw, or took longer than it may: what it said is thrown away. */
  | { kind: 'failed' | 'late' }
);

export interface Challenger {
  sha256: string;
  /** Not called before the champion has decided: a document that cannot be read fails here and nowhere else. */
  read: () => Ruleset;
}

/** Runs the challenger on the champion's input. Throws nothing. `clock` is a monotonic time in ms, `budgetMs` what it may take; an
 *  evaluation has no loops and its size is bounded by the linter, so it ends by itself. */
export function challenge(
  champion: DecisionResult,
  challenger: Challenger,
  on: { features: FeatureSnapshot; now: Date; budgetMs: number; clock: () => number },
): Challenge {
  const { sha256 } = challenger;
  const startedAt = on.clock();
  try {
    const ruleset = challenger.read();
    const { kind: outcome, limitVnd, reasons } = evaluate(ruleset, on.features, on.now);
    if (on.clock() - startedAt > on.budgetMs) return { sha256, kind: 'late' };
    const agrees = outcome === champion.kind && limitVnd === champion.limitVnd && reasons.join() === champion.reasons.join();
    return { sha256, kind: agrees ? 'agrees' : 'differs', version: ruleset.version, outcome, limitVnd, reasons };
  } catch {
    return { sha256, kind: 'failed' };
  }
}
