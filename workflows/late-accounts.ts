// The look at accounts that WAY4 may have made after their undo, started by a Temporal Schedule (adapters/temporal/schedules.ts). A run that
// failed is made up for by the next, which looks at the same accounts and more.

import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { LateAccounts, LateAccountsActivities } from '../activities/late-accounts.ts';

const { closeLateAccounts } = proxyActivities<LateAccountsActivities>({
  summary: 'Close at WAY4 what was made after its undo',
  // Two inquiries an account; two days of a large lender's cancellations are tens of thousands.
  startToCloseTimeout: '4 hours',
  // It beats with every account; a worker that died is noticed by its silence.
  heartbeatTimeout: '2 minutes',
  retry: { initialInterval: '1 minute', maximumAttempts: 5 },
});

/** Looks once. The result has counts only; what was closed stands in the audit log. */
export async function lateAccounts(): Promise<LateAccounts> {
  const found = await closeLateAccounts();
  setCurrentDetails(`Looked at ${found.accounts} closed accounts: **${found.closed}** open clients and contracts closed.`);
  return found;
}
