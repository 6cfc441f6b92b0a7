import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstDifference } from './record.ts';

test('the first difference is named by its place, with what stands there on either side', () => {
  const cases: [recorded: unknown, replayed: unknown, path: string | null][] = [
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }, null],
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, '$.b'],
    [{ a: [{ b: 'x' }] }, { a: [{ b: 'y' }] }, '$.a[0].b'],
    [{ a: 1 }, { a: 1, c: 2 }, '$.c'],
    [{ a: 1, c: 2 }, { a: 1 }, '$.c'],
    [{ a: [1] }, { a: [1, 2] }, '$.a[1]'],
    [{ a: [] }, { a: {} }, '$.a'],
    [{ a: null }, { a: {} }, '$.a'],
    [1, '1', '$'],
  ];
  for (const [recorded, replayed, path] of cases) assert.equal(firstDifference(recorded, replayed)?.path ?? null, path);
  assert.deepEqual(firstDifference({ a: 1 }, { a: 2 }), { path: '$.a', recorded: 1, replayed: 2 });
});
