import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { evaluate } from './evaluate.ts';
import { featuresFrom } from './features.ts';
import { InvalidRuleset, parseRuleset } from './ruleset.ts';

const file = readFileSync(new URL('../../rulesets/pay-later-vn.v1.json', import.meta.url), 'utf8');
const now = new Date('2026-03-01T03:00:00Z');

// A test reaches anywhere into the document, so it is typed as loosely as JSON is.
interface Loose {
  [key: string]: Loose;
}
type Change = (document: Loose) => void;

function changed(change: Change): unknown {
  const document = JSON.parse(file) as Loose; // loosely typed on purpose
  change(document);
  return document;
}

function problemsOf(change: Change): readonly string[] {
  try {
    parseRuleset(changed(change));
  } catch (error) {
    assert.ok(error instanceof InvalidRuleset);
    return error.problems;
  }
  return [];
}

const loose = (value: unknown) => value as Loose; // puts wrong values where right ones belong
const rule = (document: Loose, stage: string, id: string) =>
  Object.values(document['stages']?.[stage] ?? {}).find((each) => Object.is(each['id'], id)) ?? {};

const snapshot = featuresFrom({
  profile: { dateOfBirth: '1995-05-05', monthlyIncomeVnd: 15_000_000, statedAt: now },
  bureau: {
    outcome: 'HIT',
    answeredAt: now,
    report: {
      asOf: now.toISOString(),
      currentDebtGroup: 1,
      worstGroup12m: 1,
      lenders: [],
      inquiries: { d30: 0, d90: 0, d180: 0 },
      score: { value: 700, scale: '150-750' },
    },
  },
  identity: { verdict: 'verified', at: now },
  orderAmountVnd: 2_000_000,
  product: 'pay-in-3',
  now,
});

test('a rule that fails sends the application to a person, whichever rule it is', () => {
  const failing = { gt: [{ mulRatioDown: [1, 1, 0] }, 0] };
  const document = loose(JSON.parse(file));
  const places = Object.entries(document['stages'] ?? {}).flatMap(([stage, rules]) =>
    Object.keys(rules).map((index) => [stage, index] as const),
  );
  assert.ok(places.length > 15);
  for (const [stage, index] of places) {
    const broken = parseRuleset(changed((each) => Object.assign(each['stages']?.[stage]?.[index] ?? {}, { when: failing })));
    const result = evaluate(broken, snapshot, now);
    assert.deepEqual([stage, index, result.kind, result.reasons], [stage, index, 'referred', ['MISSING_INPUT']]);
    assert.equal(result.trace.filter((each) => each.result === 'ERROR').length >= 1, true);
  }
  const noTable = parseRuleset(changed((each) => Object.assign(each['limit']?.['table']?.[0] ?? {}, { when: failing })));
  assert.equal(evaluate(noTable, snapshot, now).kind, 'referred');
});

test('a missing fact declines, is replaced, or refers as its policy says', () => {
  const { identityVerdict: _, ...rest } = snapshot;
  const withPolicy = (missing: object) => {
    const document = changed((each) =>
      Object.assign(Object.values(each['inputs'] ?? {}).find((input) => Object.is(input['name'], 'identityVerdict')) ?? {}, { missing }),
    );
    return evaluate(parseRuleset(document), rest, now);
  };
  assert.equal(withPolicy({ policy: 'treatAs', value: 'verified' }).kind, 'approved');
  assert.equal(withPolicy({ policy: 'refer' }).kind, 'referred');
  assert.equal(withPolicy({ policy: 'allowNull' }).kind, 'referred');
  const declined = withPolicy({ policy: 'decline', reasonCode: 'IDENTITY_ATTEMPTS_SPENT', priority: 1 });
  assert.deepEqual([declined.kind, declined.reasons], ['declined', ['IDENTITY_ATTEMPTS_SPENT']]);
});

