import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';

test('the order in which keys were written never changes a hash', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).toReversed());
      assert.equal(canonicalJson(turned), canonicalJson(value));
    }),
  );
});

test('what was written is read back unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('texts and numbers are written exactly as JSON writes them', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(canonicalJson(text), JSON.stringify(text))));
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) =>
      assert.equal(canonicalJson(number), JSON.stringify(number)),
    ),
  );
  assert.equal(canonicalJson('\ud800"\\\n'), JSON.stringify('\ud800"\\\n'));
});

test('keys are sorted at every depth and absent members leave no trace', () => {
  assert.equal(canonicalJson({ b: [{ d: 1, c: 'đ' }], a: undefined, A: null }), '{"A":null,"b":[{"c":"đ","d":1}]}');
});

test('what JSON would quietly change is refused with the place where it stands', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, new Date(0), 1n, () => 1, new Map(), [undefined], Symbol('s')]) {
    assert.throws(() => canonicalJson({ here: value }), /^TypeError: \$\.here/);
  }
});
