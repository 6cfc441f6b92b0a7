// What holds for everybody, whoever they are: more income never hurts, more debt never helps, a limit stays under every cap, and nothing
// but the facts themselves changes a byte of a decision.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyFacts, anyGroup, now, shippedRuleset as document } from '../../test/support/facts.ts';
import { canonicalJson } from '../canonical-json.ts';
import { evaluate } from './evaluate.ts';
import { featuresFrom, type KnownFacts } from './features.ts';
import { parseRuleset } from './ruleset.ts';
import type { FeatureSnapshot } from './types.ts';

const ruleset = parseRuleset(document);

const granted = (known: KnownFacts) => {
  const result = evaluate(ruleset, featuresFrom(known), now);
  return result.kind === 'approved' ? result.limitVnd : 0;
};

function shuffled(snapshot: FeatureSnapshot): FeatureSnapshot {
  return Object.fromEntries(Object.entries(snapshot).toReversed());
}

test('more income never lowers the limit', () => {
  fc.assert(
    fc.property(anyFacts, fc.nat(30_000_000), (known, more) => {
      const richer = { ...known, profile: { ...known.profile, monthlyIncomeVnd: known.profile.monthlyIncomeVnd + more } };
      assert.ok(granted(richer) >= granted(known));
    }),
    { numRuns: 1_000 },
  );
});

test('more debt, a worse debt group, more inquiries or more limits with us never raise the limit', () => {
  const worse = fc.record({
    owedVnd: fc.nat(80_000_000),
    exposureVnd: fc.nat(9_000_000),
    group: anyGroup,
    inquiries: fc.nat(5),
    lender: fc.constantFrom('bank', 'financeCo', 'card'),
  });
  fc.assert(
    fc.property(anyFacts, worse, (known, more) => {
      const { report } = known.bureau;
      fc.pre(report !== null);
      const lenders = report.lenders.map((each) =>
        each.kind === more.lender ? { ...each, outstandingVnd: each.outstandingVnd + more.owedVnd } : each,
      );
      const group = (before: 1 | 2 | 3 | 4 | 5) => (more.group > before ? more.group : before);
      const indebted = {
        ...report,
        lenders,
        worstGroup12m: group(report.worstGroup12m),
        inquiries: { ...report.inquiries, d30: report.inquiries.d30 + more.inquiries },
      };
      const standing = { ...known.standing, exposureVnd: known.standing.exposureVnd + more.exposureVnd };
      assert.ok(granted({ ...known, standing, bureau: { ...known.bureau, report: indebted } }) <= granted(known));
    }),
    { numRuns: 1_000 },
  );
});

test('no limit is above any of its caps or below the order, and the cap that bound is the tightest', () => {
  fc.assert(
    fc.property(anyFacts, (known) => {
      const result = evaluate(ruleset, featuresFrom(known), now);
      if (result.kind !== 'approved') return;
      assert.ok(result.caps.every((cap) => result.limitVnd <= cap.limitVnd));
      assert.ok(result.limitVnd >= known.orderAmountVnd && result.limitVnd >= 1_000_000 && result.limitVnd <= 20_000_000);
      assert.equal(result.limitVnd % 100_000, 0);
      assert.equal(result.bindingCap, result.caps[0]?.ruleId);
      assert.ok(result.caps.every((cap) => cap.limitVnd >= (result.caps[0]?.limitVnd ?? 0)));
    }),
    { numRuns: 1_000 },
  );
});

test('whatever is missing from whomever, nobody is approved', () => {
  fc.assert(
    fc.property(anyFacts, fc.nat(), (known, pick) => {
      const snapshot = featuresFrom(known);
      const names = Object.keys(snapshot);
      const { [String(names[pick % names.length])]: _, ...rest } = snapshot;
      assert.notEqual(evaluate(ruleset, rest, now).kind, 'approved');
    }),
    { numRuns: 1_000 },
  );
});

test('the same snapshot and ruleset give the same bytes, in whatever order facts and rules were written', () => {
  const turned = JSON.parse(JSON.stringify(document), (_, value: unknown) =>
    Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null && 'effect' in item)
      ? value.toReversed()
      : value,
  ) as unknown; // JSON.parse knows no types
  const backwards = parseRuleset(turned);
  assert.notEqual(JSON.stringify(turned), JSON.stringify(document));
  fc.assert(
    fc.property(anyFacts, (known) => {
      const snapshot = featuresFrom(known);
      const bytes = canonicalJson(evaluate(ruleset, snapshot, now));
      assert.equal(canonicalJson(evaluate(ruleset, snapshot, now)), bytes);
      assert.equal(canonicalJson(evaluate(ruleset, shuffled(snapshot), now)), bytes);
      assert.equal(canonicalJson(evaluate(backwards, snapshot, now)), bytes);
    }),
  );
});
