// What a decision may say to whom. The customer hears the reasons in their language, most important first; what is kept in the clear
// next to an application holds no facts about the person, only which rules said what.

import { reasons, type Language } from '../reasons.ts';
import type { Cost } from '../schedule.ts';
import type { DecisionResult } from './types.ts';

/** Most principal reasons a letter names; four is the usual guidance, more of them explain less. */
const lettersReasons = 4;

/** The sentences that tell a customer why, most important first, at most four, none twice. Empty for an approval. */
export function explanation(result: DecisionResult, language: Language): string[] {
  const texts = result.reasons.map((code) => reasons[code].customer[language]);
  return [...new Set(texts)].slice(0, lettersReasons);
}

/** The result without the facts that the rules looked at, so that it may be stored unencrypted. The caps, which tell something of the
 *  income, keep only their names. The whole result is reproduced from the snapshot at any time. */
export function withoutFacts(result: DecisionResult): unknown {
  return {
    ...result,
    caps: result.caps.map(({ ruleId }) => ruleId),
    trace: Object.fromEntries(result.trace.map(({ ruleId, result }) => [ruleId, result])),
  };
}

/** What the order costs by a record that {@link withoutFacts} made; null where the ruleset knew no prices, or nothing was approved. */
export function costIn(kept: unknown): Cost | null {
  const cost: unknown = typeof kept === 'object' && kept !== null && 'cost' in kept ? kept.cost : null;
  return typeof cost === 'object' && cost !== null && 'aprPercent' in cost ? (cost as Cost) : null; // written above, and its hash is checked
}
