// Personal data in boxes: what is sealed in one place opens there and nowhere else, or not at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBoxes } from '../../db/boxes.ts';

const keys = { dataKey: Buffer.alloc(32, 1), indexKey: Buffer.alloc(32, 2) };
const boxes = createBoxes(keys);
const bytes = fc.uint8Array({ maxLength: 200 });
const place = fc
  .tuple(fc.constantFrom('customers.profile', 'documents.content'), fc.stringMatching(/^[0-9a-z]{1,10}$/))
  .map((parts) => parts.join(':'));

test('what was sealed opens in its own place, byte for byte', () => {
  fc.assert(fc.property(place, bytes, (at, clear) => assert.deepEqual(boxes.open(at, boxes.seal(at, clear)), Buffer.from(clear))));
  assert.equal(boxes.open('t.c:1', boxes.seal('t.c:1', 'Đào')).toString(), 'Đào');
});

test('a box does not open in another row, with another key, or with any byte changed or cut', () => {
  fc.assert(
    fc.property(place, bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (at, clear, position, flip) => {
      const box = boxes.seal(at, clear);
      assert.throws(() => boxes.open(`${at}0`, box));
      assert.throws(() => createBoxes({ ...keys, dataKey: Buffer.alloc(32, 9) }).open(at, box));
      const changed = Buffer.from(box);
      const index = position % box.length;
      changed[index] = (changed[index] ?? 0) ^ flip;
      assert.throws(() => boxes.open(at, changed));
      assert.throws(() => boxes.open(at, box.subarray(0, index)));
      assert.throws(() => boxes.open(at, Buffer.concat([box, Buffer.of(0)])));
    }),
  );
});

test('the same text sealed twice gives two boxes, so that equal data does not show', () => {
  assert.notDeepEqual(boxes.seal('t.c:1', 'same'), boxes.seal('t.c:1', 'same'));
});

test('an index is the same for the same value, and another for another value, kind or key', () => {
  const index = boxes.index('phone', '+84900000123');
  assert.deepEqual(boxes.index('phone', '+84900000123'), index);
  assert.notDeepEqual(boxes.index('phone', '+84900000124'), index);
  assert.notDeepEqual(boxes.index('national_id', '+84900000123'), index);
  assert.notDeepEqual(createBoxes({ ...keys, indexKey: Buffer.alloc(32, 9) }).index('phone', '+84900000123'), index);
});
