import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelNeedsTwo, overrideNeedsTwo, replayNeedsTwo } from './four-eyes.ts';

const alone = { overrideMaxVnd: 10_000_000, replayMaxMessages: 10 };

test('one person cancels an application that the bank has not heard of, or hears of no longer', () => {
  assert.equal(cancelNeedsTwo(null), false);
  assert.equal(cancelNeedsTwo({ client_status: 'closed', contract_status: 'closed' }), false);
  for (const [client, contract] of [
    ['planned', 'planned'],
    ['active', 'planned'],
    ['active', 'closed'],
  ] as const)
    assert.equal(cancelNeedsTwo({ client_status: client, contract_status: contract }), true, `${client} ${contract}`);
});

test('one person grants up to the limit, and not one dong more', () => {
  assert.equal(overrideNeedsTwo(10_000_000, alone), false);
  assert.equal(overrideNeedsTwo(10_000_001, alone), true);
});

test('many small replays count as one large, and a replay of nothing asks nobody', () => {
  assert.equal(replayNeedsTwo(10, 0, alone), false);
  assert.equal(replayNeedsTwo(11, 0, alone), true);
  assert.equal(replayNeedsTwo(1, 10, alone), true);
  assert.equal(replayNeedsTwo(0, 11, alone), false);
});
