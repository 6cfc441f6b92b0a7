// Work that Temporal starts by the clock. A schedule is put as the code of the day wants it, by every worker that starts.

import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';
import { lateAccountsWorkflow, reconciliationWorkflow, retentionWorkflow, taskQueues } from '../../workflows/messages.ts';

export interface Rhythm {
  everyMs: number;
  /** From midnight UTC. */
  offsetMs?: number;
  /** A run that was missed for longer is left to the next. */
  catchUpMs: number;
}

/** Creates the schedule of the reconciliation, or changes it to this. Repeat: nothing changes. Whether staff have paused it is left alone. */
export async function scheduleReconciliation(client: Client, rhythm: Rhythm): Promise<void> {
  await schedule(client, reconciliationWorkflow, rhythm);
}

/** The same for the deletion of photos whose time is over. */
export async function scheduleRetention(client: Client, rhythm: Rhythm): Promise<void> {
  await schedule(client, retentionWorkflow, rhythm);
}

/** The same for the look at accounts that WAY4 may have made after their undo. */
export async function scheduleLateAccounts(client: Client, rhythm: Rhythm): Promise<void> {
  await schedule(client, lateAccountsWorkflow, rhythm);
}

// The workflow, its one run at a time and its schedule have the same name.
async function schedule(client: Client, name: string, { everyMs, offsetMs = 0, catchUpMs }: Rhythm): Promise<void> {
  const options = {
    scheduleId: name,
    spec: { intervals: [{ every: everyMs, offset: offsetMs }] },
    action: { type: 'startWorkflow', workflowType: name, workflowId: name, taskQueue: taskQueues.applications },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUpMs },
  } satisfies ScheduleOptions;
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { scheduleId: _id, ...wanted } = options;
    await client.schedule.getHandle(name).update(({ state }) => ({ ...wanted, state }));
  }
}
