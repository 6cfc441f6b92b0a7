// The way of a purchase from its acceptance to its booking, on a real broker and a real database, with nothing failing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookedExactlyOnce } from './support/expect.ts';
import { aWorld } from './support/world.ts';

test('an accepted purchase is booked once and its workflow hears of it', async (t) => {
  const world = await aWorld(t);
  const accepted = await world.accept(1);
  await world.aRelay();
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
  const [first] = accepted;
  assert.deepEqual(world.told, [{ transactionId: first?.transactionId, status: 'posted' }]);
  assert.deepEqual(world.core.calls, [{ kind: 'purchase', rrn: first?.rrn }], 'the first try asks nobody');
});
