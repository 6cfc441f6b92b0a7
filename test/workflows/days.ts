// A server that skips the time in which nothing happens, so that days pass in a moment, and one application that lives through them.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createCommands } from '../../adapters/temporal/commands.ts';
import type { ApplicationRef, Commands } from '../../adapters/temporal/commands.ts';
import { createDataConverter } from '../../adapters/temporal/data-converter.ts';
import { applicationPolicy } from '../../api/policy.ts';
import { temporalLimits } from '../../config/limits.ts';
import { applicationWorkflowId, taskQueues } from '../../workflows/messages.ts';
import type { ApplicationResult } from '../../workflows/messages.ts';
import { testPayloads } from '../support/payloads.ts';
import { defineSearchAttributes, skipTime } from '../support/temporal.ts';
import { createStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { walk, workflowBundle } from './world.ts';
import type { WalkTo } from './world.ts';

export const hour = 3_600_000;
/** What a walk to a wait takes at most, in ms: it is a part of the time that passed. */
export const walkMs = 15 * 60_000;
export const day = 24 * hour;

const dataConverter = createDataConverter(testPayloads());

/** Starts the server before the tests of a file, and stops it after them. */
export function daysPass() {
  let environment: TestWorkflowEnvironment;
  before(async () => {
    const path = process.env['TEMPORAL_TEST_SERVER'];
    assert.ok(path, 'TEMPORAL_TEST_SERVER names the time-skipping server; npm test sets it');
    environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
      client: { dataConverter },
    });
    await defineSearchAttributes(environment.connection, 'default');
  });
  after(async () => environment.teardown());
  return {
    /** Lets this time pass: every timer due in it has gone off. */
    skip: async (duration: Parameters<typeof skipTime>[1]) => skipTime(environment, duration),
    /** By the clock of the server. */
    nowMs: async () => environment.currentTimeMs(),
    live: async (applicationId: string, step: WalkTo | 'start', how: Live = {}) => live(environment, applicationId, step, how),
  };
}

/** One application and what commands it. */
export interface Place {
  commands: Commands;
  ref: ApplicationRef;
  handle: WorkflowHandle;
}

export interface Live {
  stage?: Stage;
  /** What happens at that step, before the wait for the end. */
  meanwhile?: (at: Place) => Promise<void>;
}

/** Walks one application to this step and waits for its end, however many days that takes. */
async function live(
  environment: TestWorkflowEnvironment,
  applicationId: string,
  step: WalkTo | 'start',
  { stage = createStage(), meanwhile }: Live,
): Promise<{ result: ApplicationResult; stage: Stage; passedMs: number }> {
  const { client, nativeConnection: connection } = environment;
  const offerExpiresAt = new Date((await environment.currentTimeMs()) + day).toISOString();
  stage.offerExpiresAt = () => offerExpiresAt;
  const worker = await Worker.create({
    connection,
    taskQueue: taskQueues.applications,
    workflowBundle: await workflowBundle,
    activities: stage.activities,
    dataConverter,
  });
  const vendorOf = async (taskQueue: string) => Worker.create({ connection, taskQueue, activities: stage.activities, dataConverter });
  const [provider, bureau] = [await vendorOf(taskQueues.identity), await vendorOf(taskQueues.bureau)];
  return provider.runUntil(
    bureau.runUntil(
      worker.runUntil(async () => {
        const ref: ApplicationRef = { applicationId, merchantId: 'mrc_1', amountVnd: 3_000_000, status: 'created' };
        const commands = createCommands(client, { policy: applicationPolicy, timeoutMs: 60_000, atOnce: temporalLimits.commandsAtOnce });
        await commands.start(ref);
        const handle = client.workflow.getHandle(applicationWorkflowId(applicationId));
        if (step !== 'start') await walk({ commands, ref, handle }, step);
        await meanwhile?.({ commands, ref, handle });
        const result: ApplicationResult = await handle.result();
        // From the run itself: once it has ended, the server skips on to whatever comes next.
        const { startTime, closeTime } = await handle.describe();
        return { result, stage, passedMs: (closeTime?.getTime() ?? 0) - startTime.getTime() };
      }),
    ),
  );
}
