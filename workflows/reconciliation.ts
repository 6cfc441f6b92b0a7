// The hourly comparison of the books, started by a Temporal Schedule (adapters/temporal/schedules.ts). A run that could not compare is a run
// that failed; the next hour compares the same two days again, so it is not repeated for long.

import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ReconciliationActivities } from '../activities/reconciliation.ts';
import type { ReconciliationSummary } from '../domain/reconciliation.ts';

const { reconcileBooks } = proxyActivities<ReconciliationActivities>({
  summary: "Compare our books with WAY4's",
  // Reading two days takes seconds; a worker that died is replaced within the hour.
  startToCloseTimeout: '10 minutes',
  retry: { initialInterval: '10 seconds', maximumAttempts: 3 },
});

/** Compares once. The result has counts only; the breaks themselves are in `reconciliation_breaks`. */
export async function reconciliation(): Promise<ReconciliationSummary> {
  const summary = await reconcileBooks();
  const { transactions, documents, repaired, open } = summary;
  setCurrentDetails(`Compared ${transactions} transactions with ${documents} of WAY4: ${repaired} repaired, **${open} open**.`);
  return summary;
}
