// How the outcome of a transaction reaches the workflow that waits for it.

import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { applicationWorkflowId, transactionSettled } from '../workflows/messages.ts';
import type { Notify } from './outcome-notices.ts';

/** Signals the workflow of the application. A run that is over or was deleted counts as told, for the outcome is in the database; `nobody` hears
 *  of it. Rejects when Temporal did not take the signal within `timeoutMs`. Repeat: the workflow ignores it. */
export function tellWorkflow(
  { workflow, connection }: Client,
  timeoutMs: number,
  nobody: (who: { applicationId: string; transactionId: string }) => void,
): Notify {
  return async ({ applicationId, transactionId, status }) => {
    const settlement = { transactionId, status };
    try {
      await connection.withDeadline(Date.now() + timeoutMs, async () =>
        workflow.getHandle(applicationWorkflowId(applicationId)).signal(transactionSettled, settlement),
      );
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      nobody({ applicationId, transactionId });
    }
  };
}
