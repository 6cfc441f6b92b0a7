// What Temporal itself knows of a run that nobody else can tell: what is being tried right now, for the how-many-th time, and when next.
// It is asked briefly and answers what staff want to see beside the records; a Temporal that is away takes nothing else from them.

import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { tsToDate } from '@temporalio/common/lib/time.js';
import { applicationWorkflowId } from '../../workflows/messages.ts';

/** One activity that is running or backing off. */
export interface PendingTry {
  activity: string;
  /** The number of this try, or of the next one while it backs off. */
  attempt: number;
  /** 0: no bound. */
  maxAttempts: number;
  /** Type of the last failure, UPPER_SNAKE; null before the first. */
  lastError: string | null;
  /** When it is tried next; null while it runs. */
  nextTryAt: Date | null;
}

export type RunView =
  | { kind: 'running'; pending: PendingTry[] }
  | { kind: 'ended' }
  /** No run is known: it never started, or Temporal has forgotten it. */
  | { kind: 'none' }
  | { kind: 'away' };

export interface Runs {
  /** How the run of this application stands. Never throws. */
  look(applicationId: string): Promise<RunView>;
}

/** Looks through this client, for `timeoutMs` at most. */
export function createRuns(client: Client, { timeoutMs }: { timeoutMs: number }): Runs {
  return {
    async look(applicationId) {
      try {
        const handle = client.workflow.getHandle(applicationWorkflowId(applicationId));
        const run = await client.withDeadline(Date.now() + timeoutMs, async () => handle.describe());
        return run.status.name === 'RUNNING' ? { kind: 'running', pending: pendingOf(run) } : { kind: 'ended' };
      } catch (error) {
        return { kind: error instanceof WorkflowNotFoundError ? 'none' : 'away' };
      }
    },
  };
}

function pendingOf({ raw }: WorkflowExecutionDescription): PendingTry[] {
  return (raw.pendingActivities ?? []).map((each) => {
    const next = each.nextAttemptScheduleTime ?? null;
    return {
      activity: each.activityType?.name ?? 'unknown',
      attempt: each.attempt ?? 1,
      maxAttempts: each.maximumAttempts ?? 0,
      lastError: each.lastFailure ? (each.lastFailure.applicationFailureInfo?.type ?? 'TIMED_OUT') : null,
      nextTryAt: next && tsToDate(next),
    };
  });
}
