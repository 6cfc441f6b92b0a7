// Work by the clock on a real Temporal server: a worker in a namespace of its own, and a schedule that is triggered by hand.

import type { TestContext } from 'node:test';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { createDataConverter } from '../../adapters/temporal/data-converter.ts';
import { taskQueues } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { opened, testPayloads } from '../support/payloads.ts';
import { freshNamespace } from '../support/temporal.ts';
import { workflowBundle } from './world.ts';

export interface ScheduleWorld {
  client: Client;
  /** Triggers the schedule and returns the run that it started. */
  runNow(): Promise<WorkflowHandle>;
  /** The history of a run, with its payloads opened. */
  historyOf(run: WorkflowHandle): Promise<History>;
}

/** A worker with these activities. The schedule itself is put by the test. */
export async function aSchedule(
  t: Pick<TestContext, 'after'>,
  scheduleId: string,
  activities: NonNullable<WorkerOptions['activities']>,
): Promise<ScheduleWorld> {
  const payloads = testPayloads();
  const { client, namespace, address, close } = await freshNamespace(process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233', payloads);
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace,
    activities,
    dataConverter: createDataConverter(payloads),
    taskQueue: taskQueues.applications,
    workflowBundle: await workflowBundle,
  });
  const running = worker.run();
  t.after(async () => {
    worker.shutdown();
    await running;
    await connection.close();
    await close();
  });
  return {
    client,
    historyOf: async (run) => opened(await run.fetchHistory(), payloads, namespace),
    runNow: async () => {
      const schedule = client.schedule.getHandle(scheduleId);
      await schedule.trigger();
      const [started] = await eventually('the run started', async () => {
        const { recentActions } = (await schedule.describe()).info;
        return recentActions.length > 0 && recentActions;
      });
      if (started?.action.type !== 'startWorkflow') throw new Error('the schedule started no workflow');
      const { workflowId, firstExecutionRunId } = started.action.workflow;
      return client.workflow.getHandle(workflowId, firstExecutionRunId);
    },
  };
}
