import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../canonical-json.ts';
import { reasons } from '../reasons.ts';
import { evaluate } from './evaluate.ts';
import { explanation, withoutFacts } from './explain.ts';
import { featuresFrom, type KnownFacts } from './features.ts';
import { parseRuleset } from './ruleset.ts';
import type { Feature, FeatureSnapshot } from './types.ts';

const document: unknown = JSON.parse(readFileSync(new URL('../../rulesets/pay-later-vn.v1.json', import.meta.url), 'utf8'));
const ruleset = parseRuleset(document);
const now = new Date('2026-03-01T03:00:00Z');

/** A customer whom every rule lets pass. */
function facts(changes: Partial<KnownFacts> = {}): KnownFacts {
  return {
    profile: { dateOfBirth: '1995-05-05', monthlyIncomeVnd: 15_000_000, statedAt: now },
    bureau: hit(),
    identity: { verdict: 'verified', at: now },
    orderAmountVnd: 4_500_000,
    product: 'pay-in-3',
    now,
    ...changes,
  };
}

type Report = NonNullable<KnownFacts['bureau']['report']>;

function hit(changes: Partial<Report> = {}): KnownFacts['bureau'] {
  const report: Report = {
    asOf: now.toISOString(),
    currentDebtGroup: 1,
    worstGroup12m: 1,
    lenders: [{ code: 'L1', kind: 'card', outstandingVnd: 6_000_000, debtGroup: 1 }],
    inquiries: { d30: 1, d90: 1, d180: 1 },
    score: { value: 690, scale: '150-750' },
    ...changes,
  };
  return { outcome: 'HIT', report, answeredAt: now };
}

function income(monthlyIncomeVnd: number): Pick<KnownFacts, 'profile'> {
  return { profile: { dateOfBirth: '1995-05-05', monthlyIncomeVnd, statedAt: now } };
}

const noReport = (outcome: KnownFacts['bureau']['outcome']): Partial<KnownFacts> => ({
  bureau: { outcome, report: null, answeredAt: now },
});

const decide = (changes: Partial<KnownFacts> = {}) => evaluate(ruleset, featuresFrom(facts(changes)), now);

function brief(changes: Partial<KnownFacts>): string {
  const { kind, reasons, limitVnd } = decide(changes);
  return [kind, ...reasons, limitVnd ?? '-'].join(' ');
}

/** Anybody at all, well-formed. */
const anyGroup = fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const, 5 as const);
const anyFacts: fc.Arbitrary<KnownFacts> = fc
  .record({
    dateOfBirth: fc.integer({ min: 1945, max: 2010 }).map((year) => `${year}-07-15`),
    monthlyIncomeVnd: fc.integer({ min: 0, max: 60_000_000 }),
    orderAmountVnd: fc.integer({ min: 1, max: 22_000_000 }),
    product: fc.constantFrom('pay-in-3' as const, 'pay-in-30-days' as const),
    verdict: fc.constantFrom('verified' as const, 'verified' as const, 'refer' as const),
    outcome: fc.constantFrom(
      'HIT' as const,
      'HIT' as const,
      'HIT' as const,
      'NO_HIT' as const,
      'MULTIPLE_MATCH' as const,
      'UNAVAILABLE' as const,
    ),
    score: fc.integer({ min: 150, max: 750 }),
    currentDebtGroup: fc.oneof({ weight: 4, arbitrary: fc.constant(1 as const) }, { weight: 1, arbitrary: anyGroup }),
    worstGroup12m: fc.oneof({ weight: 4, arbitrary: fc.constant(1 as const) }, { weight: 1, arbitrary: anyGroup }),
    d30: fc.integer({ min: 0, max: 12 }),
    outstanding: fc.tuple(fc.nat(300_000_000), fc.nat(60_000_000), fc.nat(60_000_000)),
  })
  .map((any) => {
    const kinds = ['bank', 'financeCo', 'card'] as const;
    const report = hit({
      currentDebtGroup: any.currentDebtGroup,
      worstGroup12m: any.worstGroup12m,
      lenders: kinds.map((kind, index) => ({ code: kind, kind, outstandingVnd: any.outstanding[index] ?? 0, debtGroup: 1 })),
      inquiries: { d30: any.d30, d90: any.d30, d180: any.d30 },
      score: { value: any.score, scale: '150-750' },
    });
    return facts({
      profile: { dateOfBirth: any.dateOfBirth, monthlyIncomeVnd: any.monthlyIncomeVnd, statedAt: now },
      bureau: any.outcome === 'HIT' ? report : { outcome: any.outcome, report: null, answeredAt: now },
      identity: { verdict: any.verdict, at: now },
      orderAmountVnd: any.orderAmountVnd,
      product: any.product,
    });
  });

const granted = (known: KnownFacts) => {
  const result = evaluate(ruleset, featuresFrom(known), now);
  return result.kind === 'approved' ? result.limitVnd : 0;
};

function shuffled(snapshot: FeatureSnapshot): FeatureSnapshot {
  return Object.fromEntries(Object.entries(snapshot).toReversed());
}

