import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import jsonLogic from 'json-logic-js';
import { compile, valueOf } from './engine.ts';
import { MissingInput, RuleFault, operators, type Kind } from './operators.ts';

const names = new Map<string, Kind>([
  ['n', 'number'],
  ['t', 'text'],
  ['b', 'boolean'],
  ['born', 'day'],
  ['today', 'day'],
]);

type Known = Record<string, number | boolean | string | null | Error>;

function answer(logic: unknown, known: Known = {}): unknown {
  return valueOf(compile(logic, names), new Map(Object.entries(known)));
}

test('every operator says what its name says', () => {
  const cases: [unknown, unknown][] = [
    [{ lt: [1, 2] }, true],
    [{ lt: [2, 2] }, false],
    [{ lte: [2, 2] }, true],
    [{ gt: [2, 2] }, false],
    [{ gte: [2, 2] }, true],
    [{ eq: ['a', 'a'] }, true],
    [{ eq: [1, 2] }, false],
    [{ between: [5, 5, 7] }, true],
    [{ between: [7, 5, 7] }, true],
    [{ between: [8, 5, 7] }, false],
    [{ inSet: ['a', ['b', 'a']] }, true],
    [{ inSet: [3, [1, 2]] }, false],
    [{ not: [false] }, true],
    [{ not: { eq: [1, 1] } }, false],
    [{ and: [true, true, false] }, false],
    [{ or: [false, true] }, true],
    [{ if: [false, 1, 2] }, 2],
    [{ add: [1, 2, 3] }, 6],
    [{ sub: [1, 3] }, -2],
    [{ mulRatioDown: [999_999, 40, 100] }, 399_999],
    [{ mulRatioUp: [999_999, 40, 100] }, 400_000],
    [{ mulRatioDown: [-1, 1, 2] }, -1],
    [{ mulRatioUp: [-1, 1, 2] }, 0],
    [{ floorTo: [1_999_999, 100_000] }, 1_900_000],
    [{ floorTo: [-1, 100] }, -100],
    [{ least: [3, 1, 2] }, 1],
    [{ greatest: [3, 1, 2] }, 3],
    [{ clamp: [5, 1, 3] }, 3],
    [{ clamp: [-5, 1, 3] }, 1],
    [{ ageAt: [{ var: 'born' }, { var: 'today' }] }, 25],
    [{ daysBetween: [{ var: 'today' }, { var: 'born' }] }, -9_496],
    [{ monthsBetween: [{ var: 'born' }, { var: 'today' }] }, 312],
  ];
  const days = { born: '2000-02-29', today: '2026-02-28' };
  for (const [logic, expected] of cases) assert.equal(answer(logic, days), expected, JSON.stringify(logic));
  const tested = new Set(cases.flatMap(([logic]) => Object.keys(Object(logic))));
  assert.deepEqual(
    Object.keys(operators).filter((name) => !tested.has(name)),
    [],
  );
});

test('what is not known is never taken for zero, false or empty', () => {
  const looks = [
    { lte: [{ var: 'n' }, 40] },
    { eq: [{ var: 't' }, ''] },
    { inSet: [{ var: 't' }, ['a']] },
    { add: [{ var: 'n' }, 1] },
    { between: [{ var: 'n' }, 0, 1] },
    { not: { var: 'b' } },
    { ageAt: [{ var: 'born' }, { var: 'today' }] },
    { and: [{ var: 'b' }, true] },
    { or: [{ var: 'b' }, true] },
    { if: [{ var: 'b' }, true, true] },
    { var: 'n' },
  ];
  for (const look of looks) {
    assert.throws(() => answer(look), MissingInput, JSON.stringify(look));
    assert.throws(() => answer(look, { n: null, t: null, b: null }), MissingInput, JSON.stringify(look));
  }
});

test('a value of the wrong type is never converted', () => {
  for (const n of ['12', '12abc', true, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.throws(() => answer({ lt: [{ var: 'n' }, 100] }, { n }), RuleFault);
    assert.throws(() => answer({ add: [{ var: 'n' }, 1] }, { n }), RuleFault);
  }
  for (const b of [0, 1, 'true', '']) assert.throws(() => answer({ and: [{ var: 'b' }, true] }, { b }), RuleFault);
});

test('a day that does not exist stops the rule', () => {
  for (const born of ['2025-02-29', '2025-2-1', 'yesterday', 7]) {
    assert.throws(() => answer({ daysBetween: [{ var: 'born' }, { var: 'today' }] }, { born, today: '2026-01-01' }), RuleFault);
  }
});

test('arithmetic that a computer cannot do exactly stops the rule', () => {
  for (const logic of [
    { mulRatioDown: [Number.MAX_SAFE_INTEGER, 2, 1] },
    { add: [Number.MAX_SAFE_INTEGER, 1] },
    { mulRatioUp: [1, 1, 0] },
    { mulRatioUp: [1, 1, -1] },
    { floorTo: [1, 0] },
    { clamp: [1, 3, 2] },
  ]) {
    assert.throws(() => answer(logic), RuleFault);
  }
});

test('a share of an amount is exact to the đồng', () => {
  const part = fc.integer({ min: 1, max: 10_000 });
  fc.assert(
    fc.property(fc.nat(100_000_000_000), part, part, (amount, numerator, denominator) => {
      const exact = (BigInt(amount) * BigInt(numerator)) / BigInt(denominator);
      const isWhole = (BigInt(amount) * BigInt(numerator)) % BigInt(denominator) === 0n;
      assert.equal(answer({ mulRatioDown: [amount, numerator, denominator] }), Number(exact));
      assert.equal(answer({ mulRatioUp: [amount, numerator, denominator] }), Number(exact) + (isWhole ? 0 : 1));
    }),
  );
});

test('a branch that is not taken may look at what is not known', () => {
  assert.equal(answer({ and: [{ var: 'b' }, { lt: [{ var: 'n' }, 1] }] }, { b: false, n: null }), false);
  assert.equal(answer({ if: [{ var: 'b' }, { var: 'n' }, 7] }, { b: false, n: null }), 7);
});

test('a failure behind a name is the failure of whoever looks', () => {
  assert.throws(() => answer({ lt: [{ var: 'n' }, 1] }, { n: new RuleFault('broken') }), /broken/);
});

test('an expression tells on what it looks', () => {
  const { names: seen, kind } = compile({ if: [{ var: 'b' }, { add: [{ var: 'n' }, 1] }, { var: 'n' }] }, names);
  assert.deepEqual([seen, kind], [['b', 'n'], 'number']);
});

test('the operators of json-logic-js stay as its documentation says', () => {
  assert.equal(jsonLogic.apply({ '<=': [{ var: 'dti' }, 0.4] }, {}), true);
  assert.throws(() => jsonLogic.apply({ lt: [1, 2] }), /Unrecognized operation/);
});
