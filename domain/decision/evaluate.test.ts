import assert from 'node:assert/strict';
import { test } from 'node:test';
import { facts, hit, income, noReport, now, shippedRuleset, unknownBefore } from '../../test/support/facts.ts';
import { canonicalJson } from '../canonical-json.ts';
import { reasons } from '../reasons.ts';
import { evaluate } from './evaluate.ts';
import { explanation, withoutFacts } from './explain.ts';
import { featuresFrom, type KnownFacts } from './features.ts';
import { parseRuleset } from './ruleset.ts';
import type { Feature, FeatureSnapshot } from './types.ts';

const ruleset = parseRuleset(shippedRuleset);

const decide = (changes: Partial<KnownFacts> = {}) => evaluate(ruleset, featuresFrom(facts(changes)), now);

function brief(changes: Partial<KnownFacts>): string {
  const { kind, reasons, limitVnd } = decide(changes);
  return [kind, ...reasons, limitVnd ?? '-'].join(' ');
}

test('each of the reasons to decline or refer is found, named, and nothing else', () => {
  assert.equal(brief({}), 'approved 16800000');
  assert.equal(brief({ profile: { ...facts().profile, dateOfBirth: '2008-03-02' } }), 'declined AGE_BELOW_MINIMUM -');
  assert.equal(brief({ profile: { ...facts().profile, dateOfBirth: '2008-03-01' } }), 'approved 16800000');
  assert.equal(brief({ profile: { ...facts().profile, dateOfBirth: '1959-03-01' } }), 'declined AGE_ABOVE_MAXIMUM -');
  assert.equal(brief(income(3_999_999)), 'declined INCOME_TOO_LOW -');
  assert.equal(brief({ bureau: hit({ currentDebtGroup: 4, worstGroup12m: 4 }) }), 'declined BAD_DEBT RECENT_BAD_DEBT -');
  assert.equal(brief({ bureau: hit({ worstGroup12m: 3 }) }), 'declined RECENT_BAD_DEBT -');
  assert.equal(brief({ bureau: hit({ score: { value: 430, scale: '150-750' } }) }), 'declined SCORE_TOO_LOW -');
  assert.equal(brief({ bureau: hit({ inquiries: { d30: 11, d90: 11, d180: 11 } }) }), 'declined TOO_MANY_INQUIRIES -');
  assert.equal(brief({ orderAmountVnd: 20_000_001 }), 'declined LIMIT_BELOW_ORDER -');
  assert.equal(brief({ identity: { verdict: 'refer', at: now } }), 'referred IDENTITY_FACE_UNCERTAIN 16800000');
  const overdue = hit({ worstGroup12m: 2, score: { value: 440, scale: '150-750' }, inquiries: { d30: 7, d90: 7, d180: 7 } });
  assert.equal(
    brief({ bureau: overdue, orderAmountVnd: 1_500_000 }),
    'referred SCORE_BORDERLINE BUREAU_SCORE_WEAK OVERDUE_RECENTLY INQUIRIES_FREQUENT INCOME_MODEST 2000000',
  );
});

test('a customer who can not carry the order is told so, and not only that the limit is small', () => {
  const { kind, reasons, bindingCap } = decide({ ...income(5_000_000), orderAmountVnd: 6_000_000 });
  assert.deepEqual([kind, reasons, bindingCap], ['declined', ['LIMIT_BELOW_ORDER', 'AFFORDABILITY_EXCEEDED'], 'cap-affordability']);
});

test('a thin file is a normal outcome: a small limit, and a person for larger orders', () => {
  assert.equal(brief({ ...noReport('NO_HIT'), orderAmountVnd: 3_000_000 }), 'approved 3000000');
  assert.equal(brief({ ...noReport('NO_HIT'), orderAmountVnd: 3_000_001 }), 'referred THIN_FILE -');
});

