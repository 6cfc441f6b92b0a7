// The comparison of the books as Temporal runs it: by the clock, one at a time, and with a result that an operator can read there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scheduleReconciliation } from '../../adapters/temporal/schedules.ts';
import { hoursOf } from '../../workers/compare-books.ts';
import { aReconciliation, summary } from './reconciliation-world.ts';

const hourly = { everyMs: 3_600_000, catchUpMs: 600_000 };

test('the schedule is put as the code wants it, however often a worker starts, and a pause of staff is kept', async (t) => {
  const { client } = await aReconciliation(t);
  await Promise.all([scheduleReconciliation(client, hourly), scheduleReconciliation(client, hourly)]);
  const handle = client.schedule.getHandle('reconciliation');
  assert.deepEqual(
    (await handle.describe()).spec.intervals?.map(({ every }) => every),
    [3_600_000],
  );
  await handle.pause('the bank closes its books');
  await scheduleReconciliation(client, { ...hourly, everyMs: 1_800_000 });
  const changed = await handle.describe();
  assert.deepEqual(
    changed.spec.intervals?.map(({ every }) => every),
    [1_800_000],
  );
  assert.deepEqual([changed.state.paused, changed.state.note], [true, 'the bank closes its books']);
});

test('a scheduled run compares once and says in numbers what it found', async (t) => {
  const world = await aReconciliation(t);
  await scheduleReconciliation(world.client, hourly);
  const run = await world.runNow();
  assert.deepEqual(await run.result(), summary);
  assert.equal(world.compared(), 1);
});

test('a comparison that could not be made is made again', async (t) => {
  const world = await aReconciliation(t, { failures: 1 });
  await scheduleReconciliation(world.client, hourly);
  assert.deepEqual(await (await world.runNow()).result(), summary);
  assert.equal(world.compared(), 2);
});

test('one run a day looks two days back, so that late changes are found, and the others far enough to leave no hole after it', () => {
  const hours = Array.from({ length: 24 }, (_, hour) => hoursOf(new Date(Date.UTC(2026, 10, 29, hour, 30))));
  assert.deepEqual([hours.filter((each) => each === 48).length, hours.filter((each) => each === 6).length], [1, 23]);
});
