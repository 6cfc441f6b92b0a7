import assert from 'node:assert/strict';
import { test } from 'node:test';
import { facts, now, shippedRuleset } from '../../test/support/facts.ts';
import { evaluate } from './evaluate.ts';
import { featuresFrom } from './features.ts';
import { lintRuleset } from './lint.ts';
import { parseRuleset } from './ruleset.ts';

interface Rule {
  id: string;
  enabled?: unknown;
  owner?: string;
  testRefs?: string[];
}

/** As loose as JSON is where a test reaches in. */
interface Draft {
  stages: Record<string, Rule[]>;
  cases: { id: string; like?: string; at?: string; facts?: object; expect: object }[];
}

function draft(change: (draft: Draft) => void): Draft {
  const copy = structuredClone(shippedRuleset) as Draft; // its shape is what the reader checks
  change(copy);
  return copy;
}

const ruleOf = (document: Draft, id: string): Rule =>
  Object.values(document.stages)
    .flat()
    .find((rule) => rule.id === id) ?? assert.fail(id);
const caseOf = (document: Draft, id: string) => document.cases.find((each) => each.id === id) ?? assert.fail(id);

test('a ruleset that does not do what its own cases promise is not published, and the analyst reads which and how', () => {
  const problems = (change: (draft: Draft) => void) => lintRuleset(draft(change));
  const bad = problems(
    (document) => void Object.assign(caseOf(document, 'good'), { expect: { outcome: 'declined', reasons: ['BAD_DEBT'] } }),
  );
  assert.deepEqual(bad, ['case good: is to be declined BAD_DEBT, and is approved']);
  const limit = problems((document) => void Object.assign(caseOf(document, 'thin-file').expect, { limitVnd: 4_000_000 }));
  assert.deepEqual(limit, ['case thin-file: is to be approved 4000000, and is approved 3000000']);
  assert.match(problems((document) => void (document.cases = [])).join(), /^cases: there is none/);
});

test('every rule has an owner and a case that shows it at work', () => {
  const changes: [change: object, problem: string][] = [
    [{ owner: undefined }, 'rule bad-debt: has no owner'],
    [{ testRefs: [] }, 'rule bad-debt: names no case that shows it (testRefs)'],
    [{ testRefs: ['good'] }, 'rule bad-debt: does not apply in its case good'],
    [{ testRefs: ['no-such'] }, 'rule bad-debt: there is no case no-such'],
  ];
  for (const [change, problem] of changes) {
    const document = draft((each) => void Object.assign(ruleOf(each, 'bad-debt'), change));
    assert.deepEqual(lintRuleset(JSON.parse(JSON.stringify(document))), [problem]);
  }
});

test('a rule that is off is recorded as skipped, decides nothing, and needs no case', () => {
  const document = draft((each) => {
    Object.assign(ruleOf(each, 'phone-shared'), { enabled: false, testRefs: [] });
    Object.assign(caseOf(each, 'phone-shared'), { expect: { outcome: 'approved' } });
  });
  assert.deepEqual(lintRuleset(document), []);
  const standing = { ...facts().standing, phonePersons30d: 9 };
  const result = evaluate(parseRuleset(document), featuresFrom(facts({ standing })), now);
  assert.equal(result.kind, 'approved');
  const trace = result.trace.find(({ ruleId }) => ruleId === 'phone-shared');
  assert.deepEqual(trace, { stage: 'fraud', ruleId: 'phone-shared', result: 'SKIPPED', operands: {} });
  const points = draft((each) => void Object.assign(ruleOf(each, 'points-income'), { enabled: false }));
  assert.equal(evaluate(parseRuleset(points), featuresFrom(facts()), now).score, 645, 'the score is what the others give');
});

test('a case that cannot be read is named with its place', () => {
  const wrong: [change: (draft: Draft) => void, problem: string][] = [
    [(each) => void Object.assign(caseOf(each, 'bad-debt'), { like: 'worse' }), '$.cases[bad-debt].like is no earlier case'],
    [(each) => void Object.assign(caseOf(each, 'bad-debt'), { facts: { height: 3 } }), '$.cases[bad-debt].facts height is no input'],
    [(each) => void Object.assign(caseOf(each, 'good'), { at: 'soon' }), '$.cases[good].at must be a time'],
    [(each) => void (each.cases[1] = { ...caseOf(each, 'good') }), '$.cases[good].id occurs twice'],
    [(each) => void Object.assign(caseOf(each, 'good').expect, { outcome: 'maybe' }), '$.cases[good].expect.outcome must be approved'],
    [(each) => void Object.assign(caseOf(each, 'good').expect, { reasons: ['BAD_HAIR'] }), '$.cases[good].expect.reasons must be a list'],
    [(each) => void Object.assign(ruleOf(each, 'bad-debt'), { enabled: 'no' }), '$.stages.bureau[bad-debt].enabled must be true or false'],
  ];
  for (const [change, problem] of wrong) {
    const problems = lintRuleset(draft(change));
    assert.ok(
      problems.some((each) => each.startsWith(problem)),
      `${problem} in ${problems.join('; ')}`,
    );
  }
});
