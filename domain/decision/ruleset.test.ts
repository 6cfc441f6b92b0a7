import assert from 'node:assert/strict';
import { test } from 'node:test';
import { facts, now, shippedRuleset } from '../../test/support/facts.ts';
import { evaluate } from './evaluate.ts';
import { featuresFrom } from './features.ts';
import { InvalidRuleset, parseRuleset } from './ruleset.ts';

// A test reaches anywhere into the document, so it is typed as loosely as JSON is.
interface Loose {
  [key: string]: Loose;
}
type Change = (document: Loose) => void;

function changed(change: Change): unknown {
  const document = structuredClone(shippedRuleset) as Loose; // loosely typed on purpose
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

const snapshot = featuresFrom(facts({ orderAmountVnd: 2_000_000 }));

test('a rule that fails sends the application to a person, whichever rule it is', () => {
  const failing = { gt: [{ mulRatioDown: [1, 1, 0] }, 0] };
  const document = loose(structuredClone(shippedRuleset));
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

test('a document of before there were prices is read as it was: nothing costs anything, and its decisions are repeated to the byte', () => {
  const document = changed((each) => {
    each['schemaVersion'] = loose(2);
    delete each['pricing'];
    Object.assign(Object(rule(each, 'affordability', 'cap-affordability')['effect']), { limitVnd: 20_000_000 });
  });
  const old = parseRuleset(document);
  assert.equal(old.pricing, null);
  const result = evaluate(old, snapshot, now);
  assert.deepEqual([result.kind, 'cost' in result], ['approved', false]);
});

test('the order of an approval has its cost in the record, and a price that nobody knows refers', () => {
  const ruleset = parseRuleset(shippedRuleset);
  assert.deepEqual(evaluate(ruleset, snapshot, now).cost, { totalFeesVnd: 30_000, totalPayableVnd: 2_030_000, aprPercent: 9.3 });
  const free = featuresFrom(facts({ orderAmountVnd: 2_000_000, product: 'pay-in-30-days' }));
  assert.deepEqual(evaluate(ruleset, free, now).cost, { totalFeesVnd: 0, totalPayableVnd: 2_000_000, aprPercent: 0 });
  const { product: _, ...unpriced } = snapshot;
  const { kind, cost } = evaluate(ruleset, unpriced, now);
  assert.deepEqual([kind, cost], ['referred', null]);
});

test('an analyst is told every problem of a ruleset and where it is', () => {
  const when = (value: unknown) => (document: Loose) => void Object.assign(rule(document, 'eligibility', 'age-minimum'), { when: value });
  const at = '$.stages.eligibility[age-minimum].when';
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
    [
      (each) => void Object.assign(each['derived']?.[2] ?? {}, { bands: [{ name: 'all' }, { below: 3, name: 'few' }] }),
      '$.derived[bureauBand].bands must rise, and only the last is open',
    ],
    [when({ lt: [{ daysBetween: ['2020-01-01', { var: 'today' }] }, 1] }), `${at} the operator daysBetween does not take these arguments`],
    [(each) => void Object.assign(each['pricing'] ?? {}, { rounding: 'somehow' }), '$.pricing.rounding must be down, halfUp, up'],
    [(each) => void delete each['pricing']?.['products']?.['pay-in-3'], '$.pricing.products.pay-in-3 must be an object with members'],
    [
      (each) => void Object.assign(each['pricing'] ?? {}, { lateFee: { basisPoints: -1, atMostVnd: 1 } }),
      '$.pricing.lateFee.basisPoints must be between 0 and 10000 basis points',
    ],
    [(each) => void (each['schemaVersion'] = loose(1)), '$.schemaVersion must be 3; documents of 2 are read as they were'],
    [(each) => void delete each['version'], '$.version must be a text'],
    [(each) => void (each['baseScore'] = loose('500')), '$.baseScore must be a whole number'],
    [(each) => void (each['stages'] = { ...each['stages'], magic: loose([]) }), '$.stages.magic is not a stage'],
    [(each) => void Object.assign(each['stages'] ?? {}, { bureau: 7 }), '$.stages.bureau must be a list'],
    [(each) => void Object.assign(each['stages'] ?? {}, { bureau: [7] }), '$.stages.bureau[0] must be an object with members'],
    [
      (each) => void Object.assign(rule(each, 'bureau', 'bad-debt')['effect'] ?? {}, { reasonCode: 'BAD_HAIR' }),
      '$.stages.bureau[bad-debt].effect.reasonCode BAD_HAIR has no texts for customers and staff in domain/reasons.ts',
    ],
    [
      (each) => void Object.assign(rule(each, 'bureau', 'bad-debt')['effect'] ?? {}, { kind: 'points' }),
      '$.stages.bureau[bad-debt].effect.kind is not an effect of the stage bureau',
    ],
    [
      (each) =>
        void Object.assign(rule(each, 'scorecard', 'points-income')['effect'] ?? {}, { bins: [{ points: 1 }, { below: 3, points: 2 }] }),
      '$.stages.scorecard[points-income].effect.bins must rise, and only the last is open',
    ],
    [(each) => void Object.assign(rule(each, 'bureau', 'bad-debt'), { id: 'age-minimum' }), '$.stages a rule id occurs twice'],
    [(each) => void Object.assign(each['limit'] ?? {}, { table: [] }), '$.limit.table must end with a row whose `when` is true'],
    [(each) => void Object.assign(each['limit'] ?? {}, { stepVnd: 0 }), '$.limit.stepVnd must be above zero'],
    [
      (each) => void Object.assign(each['inputs']?.[0] ?? {}, { type: 'float' }),
      '$.inputs[dateOfBirth].type must be vnd, integer, boolean, enum or day',
    ],
    [
      (each) => void Object.assign(each['inputs']?.[0] ?? {}, { missing: { policy: 'approve' } }),
      '$.inputs[dateOfBirth].missing.policy must be refer, decline, treatAs or allowNull',
    ],
    [
      (each) => void Object.assign(each['inputs']?.[2] ?? {}, { missing: { policy: 'treatAs', value: 1 } }),
      '$.inputs orderAmountVnd must be a vnd that refers when missing',
    ],
    [(each) => void Object.assign(each['derived']?.[0] ?? {}, { name: 'bureauScore' }), '$.derived[bureauScore].name is taken'],
  ];
  for (const [change, problem] of cases)
    assert.ok(problemsOf(change).includes(problem), `${problem} not in ${problemsOf(change).join('; ')}`);
});

test('what is no ruleset at all is refused', () => {
  for (const document of [null, 1, 'x', [], {}, { stages: null }]) assert.throws(() => parseRuleset(document), InvalidRuleset);
});

test('an expression without measure is refused', () => {
  const wide = { or: Array.from({ length: 100 }, () => ({ eq: [1, 2] })) };
  const problems = problemsOf((each) => void Object.assign(rule(each, 'eligibility', 'age-minimum'), { when: wide }));
  assert.deepEqual(problems, ['$.stages.eligibility[age-minimum].when the expression is too large']);
});

test('an expression that nests without end is refused', () => {
  let deep: unknown = true;
  for (let depth = 0; depth < 30; depth += 1) deep = { not: [deep] };
  const problems = problemsOf((each) => void Object.assign(rule(each, 'eligibility', 'age-minimum'), { when: deep }));
  assert.deepEqual(problems, ['$.stages.eligibility[age-minimum].when the expression is nested too deeply']);
});
