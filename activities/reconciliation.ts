// The comparison of the books as an activity, for the scheduled run.

import type { ReconciliationSummary } from '../domain/reconciliation.ts';

export interface ReconciliationDeps {
  /** Compares, repairs what is safe and keeps the rest for people. */
  compareBooks: () => Promise<ReconciliationSummary>;
}

export function createReconciliationActivities({ compareBooks }: ReconciliationDeps) {
  return {
    /** Compares our books with WAY4's and with the ends of applications; answers counts alone. Throws what WAY4 or the database throws: then
     *  nothing was concluded. Repeat: no break is opened twice and no repair is done twice. */
    async reconcileBooks(): Promise<ReconciliationSummary> {
      return compareBooks();
    },
  };
}

export type ReconciliationActivities = ReturnType<typeof createReconciliationActivities>;
