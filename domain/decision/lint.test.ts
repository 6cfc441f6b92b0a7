import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { lintRuleset } from './lint.ts';

const folder = new URL('../../rulesets/', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

interface Rule {
  id: string;
  when: unknown;
  effect: Record<string, unknown>;
  limitVnd?: number;
}

/** As loose as JSON is where a test reaches in. */
interface Draft {
  pricing: {
    maximumAprPercent: number;
    rounding: string;
    products: Record<string, { feeBasisPoints: number; monthlyBasisPoints: number }>;
  };
  reasonCodes: string[];
  inputs: { name: string }[];
  stages: Record<string, Rule[]>;
  limit: { table: Rule[] };
}

function problemsOf(change: (draft: Draft) => void): string[] {
  const draft = read('pay-later-vn.v3.json') as Draft; // its shape is what the lint checks
  change(draft);
  return lintRuleset(draft);
}

const ruleOf = (draft: Draft, id: string): Rule =>
  [...Object.values(draft.stages).flat(), ...draft.limit.table].find((rule) => rule.id === id) ?? assert.fail(id);

const when = (id: string, condition: unknown) => (draft: Draft) => void (ruleOf(draft, id).when = condition);
const effect = (id: string, change: object) => (draft: Draft) => void Object.assign(ruleOf(draft, id).effect, change);

test('every ruleset of the repository may be published', () => {
  const files = readdirSync(folder);
  assert.ok(files.length > 0);
  for (const file of files) assert.deepEqual(lintRuleset(read(file)), [], file);
});

test('no price is published that costs more a year than the ruleset itself allows, on whichever day the order is placed', () => {
  const problems = problemsOf(({ pricing }) => void Object.assign(pricing.products['pay-in-3'] ?? {}, { monthlyBasisPoints: 100 }));
  assert.deepEqual(problems, ['pricing pay-in-3: the APR reaches 20.2 %, and may be 20 %']);
  assert.deepEqual(
    problemsOf(({ pricing }) => {
      Object.assign(pricing, { maximumAprPercent: 21 });
      Object.assign(pricing.products['pay-in-3'] ?? {}, { monthlyBasisPoints: 100 });
    }).filter((problem) => problem.startsWith('pricing')),
    [],
  );
  const roundedUp = problemsOf(({ pricing }) => void Object.assign(pricing, { rounding: 'up' }));
  assert.match(roundedUp.join(), /pay-in-3: the APR reaches .* may be 20 %/, 'one đồng more on an order of three');
});

test('what an analyst gets wrong is named with the rule in which it stands', () => {
  const cases: [change: (draft: Draft) => void, problem: string][] = [
    [when('bad-debt', { '<': [{ var: 'currentDebtGroup' }, 3] }), '$.stages.bureau[bad-debt].when the operator < is not allowed'],
    [effect('bad-debt', { reasonCode: 'BAD_HAIR' }), 'BAD_HAIR has no texts for customers and staff in domain/reasons.ts'],
    [effect('bad-debt', { reasonCode: 'OFFER_EXPIRED' }), 'rule bad-debt: OFFER_EXPIRED is not in reasonCodes'],
    [effect('bad-debt', { reasonCode: 'THIN_FILE' }), 'reasonCodes: no rule gives BAD_DEBT'],
    [when('bad-debt', false), 'rule bad-debt: can never apply'],
    [when('bad-debt', { lt: [2, 1] }), 'rule bad-debt: can never apply'],
    [when('bad-debt', { gt: [{ var: 'currentDebtGroup' }, 5] }), 'rule bad-debt: can never apply'],
    [when('bad-debt', { and: [{ var: 'isHit' }, { gte: [{ var: 'currentDebtGroup' }, 6] }] }), 'rule bad-debt: can never apply'],
    [when('score-borderline', { lt: [{ var: 'score' }, 410] }), 'rule score-borderline: can never apply'],
    [
      when('identity-uncertain', { eq: [{ var: 'identityVerdict' }, 'refered'] }),
      'rule identity-uncertain: identityVerdict is never refered',
    ],
    [
      when('bad-debt', { and: [{ inSet: [{ var: 'bureauOutcome' }, ['HIT', 'HITT']] }, { gte: [{ var: 'currentDebtGroup' }, 3] }] }),
      'rule bad-debt: bureauOutcome is never HITT',
    ],
    [when('limit-b', { gte: [{ var: 'score' }, 640] }), 'rule limit-b: never reached, because limit-a stands before it'],
    [when('limit-b', true), 'rule limit-c: never reached, because limit-b stands before it'],
    [
      effect('points-bureau-score', { bins: [{ below: 100, points: 0 }, { points: 5 }] }),
      'rule points-bureau-score: nothing falls into bin 1',
    ],
    [
      effect('points-bureau-score', { bins: [{ below: 800, points: 0 }, { points: 5 }] }),
      'rule points-bureau-score: nothing falls into bin 2',
    ],
    [(draft) => void draft.inputs.push({ ...draft.inputs[0], name: 'shoeSize' }), 'input shoeSize: no rule looks at it'],
    [
      (draft) => {
        const many = Array.from({ length: 40 }, (_, index) => ({ ...ruleOf(draft, 'bad-debt'), id: `copy-${index}` }));
        const long = { or: Array.from({ length: 60 }, () => ({ var: 'isHit' })) };
        draft.stages['bureau']?.push(...many.map((rule) => ({ ...rule, when: long })));
      },
      'operations, names and literals, and may have 2000',
    ],
  ];
  for (const [change, problem] of cases) {
    const found = problemsOf(change);
    assert.ok(
      found.some((each) => each.includes(problem)),
      `${problem} not in: ${found.join('; ')}`,
    );
  }
});

test('what is no ruleset at all is refused, and nothing is thrown', () => {
  for (const document of [null, 1, [], {}]) assert.notDeepEqual(lintRuleset(document), []);
});
