// The reconciliation on a real Temporal server; only the books are played.

import type { TestContext } from 'node:test';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createReconciliationActivities } from '../../activities/reconciliation.ts';
import { createDataConverter } from '../../adapters/temporal/data-converter.ts';
import type { ReconciliationSummary } from '../../domain/reconciliation.ts';
import { scheduleReconciliation } from '../../adapters/temporal/schedules.ts';
import { reconciliationLimits } from '../../config/reconciliation-limits.ts';
import { reconciliationWorkflow, taskQueues } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { opened, testPayloads } from '../support/payloads.ts';
import { freshNamespace } from '../support/temporal.ts';
import { workflowBundle } from './world.ts';

/** What the played books say. */
export const summary: ReconciliationSummary = {
  since: '2026-01-01T00:00:00.000Z',
  transactions: 3,
  documents: 4,
  moving: 1,
  found: { missing_here: 1, state: 1 },
  repaired: 1,
  open: 1,
  cleared: 0,
};

export interface ReconciliationWorld {
  client: Client;
  /** How often the books were compared. */
  compared(): number;
  /** Triggers the schedule and returns the run that it started. */
  runNow(): Promise<WorkflowHandle>;
  /** The history of a run, with its payloads opened. */
  historyOf(run: WorkflowHandle): Promise<History>;
}

/** A worker in a namespace of its own; the first `failures` comparisons throw. */
export async function aReconciliation(t: Pick<TestContext, 'after'>, { failures = 0 } = {}): Promise<ReconciliationWorld> {
  const payloads = testPayloads();
  const { client, namespace, address, close } = await freshNamespace(process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233', payloads);
  const connection = await NativeConnection.connect({ address });
  let compared = 0;
  const activities = createReconciliationActivities({
    compareBooks: async () => {
      compared += 1;
      if (compared <= failures) throw new Error('WAY4 is away');
      return summary;
    },
  });
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
    compared: () => compared,
    historyOf: async (run) => opened(await run.fetchHistory(), payloads, namespace),
    runNow: async () => {
      const schedule = client.schedule.getHandle(reconciliationWorkflow);
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

/** One run as the schedule of production starts it, for the replay. */
export async function reconciledHistory(t: Pick<TestContext, 'after'>): Promise<History> {
  const world = await aReconciliation(t);
  await scheduleReconciliation(world.client, reconciliationLimits);
  const run = await world.runNow();
  await run.result();
  return world.historyOf(run);
}
