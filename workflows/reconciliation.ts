// The hourly comparison of the books, started by a Temporal Schedule (adapters/temporal/schedules.ts). A run that could not compare is a run
// that failed; what it missed is compared by the next, so it is not repeated for long.

import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ReconciliationActivities } from '../activities/reconciliation.ts';
import type { ReconciliationSummary } from '../domain/reconciliation.ts';

const { reconcileBooks } = proxyActivities<ReconciliationActivities>({
  summary: "Compare our books with WAY4's",
  // Two days of a large lender are tens of millions of purchases.
  startToCloseTimeout: '12 hours',
  // It beats with every page and batch; a worker that died is noticed by its silence.
  heartbeatTimeout: '2 minutes',
  // Long enough for an operator's own run to end, which keeps this one out.
  retry: { initialInterval: '10 seconds', maximumInterval: '5 minutes', maximumAttempts: 10 },
});

/** Compares once. The result has counts only; the breaks themselves are in `reconciliation_breaks`. */
export async function reconciliation(): Promise<ReconciliationSummary> {
  const summary = await reconcileBooks();
  const { transactions, documents, repaired, open } = summary;
  setCurrentDetails(`Compared ${transactions} transactions with ${documents} of WAY4: ${repaired} repaired, **${open} open**.`);
  return summary;
}