test('an analyst is told every problem of a ruleset and where it is', () => {
  const when = (value: unknown) => (document: Loose) => void Object.assign(rule(document, 'eligibility', 'age-minimum'), { when: value });
  const at = '$.stages.eligibility[0].when';
  const cases: [Change, string][] = [
    [when({ '<': [{ var: 'ageYears' }, 18] }), `${at} the operator < is not allowed`],
    [when({ log: 'ageYears' }), `${at} the operator log is not allowed`],
    [when({ constructor: [1, 2] }), `${at} the operator constructor is not allowed`],
    [when({ lt: [{ var: 'agesYears' }, 18] }), `${at} the input agesYears is not declared here`],
    [when({ lt: [{ var: 'constructor' }, 18] }), `${at} the input constructor is not declared here`],
    [when({ lt: [{ var: { var: 'ageYears' } }, 18] }), `${at} the input [object Object] is not declared here`],
    [when({ lt: [{ var: ['ageYears', 18] }, 18] }), `${at} the input ageYears is not declared here`],
    [when({ lt: [{ var: 'score' }, 18] }), `${at} the input score is not declared here`],
    [when({ lt: [{ var: 'ageYears' }, '18'] }), `${at} the operator lt does not take these arguments`],
    [when({ lt: [{ var: 'ageYears' }] }), `${at} the operator lt does not take these arguments`],
    [when({ lt: [{ var: 'ageYears' }, 17.5] }), `${at} a literal must be a text, a whole number, true or false`],
    [when({ lt: [{ var: 'ageYears' }, null] }), `${at} a literal must be a text, a whole number, true or false`],
    [when({ and: [{ var: 'ageYears' }, true] }), `${at} the operator and does not take these arguments`],
    [when({ if: [true, 1, false] }), `${at} the operator if does not take these arguments`],
    [when({ inSet: [{ var: 'identityVerdict' }, [1, 2]] }), `${at} the operator inSet does not take these arguments`],
    [when({ inSet: [{ var: 'identityVerdict' }, []] }), `${at} a set is a list of texts or of whole numbers, and not empty`],
    [when({ lt: [1, 2], gt: [1, 2] }), `${at} an operation is an object with exactly one key`],
    [when({ add: [1, 2] }), `${at} must yield a boolean`],
    [(each) => void (each['schemaVersion'] = loose(2)), '$.schemaVersion must be 1'],
    [(each) => void delete each['version'], '$.version must be a text'],
    [(each) => void (each['baseScore'] = loose('500')), '$.baseScore must be a whole number'],
    [(each) => void (each['stages'] = { ...each['stages'], magic: loose([]) }), '$.stages.magic is not a stage'],
    [(each) => void Object.assign(each['stages'] ?? {}, { bureau: 7 }), '$.stages.bureau must be a list'],
    [(each) => void Object.assign(each['stages'] ?? {}, { bureau: [7] }), '$.stages.bureau[0] must be an object with members'],
    [
      (each) => void Object.assign(rule(each, 'bureau', 'bad-debt')['effect'] ?? {}, { reasonCode: 'BAD_HAIR' }),
      '$.stages.bureau[2].effect.reasonCode is not a reason code',
    ],
    [
      (each) => void Object.assign(rule(each, 'bureau', 'bad-debt')['effect'] ?? {}, { kind: 'points' }),
      '$.stages.bureau[2].effect.kind is not an effect of the stage bureau',
    ],
    [
      (each) =>
        void Object.assign(rule(each, 'scorecard', 'points-income')['effect'] ?? {}, { bins: [{ points: 1 }, { below: 3, points: 2 }] }),
      '$.stages.scorecard[4].effect.bins must rise, and only the last is open',
    ],
    [(each) => void Object.assign(rule(each, 'bureau', 'bad-debt'), { id: 'age-minimum' }), '$.stages a rule id occurs twice'],
    [(each) => void Object.assign(each['limit'] ?? {}, { table: [] }), '$.limit.table must end with a row whose `when` is true'],
    [(each) => void Object.assign(each['limit'] ?? {}, { stepVnd: 0 }), '$.limit.stepVnd must be above zero'],
    [(each) => void Object.assign(each['inputs']?.[0] ?? {}, { type: 'float' }), '$.inputs[0].type must be vnd, integer, boolean or enum'],
    [
      (each) => void Object.assign(each['inputs']?.[0] ?? {}, { missing: { policy: 'approve' } }),
      '$.inputs[0].missing.policy must be refer, decline, treatAs or allowNull',
    ],
    [
      (each) => void Object.assign(each['inputs']?.[2] ?? {}, { missing: { policy: 'treatAs', value: 1 } }),
      '$.inputs orderAmountVnd must be a vnd that refers when missing',
    ],
    [(each) => void Object.assign(each['derived']?.[0] ?? {}, { name: 'ageYears' }), '$.derived[0].name is taken'],
  ];
  for (const [change, problem] of cases)
    assert.ok(problemsOf(change).includes(problem), `${problem} not in ${problemsOf(change).join('; ')}`);
});

test('what is no ruleset at all is refused', () => {
  for (const document of [null, 1, 'x', [], {}, { stages: null }]) assert.throws(() => parseRuleset(document), InvalidRuleset);
});

test('an expression that nests without end is refused', () => {
  let deep: unknown = true;
  for (let depth = 0; depth < 30; depth += 1) deep = { not: [deep] };
  const problems = problemsOf((each) => void Object.assign(rule(each, 'eligibility', 'age-minimum'), { when: deep }));
  assert.deepEqual(problems, ['$.stages.eligibility[0].when the expression is nested too deeply']);
});
