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
  /** `spentTries`: how often the step was tried that now waits for staff; null when that is not asked for or not seen any more. */
  /** `failing`: its code throws, so it goes on only when that is mended. */
  | { kind: 'running' | 'failing'; pending: PendingTry[]; spentTries: number | null }
  | { kind: 'ended' }
  /** No run is known: it never started, or Temporal has forgotten it. */
  | { kind: 'none' }
  | { kind: 'away' };

export interface Runs {
  /** How the run of this application stands; `waitsForStaff` asks for the spent tries as well. Never throws. */
  look(applicationId: string, waitsForStaff: boolean): Promise<RunView>;
}

/** Looks through this client, for `timeoutMs` at most. */
export function createRuns(client: Client, { timeoutMs }: { timeoutMs: number }): Runs {
  return {
    async look(applicationId, waitsForStaff) {
      const workflowId = applicationWorkflowId(applicationId);
      try {
        return await client.withDeadline(Date.now() + timeoutMs, async () => {
          const run = await client.workflow.getHandle(workflowId).describe();
          if (run.status.name !== 'RUNNING') return { kind: 'ended' };
          const kind = (run.raw.pendingWorkflowTask?.attempt ?? 1) > 1 ? 'failing' : 'running';
          return { kind, pending: pendingOf(run.raw), spentTries: waitsForStaff ? await spentTries(client, workflowId) : null };
        });
      } catch (error) {
        return { kind: error instanceof WorkflowNotFoundError ? 'none' : 'away' };
      }
    },
  };
}

// The newest failure in the history is the one that staff are asked about: little happens after it, so few events are read.
const eventsRead = 30;

async function spentTries({ workflowService, options }: Client, workflowId: string): Promise<number | null> {
  const newestFirst = await workflowService.getWorkflowExecutionHistoryReverse({
    namespace: options.namespace,
    execution: { workflowId },
    maximumPageSize: eventsRead,
  });
  const events = newestFirst.history?.events ?? [];
  for (const { activityTaskFailedEventAttributes, activityTaskTimedOutEventAttributes, markerRecordedEventAttributes } of events) {
    // The one brief try beside the workflow.
    if (markerRecordedEventAttributes?.failure) return 1;
    const failed = activityTaskFailedEventAttributes ?? activityTaskTimedOutEventAttributes;
    if (!failed) continue;
    const started = events.find(({ eventId }) => eventId?.toString() === failed.startedEventId?.toString());
    return started?.activityTaskStartedEventAttributes?.attempt ?? null;
  }
  return null;
}

/** What is being tried now, or waits to be. */
export function pendingOf(raw: WorkflowExecutionDescription['raw']): PendingTry[] {
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
