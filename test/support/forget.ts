// A run that does not know of a command whose steps were recorded: what is left when Temporal loses a command that it had in memory alone. Temporal's
// own reset makes it, at the workflow task before that command, without handing the commands since then on.

import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { invariant } from '../../domain/failures.ts';

/** temporal.api.enums.v1.ResetReapplyExcludeType: RESET_REAPPLY_EXCLUDE_TYPE_UPDATE */
const withoutUpdates = { resetReapplyExcludeTypes: [2] };

/** Sets the run back to before it took this command. Signals that came since are handed on again. Throws when it never took it. */
export async function forget({ workflow, workflowService, options }: Client, workflowId: string, command: string): Promise<void> {
  const events = (await workflow.getHandle(workflowId).fetchHistory()).events ?? [];
  const accepted = events.findIndex(
    ({ workflowExecutionUpdateAcceptedEventAttributes: taken }) => taken?.acceptedRequest?.input?.name === command,
  );
  const task = events.slice(0, Math.max(0, accepted)).findLast((event) => event.workflowTaskCompletedEventAttributes);
  invariant(task?.eventId, `${workflowId} took ${command}`);
  await workflowService.resetWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId },
    reason: `forget ${command}`,
    requestId: randomUUID(),
    workflowTaskFinishEventId: task.eventId,
    ...withoutUpdates,
  });
}