test('a report that is older than the policy allows is not used, and the reason says so', () => {
  const old = new Date(now.getTime() - 31 * 86_400_000);
  assert.equal(brief({ bureau: hit({ asOf: old.toISOString() }) }), 'referred REPORT_TOO_OLD MISSING_INPUT -');
  assert.equal(brief({ bureau: { outcome: 'NO_HIT', report: null, answeredAt: old } }), 'referred REPORT_TOO_OLD MISSING_INPUT -');
  const young = new Date(now.getTime() - 30 * 86_400_000);
  assert.equal(brief({ bureau: hit({ asOf: young.toISOString() }) }), 'approved 16800000');
});

test('unusually many applications of a person or with a phone go to a person, and never decline', () => {
  const standing = (changes: Partial<KnownFacts['standing']>) => brief({ standing: { ...unknownBefore, ...changes } });
  assert.equal(
    standing({ personApplications24h: 4, personApplications30d: 19, phoneApplications24h: 9, phonePersons30d: 2 }),
    'approved 16800000',
  );
  assert.equal(standing({ personApplications24h: 5 }), 'referred TOO_MANY_APPLICATIONS 16800000');
  assert.equal(standing({ personApplications30d: 20 }), 'referred TOO_MANY_APPLICATIONS 16800000');
  assert.equal(standing({ phoneApplications24h: 10 }), 'referred TOO_MANY_APPLICATIONS 16800000');
  assert.equal(standing({ phonePersons30d: 3 }), 'referred PHONE_SHARED 16800000');
});

test('all limits of one person together stay under the cap, and the cap that bound is recorded', () => {
  const { kind, limitVnd, bindingCap } = decide({ standing: { ...unknownBefore, exposureVnd: 14_950_000 } });
  assert.deepEqual([kind, limitVnd, bindingCap], ['approved', 5_000_000, 'cap-exposure']);
  assert.equal(brief({ standing: { ...unknownBefore, exposureVnd: 30_000_000 } }), 'declined LIMIT_BELOW_ORDER EXPOSURE_EXCEEDED -');
});

test('a limit that the score made too small is explained by what cost most points, the costliest first', () => {
  const weak = hit({ score: { value: 505, scale: '150-750' }, inquiries: { d30: 4, d90: 4, d180: 4 } });
  const { kind, reasons, contributions } = decide({ bureau: weak, ...income(30_000_000), orderAmountVnd: 12_500_000 });
  assert.deepEqual([kind, reasons], ['declined', ['LIMIT_BELOW_ORDER', 'BUREAU_SCORE_WEAK', 'INQUIRIES_FREQUENT']]);
  assert.deepEqual(
    contributions.map(({ ruleId, points, lost }) => [ruleId, points, lost]),
    [
      ['points-bureau-score', 30, 70],
      ['points-debt-to-income', 15, 0],
      ['points-income', 45, 0],
      ['points-inquiries', 0, 10],
      ['points-worst-group', 20, 0],
    ],
  );
});

test('an outage of CIC or several people in its answer end with a person, never with a decline', () => {
  for (const orderAmountVnd of [500_000, 4_500_000, 20_000_000]) {
    assert.match(brief({ ...noReport('UNAVAILABLE'), orderAmountVnd }), /^referred REPORT_UNAVAILABLE/);
    assert.match(brief({ ...noReport('ERROR'), orderAmountVnd }), /^referred REPORT_FAILED/);
    assert.match(brief({ ...noReport('PENDING'), orderAmountVnd }), /^referred REPORT_UNAVAILABLE/);
    assert.match(brief({ ...noReport('MULTIPLE_MATCH'), orderAmountVnd }), /^referred REPORT_AMBIGUOUS/);
  }
});

