import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatVnd, vnd } from './money.ts';

const largestVnd = 1_000_000_000_000;
const amount = fc.integer({ min: -largestVnd, max: largestVnd });

test('an amount comes back unchanged from a number, a bigint, a text and what a customer reads', () => {
  fc.assert(
    fc.property(amount, (amountVnd) => {
      for (const form of [amountVnd, BigInt(amountVnd), String(amountVnd), formatVnd(amountVnd).replaceAll(/[. ₫]/g, '')]) {
        assert.equal(vnd(form), amountVnd);
      }
    }),
  );
});

test('an amount is written with a dot before every three digits, as in Vietnam', () => {
  assert.deepEqual([0, 999, 1_000, 1_500_000, -2_000_000].map(formatVnd), ['0 ₫', '999 ₫', '1.000 ₫', '1.500.000 ₫', '-2.000.000 ₫']);
  fc.assert(fc.property(amount, (amountVnd) => assert.match(formatVnd(amountVnd), /^-?\d{1,3}(\.\d{3})* ₫$/)));
});

test('what is no whole amount within the bounds is refused, and the error repeats none of it', () => {
  const texts = [
    '',
    ' ',
    '1.5',
    '1,000',
    '0x10',
    '1e3',
    ' 12',
    '12 ',
    '+5',
    '--5',
    'NaN',
    'Infinity',
    '٣',
    '1_000',
    '99999999999999999999',
  ];
  const numbers = [Number.NaN, Number.POSITIVE_INFINITY, 0.5, 1e21, largestVnd + 1, -largestVnd - 1, BigInt(largestVnd) + 1n, 2n ** 70n];
  for (const value of [...texts, ...numbers]) {
    assert.throws(() => vnd(value), { name: 'RangeError', message: 'an amount must be a whole number of VND' }, String(value));
  }
});

test('any text is either an exact amount or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.bigInt().map(String)), (text) => {
      const isAmount = /^-?\d+$/.test(text) && BigInt(text) <= largestVnd && BigInt(text) >= -largestVnd;
      if (isAmount) assert.equal(BigInt(vnd(text)), BigInt(text));
      else assert.throws(() => vnd(text), RangeError);
    }),
  );
});

test('there is no minus zero', () => {
  assert.ok(Object.is(vnd(-0), 0) && Object.is(vnd('-0'), 0));
});
