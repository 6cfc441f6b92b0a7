// Photos whose time is over are deleted every night without anybody thinking of it, and what Temporal keeps of it are counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aRetention, deletion } from './retention-world.ts';

const [day, hour] = [86_400_000, 3_600_000];

test('a run every night at three in Vietnam deletes once, carries no argument and answers in numbers', async (t) => {
  const { client, runNow, historyOf } = await aRetention(t);
  const { spec } = await client.schedule.getHandle('retention').describe();
  assert.deepEqual(
    spec.intervals?.map(({ every, offset }) => [every, offset]),
    [[day, 20 * hour]],
  );
  const run = await runNow();
  assert.deepEqual(await run.result(), deletion);
  const [started] = (await historyOf(run)).events ?? [];
  assert.deepEqual(started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [], []);
});
