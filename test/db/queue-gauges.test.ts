// What an operator is woken by: the gauges of the queues of staff.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noopMetricMeter } from '@temporalio/common';
import { createQueueGauges } from '../../workers/queue-gauges.ts';
import { aWorld } from './world.ts';

test('the age of the oldest step that waits for staff is a gauge, with the number of them, and falls to nothing when none waits', async () => {
  const { database, store, anApplication } = await aWorld();
  const set = new Map<string, number>();
  const look = createQueueGauges({
    createGauge: (name) => ({
      ...noopMetricMeter.createGauge(name),
      set: (value, tags) => void set.set(`${name} ${String(tags?.['queue'])}`, value),
    }),
  });
  const waits = [await anApplication(), await anApplication()];
  const since = (agoMs: number): string => new Date(Date.now() - agoMs).toISOString();
  for (const [index, id] of waits.entries()) {
    const attention = { activity: 'createClient', code: 'CARD_CORE_UNAVAILABLE', since: since(index === 0 ? 7_200_000 : 60_000) };
    await database.withTransaction(async (tx) => store.applications.setAttention(tx, id, attention));
  }
  await look(database);
  const stuck = (): (number | undefined)[] => ['entries', 'oldest_age_seconds'].map((name) => set.get(`trasau_queue_${name} stuck`));
  const [entries, age = 0] = stuck();
  assert.equal(entries, 2);
  assert.ok(age >= 7_200 && age < 7_260, `${age} s`);
  assert.equal(set.get('trasau_queue_entries compensation_failed'), 0);
  for (const id of waits) await database.withTransaction(async (tx) => store.applications.setAttention(tx, id, null));
  await look(database);
  assert.deepEqual(stuck(), [0, 0]);
});