test('removing any one fact never approves, and never turns a fact that is missing into a decline', () => {
  const snapshot = featuresFrom(facts());
  for (const name of Object.keys(snapshot)) {
    const { [name]: removed, ...rest } = snapshot;
    assert.ok(removed);
    for (const lacking of [rest, { ...rest, [name]: { ...removed, value: null } }]) {
      const result = evaluate(ruleset, lacking, now);
      assert.deepEqual([name, result.kind, result.reasons, result.limitVnd], [name, 'referred', ['MISSING_INPUT'], null]);
    }
  }
  assert.equal(evaluate(ruleset, {}, now).kind, 'referred');
  assert.equal(decide({ bureau: { outcome: 'HIT', report: null, answeredAt: now } }).kind, 'referred');
});

test('a fact of the wrong type, out of range, too old or from the future goes to a person', () => {
  const snapshot = featuresFrom(facts());
  const spoiled = (name: string, changes: object) => {
    const feature = { ...snapshot[name], ...changes } as Feature; // wrong on purpose
    return evaluate(ruleset, { ...snapshot, [name]: feature }, now);
  };
  for (const name of Object.keys(snapshot)) {
    for (const value of ['12abc', Number.NaN, 1.5, -1, Number.MAX_SAFE_INTEGER, true, {}, [1], '']) {
      assert.equal(spoiled(name, { value }).kind, 'referred', `${name} = ${JSON.stringify(value)}`);
    }
    const tooOld = name === 'dateOfBirth' ? [] : ['2026-01-01T00:00:00Z']; // a date of birth does not age
    for (const asOf of [...tooOld, '2027-01-01T00:00:00Z', 'yesterday', '']) {
      assert.equal(spoiled(name, { asOf }).kind, 'referred', `${name} as of ${asOf}`);
    }
  }
});

test('no key of a snapshot reaches what a program brings along', () => {
  const own = JSON.parse('{"__proto__": {"value": 1, "source": "x", "asOf": "2026-03-01T00:00:00Z"}}') as FeatureSnapshot; // a hostile document
  assert.equal(evaluate(ruleset, own, now).kind, 'referred');
  assert.equal(evaluate(ruleset, Object.create(featuresFrom(facts())) as FeatureSnapshot, now).kind, 'referred'); // inherited, so not facts
});

test('an auditor sees for every rule what it said and on what it looked', () => {
  const result = decide();
  const rule = (id: string) => result.trace.find((each) => each.ruleId === id);
  assert.deepEqual(rule('bad-debt'), {
    stage: 'bureau',
    ruleId: 'bad-debt',
    result: 'NO_HIT',
    operands: { currentDebtGroup: 1, isHit: true },
  });
  assert.equal(rule('limit-a')?.result, 'HIT');
  assert.equal(rule('limit-b')?.result, 'SKIPPED');
  assert.equal(
    result.score,
    result.contributions.reduce((sum, each) => sum + each.points, 500),
  );
  const declined = decide(income(1_000_000));
  assert.ok(declined.trace.filter((each) => each.stage !== 'eligibility').every((each) => each.result === 'SKIPPED'));
  assert.equal(declined.score, null);
  assert.equal(declined.trace.length, result.trace.length);
});

test('what is stored in the clear holds none of the facts about the person', () => {
  const text = canonicalJson(withoutFacts(decide({ ...income(15_432_100), orderAmountVnd: 4_321_000 })));
  assert.doesNotMatch(text, /15432100|4321000|operands|limitVnd":[^n1]/);
  assert.match(text, /"bad-debt":"NO_HIT"/);
});

test('the customer is told each reason once, in both languages', () => {
  const result = decide({ bureau: hit({ currentDebtGroup: 5, worstGroup12m: 5 }) });
  assert.deepEqual(explanation(result, 'vi'), [reasons.BAD_DEBT.customer.vi, reasons.RECENT_BAD_DEBT.customer.vi]);
  assert.deepEqual(explanation(result, 'en'), [reasons.BAD_DEBT.customer.en, reasons.RECENT_BAD_DEBT.customer.en]);
  assert.deepEqual(explanation(decide(), 'vi'), []);
});
