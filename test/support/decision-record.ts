// A decision as it would be recorded about an invented customer, for tests that need one to be there.

import type { NewDecision } from '../../db/decisions.ts';
import { rulesetHash } from '../../db/rulesets.ts';
import { engineVersion } from '../../domain/decision/evaluate.ts';
import { explanation, withoutFacts } from '../../domain/decision/explain.ts';
import { featuresFrom, type KnownFacts } from '../../domain/decision/features.ts';
import { recordEvaluation } from '../../domain/decision/record.ts';
import { parseRuleset } from '../../domain/decision/ruleset.ts';
import { facts, now, shippedRuleset } from './facts.ts';

const ruleset = parseRuleset(shippedRuleset);
const named = { id: ruleset.id, version: ruleset.version, sha256: rulesetHash(shippedRuleset) };

/** The first decision of the application, on these facts, by the ruleset that ships with this version. */
export function decisionAbout(applicationId: string, known: KnownFacts = facts()): NewDecision {
  const { input, output, result } = recordEvaluation(ruleset, featuresFrom(known), now);
  return {
    applicationId,
    round: 1,
    ruleset: named,
    engineVersion,
    input,
    output,
    outcome: result.kind,
    limitVnd: result.limitVnd,
    reasons: result.reasons,
    explanation: { vi: explanation(result, 'vi'), en: explanation(result, 'en') },
    result: withoutFacts(result),
    challenger: null,
    decidedAt: now,
  };
}
