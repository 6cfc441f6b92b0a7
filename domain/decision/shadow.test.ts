import assert from 'node:assert/strict';
import { test } from 'node:test';
import { facts, now, shippedRuleset } from '../../test/support/facts.ts';
import { evaluate } from './evaluate.ts';
import { featuresFrom } from './features.ts';
import { parseRuleset } from './ruleset.ts';
import { challenge } from './shadow.ts';

const ruleset = parseRuleset(shippedRuleset);
const features = featuresFrom(facts());
const champion = evaluate(ruleset, features, now);

test('a challenger that takes too long is not listened to', () => {
  let timeMs = 0;
  const clock = () => (timeMs += 15);
  const read = () => ruleset;
  assert.deepEqual(challenge(champion, { sha256: 'x', read }, { features, now, budgetMs: 10, clock }), { sha256: 'x', kind: 'late' });
  assert.equal(challenge(champion, { sha256: 'x', read }, { features, now, budgetMs: 15, clock }).kind, 'agrees');
});

test('a challenger that throws is noted and goes no further', () => {
  const read = () => {
    throw new Error('not a ruleset');
  };
  assert.deepEqual(challenge(champion, { sha256: 'x', read }, { features, now, budgetMs: 10, clock: () => 0 }), {
    sha256: 'x',
    kind: 'failed',
  });
});