test('each of the reasons to decline or refer is found, named, and nothing else', () => {
  assert.equal(brief({}), 'approved 17100000');
  assert.equal(brief({ profile: { ...facts().profile, dateOfBirth: '2008-03-02' } }), 'declined AGE_BELOW_MINIMUM -');
  assert.equal(brief({ profile: { ...facts().profile, dateOfBirth: '2008-03-01' } }), 'approved 17100000');
  assert.equal(brief({ profile: { ...facts().profile, dateOfBirth: '1959-03-01' } }), 'declined AGE_ABOVE_MAXIMUM -');
  assert.equal(brief(income(3_999_999)), 'declined INCOME_TOO_LOW -');
  assert.equal(brief({ bureau: hit({ currentDebtGroup: 4, worstGroup12m: 4 }) }), 'declined BAD_DEBT RECENT_BAD_DEBT -');
  assert.equal(brief({ bureau: hit({ worstGroup12m: 3 }) }), 'declined RECENT_BAD_DEBT -');
  assert.equal(brief({ bureau: hit({ score: { value: 430, scale: '150-750' } }) }), 'declined SCORE_TOO_LOW -');
  assert.equal(brief({ bureau: hit({ inquiries: { d30: 11, d90: 11, d180: 11 } }) }), 'declined TOO_MANY_INQUIRIES -');
  assert.equal(brief({ orderAmountVnd: 20_000_001 }), 'declined LIMIT_BELOW_ORDER -');
  assert.equal(brief({ identity: { verdict: 'refer', at: now } }), 'referred IDENTITY_FACE_UNCERTAIN 17100000');
  const overdue = hit({ worstGroup12m: 2, score: { value: 440, scale: '150-750' }, inquiries: { d30: 7, d90: 7, d180: 7 } });
  assert.equal(brief({ bureau: overdue, orderAmountVnd: 1_500_000 }), 'referred SCORE_BORDERLINE 2000000');
});

test('a customer who can not carry the order is told so, and not only that the limit is small', () => {
  const { kind, reasons, bindingCap } = decide({ ...income(5_000_000), orderAmountVnd: 6_000_000 });
  assert.deepEqual([kind, reasons, bindingCap], ['declined', ['LIMIT_BELOW_ORDER', 'AFFORDABILITY_EXCEEDED'], 'cap-affordability']);
});

test('a thin file is a normal outcome: a small limit, and a person for larger orders', () => {
  assert.equal(brief({ ...noReport('NO_HIT'), orderAmountVnd: 3_000_000 }), 'approved 3000000');
  assert.equal(brief({ ...noReport('NO_HIT'), orderAmountVnd: 3_000_001 }), 'referred THIN_FILE -');
});

test('an outage of CIC or several people in its answer end with a person, never with a decline', () => {
  for (const orderAmountVnd of [500_000, 4_500_000, 20_000_000]) {
    assert.match(brief({ ...noReport('UNAVAILABLE'), orderAmountVnd }), /^referred REPORT_UNAVAILABLE/);
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
    for (const asOf of ['2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', 'yesterday', '']) {
      assert.equal(spoiled(name, { asOf }).kind, 'referred', `${name} as of ${asOf}`);
    }
  }
});

test('no key of a snapshot reaches what a program brings along', () => {
  const own = JSON.parse('{"__proto__": {"value": 1, "source": "x", "asOf": "2026-03-01T00:00:00Z"}}') as FeatureSnapshot; // a hostile document
  assert.equal(evaluate(ruleset, own, now).kind, 'referred');
  assert.equal(evaluate(ruleset, Object.create(featuresFrom(facts())) as FeatureSnapshot, now).kind, 'referred'); // inherited, so not facts
});

test('more income never lowers the limit', () => {
  fc.assert(
    fc.property(anyFacts, fc.nat(30_000_000), (known, more) => {
      const richer = { ...known, profile: { ...known.profile, monthlyIncomeVnd: known.profile.monthlyIncomeVnd + more } };
      assert.ok(granted(richer) >= granted(known));
    }),
    { numRuns: 1_000 },
  );
});

test('more debt, a worse debt group or more inquiries never raise the limit', () => {
  const worse = fc.record({
    owedVnd: fc.nat(80_000_000),
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
      assert.ok(granted({ ...known, bureau: { ...known.bureau, report: indebted } }) <= granted(known));
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
  assert.match(text, /"ruleId":"bad-debt"/);
});

test('the customer is told each reason once, in both languages', () => {
  const result = decide({ bureau: hit({ currentDebtGroup: 5, worstGroup12m: 5 }) });
  assert.deepEqual(explanation(result, 'vi'), [reasons.BAD_DEBT.customer.vi, reasons.RECENT_BAD_DEBT.customer.vi]);
  assert.deepEqual(explanation(result, 'en'), [reasons.BAD_DEBT.customer.en, reasons.RECENT_BAD_DEBT.customer.en]);
  assert.deepEqual(explanation(decide(), 'vi'), []);
});
