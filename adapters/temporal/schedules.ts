// Work that Temporal starts by the clock. A schedule is put as the code of the day wants it, by every worker that starts.

import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';
import { reconciliationWorkflow, taskQueues } from '../../workflows/messages.ts';

export interface ReconciliationSchedule {
  everyMs: number;
  /** A run that was missed for longer is left to the next. */
  catchUpMs: number;
}

/** Creates the schedule of the reconciliation, or changes it to this. Repeat: nothing changes. Whether staff have paused it is left alone. */
export async function scheduleReconciliation(client: Client, { everyMs, catchUpMs }: ReconciliationSchedule): Promise<void> {
  const options = {
    scheduleId: reconciliationWorkflow,
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: reconciliationWorkflow,
      workflowId: reconciliationWorkflow,
      taskQueue: taskQueues.applications,
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUpMs },
  } satisfies ScheduleOptions;
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { scheduleId: _id, ...wanted } = options;
    await client.schedule.getHandle(reconciliationWorkflow).update(({ state }) => ({ ...wanted, state }));
  }
}
