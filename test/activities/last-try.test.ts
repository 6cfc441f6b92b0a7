// What is put down before a step is handed to staff depends on knowing which try is the last.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { isLastTry } from '../../activities/last-try.ts';

test('the last try is the one after which Temporal gives up, and none is the last when it never does', async () => {
  const attempt = async (number: number, maximumAttempts?: number): Promise<boolean> =>
    new MockActivityEnvironment({ attempt: number, ...(maximumAttempts && { retryPolicy: { maximumAttempts } }) }).run(async () =>
      isLastTry(),
    );
  assert.deepEqual([await attempt(1, 6), await attempt(5, 6), await attempt(6, 6), await attempt(1, 1)], [false, false, true, true]);
  assert.equal(await attempt(100), false);
});
