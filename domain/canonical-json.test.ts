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

test('keys are sorted at every depth and absent members leave no trace', () => {
  assert.equal(canonicalJson({ b: [{ d: 1, c: 'đ' }], a: undefined, A: null }), '{"A":null,"b":[{"c":"đ","d":1}]}');
});

test('what JSON would quietly change is refused with the place where it stands', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, new Date(0), 1n, () => 1, new Map(), [undefined], Symbol('s')]) {
    assert.throws(() => canonicalJson({ here: value }), /^TypeError: \$\.here/);
  }
});
