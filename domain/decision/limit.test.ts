import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveLimit, limitAfterReview } from './limit.ts';

const bounds = { minimumVnd: 1_000_000, stepVnd: 100_000 };
const cap = (ruleId: string, limitVnd: number, reasonCode: 'AFFORDABILITY_EXCEEDED' | 'SCORE_TOO_LOW' | null = null) => ({
  ruleId,
  limitVnd,
  reasonCode,
});

test('the tightest cap binds, rounded down to the step, and of equal ones the first by name', () => {
  const caps = [cap('b', 5_050_000), cap('c', 9_000_000), cap('a', 5_050_000)];
  const limit = deriveLimit(caps, bounds, 5_000_000);
  assert.deepEqual([limit.grantedVnd, limit.caps.map((each) => each.ruleId)], [5_000_000, ['a', 'b', 'c']]);
});

test('an order above the limit is told of every cap that it is above, tightest first', () => {
  const caps = [cap('score', 4_000_000, 'SCORE_TOO_LOW'), cap('debt', 3_000_000, 'AFFORDABILITY_EXCEEDED'), cap('product', 20_000_000)];
  const limit = deriveLimit(caps, bounds, 5_000_000);
  assert.deepEqual([limit.grantedVnd, limit.reasons], [null, ['LIMIT_BELOW_ORDER', 'AFFORDABILITY_EXCEEDED', 'SCORE_TOO_LOW']]);
});

test('no limit below the smallest there is, and none from a cap that is negative', () => {
  assert.equal(deriveLimit([cap('a', 999_999)], bounds, 500_000).grantedVnd, null);
  assert.equal(deriveLimit([cap('a', -5)], bounds, 500_000).grantedVnd, null);
  assert.equal(deriveLimit([cap('a', 1_000_000)], bounds, 500_000).grantedVnd, 1_000_000);
});

test('a reviewer who approves grants what the rules would, or else just enough for the order', () => {
  assert.equal(limitAfterReview(17_100_000, bounds, 4_500_000), 17_100_000);
  assert.equal(limitAfterReview(null, bounds, 4_510_000), 4_600_000);
  assert.equal(limitAfterReview(null, bounds, 50_000), 1_000_000);
});
