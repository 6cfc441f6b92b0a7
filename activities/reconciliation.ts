// The comparison of the books as an activity, for the scheduled run.

import { activityInfo, heartbeat } from '@temporalio/activity';
import type { ReconciliationSummary } from '../domain/reconciliation.ts';

export interface ReconciliationDeps {
  /** Compares, repairs what is safe and keeps the rest for people. `scheduledAt`: when the run was due, which a repeat does not change. */
  compareBooks: (run: { scheduledAt: Date; onProgress: (progress: object) => void }) => Promise<ReconciliationSummary>;
}

export function createReconciliationActivities({ compareBooks }: ReconciliationDeps) {
  return {
    /** Compares our books with WAY4's and with the ends of applications; answers counts alone, and beats with counts while it runs. Throws what
     *  WAY4 or the database throws: then nothing was concluded from half a list. Repeat: no break is opened twice and no repair is done twice. */
    async reconcileBooks(): Promise<ReconciliationSummary> {
      return compareBooks({ scheduledAt: new Date(activityInfo().scheduledTimestampMs), onProgress: heartbeat });
    },
  };
}

export type ReconciliationActivities = ReturnType<typeof createReconciliationActivities>;
