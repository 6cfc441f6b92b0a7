// What WAY4 made after its undo is looked for without anybody thinking of it, and what Temporal keeps of it are counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aLook, found } from './late-accounts-world.ts';

test('accounts that were closed are looked at four times a day, in a run that carries no argument and answers in numbers', async (t) => {
  const { client, runNow, historyOf } = await aLook(t);
  const { spec } = await client.schedule.getHandle('lateAccounts').describe();
  assert.deepEqual(
    spec.intervals?.map(({ every }) => every),
    [6 * 3_600_000],
  );
  const run = await runNow();
  assert.deepEqual(await run.result(), found);
  const [started] = (await historyOf(run)).events ?? [];
  assert.deepEqual(started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [], []);
});
