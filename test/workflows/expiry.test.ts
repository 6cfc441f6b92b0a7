// Every wait has a deadline. Days pass in a moment here: the server skips the time in which nothing happens.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createCommands } from '../../adapters/temporal/commands.ts';
import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import { applicationPolicy } from '../../api/policy.ts';
import { applicationWorkflowId, taskQueues } from '../../workflows/messages.ts';
import type { ApplicationResult } from '../../workflows/messages.ts';
import { defineSearchAttributes } from '../support/temporal.ts';
import { createStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { walk, workflowBundle } from './world.ts';
import type { WalkTo } from './world.ts';

const day = 86_400_000;
let environment: TestWorkflowEnvironment;

before(async () => {
  const path = process.env['TEMPORAL_TEST_SERVER'];
  assert.ok(path, 'TEMPORAL_TEST_SERVER names the time-skipping server; npm test sets it');
  environment = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } });
  await defineSearchAttributes(environment.connection, 'default');
});

after(async () => environment.teardown());

const waits: { step: WalkTo | 'start'; reason: string; days: number; stage?: () => Stage }[] = [
  { step: 'start', reason: 'CUSTOMER_INACTIVE', days: 1 },
  { step: 'identity', reason: 'CUSTOMER_INACTIVE', days: 1 },
  { step: 'offer', reason: 'OFFER_EXPIRED', days: 1 },
  { step: 'contract', reason: 'SIGNATURE_EXPIRED', days: 1 },
  { step: 'purchase', reason: 'APPROVAL_EXPIRED', days: 1 },
  { step: 'otp', reason: 'APPROVAL_EXPIRED', days: 1 },
];

for (const [index, { step, reason, days }] of waits.entries()) {
  test(`a customer who stops at '${step}' has the application expired after ${days} day, and nothing is left at the bank`, async () => {
    const { result, stage, passedMs } = await live(`app_expiry${index}`, step);
    assert.deepEqual([result.status, result.reasons], ['expired', [reason]]);
    assert.ok(Math.abs(passedMs - days * day) < 60_000, `${passedMs} ms passed`);
    assert.equal(stage.contracts.size + stage.clients.size + stage.transactions.size, 0);
  });
}

/** Walks one application to this step and waits for its end, however many days that takes. */
async function live(applicationId: string, step: WalkTo | 'start'): Promise<{ result: ApplicationResult; stage: Stage; passedMs: number }> {
  const stage = createStage();
  const { client, nativeConnection: connection } = environment;
  const offerExpiresAt = new Date((await environment.currentTimeMs()) + day).toISOString();
  stage.offerExpiresAt = () => offerExpiresAt;
  const worker = await Worker.create({
    connection,
    taskQueue: taskQueues.applications,
    workflowBundle: await workflowBundle,
    activities: stage.activities,
  });
  const vendor = await Worker.create({ connection, taskQueue: taskQueues.identity, activities: stage.activities });
  return vendor.runUntil(
    worker.runUntil(async () => {
      const ref: ApplicationRef = { applicationId, merchantId: 'mrc_1', amountVnd: 3_000_000, status: 'created' };
      const commands = createCommands(client, { policy: applicationPolicy, timeoutMs: 15_000 });
      await commands.start(ref);
      const handle = client.workflow.getHandle(applicationWorkflowId(applicationId));
      if (step !== 'start') await walk({ commands, ref, handle }, step);
      const result: ApplicationResult = await handle.result();
      // From the run itself: once it has ended, the server skips on to whatever comes next.
      const { startTime, closeTime } = await handle.describe();
      return { result, stage, passedMs: (closeTime?.getTime() ?? 0) - startTime.getTime() };
    }),
  );
}
