// A pool that is told to stop finishes what it began, gives back what it did not, and loses nothing; so a deployment is not an incident.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soon } from './support/soon.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { readyMessages } from './support/messages.ts';
import { aWorld, fastPool } from './support/world.ts';

test('a drain finishes started work, returns the untouched, and redelivers nothing that was started', async (t) => {
  const world = await aWorld(t);
  const hold = Promise.withResolvers<void>();
  world.core.onReceived = async () => hold.promise;
  const accepted = await world.accept(20);
  await world.aRelay();
  const first = await world.aPool({ limits: { ...fastPool, consumerConcurrency: 4, consumerPrefetch: 8 } });
  await soon(() => assert.equal(first.counts().delivered, 8));
  const drained = first.drain();
  await soon(async () => assert.equal(await readyMessages(world, world.topology.queue.name), 16, 'the untouched are back'));
  hold.resolve();
  await drained;
  assert.equal(first.counts().handled.settled, 4, 'the started are settled');
  assert.equal(first.counts().lateAnswers, 0);
  assert.equal(world.core.calls.length, 4);

  const second = await world.aPool();
  await bookedExactlyOnce(world, accepted);
  assert.equal(second.counts().handled.settled, 16);
  assert.equal(second.counts().handled.duplicate, 0, 'nothing that was started came again');
});

test('a relay that drains leaves no claimed row behind and publishes nothing afterwards', async (t) => {
  const world = await aWorld(t);
  const relay = await world.aRelay();
  await world.accept(50);
  await relay.drain();
  const published = async () => (await world.database.query('select 1 from outbox where published_at is not null')).rowCount ?? 0;
  const atDrain = await published();
  assert.equal(await readyMessages(world, world.topology.queue.name), atDrain, 'what is in the queue is marked, and nothing else');
  const { rowCount } = await world.database.query('select 1 from outbox for update nowait');
  assert.equal(rowCount, 50, 'no row is locked');
});
