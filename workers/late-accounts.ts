// The look at accounts that WAY4 may have made after their undo, with its vendor and limits put in.

import { heartbeat } from '@temporalio/activity';
import { createLateAccountsActivities } from '../activities/late-accounts.ts';
import type { LateAccountsActivities, LateAccountsDeps } from '../activities/late-accounts.ts';
import type { Env } from '../config/env.ts';
import { lateAccountsLimits } from '../config/reconciliation-limits.ts';
import { audit } from '../db/audit.ts';
import { accountsToClose, markClosed } from '../db/agreements.ts';
import type { Database } from '../db/pool.ts';
import { openCardCore } from './card-core.ts';

/** The activity with the books of this database at this WAY4. */
export function lateAccountsOf(
  database: Database,
  cardCore: LateAccountsDeps['cardCore'],
  onProgress: LateAccountsDeps['onProgress'],
): LateAccountsActivities {
  const { lookedAtMs: sinceMs, batch: limit } = lateAccountsLimits;
  return createLateAccountsActivities({
    cardCore,
    readToClose: async (after) => accountsToClose(database, { sinceMs, after, limit }),
    note: async ({ id: subject, application_id: applicationId }, half) =>
      database.withTransaction(async (tx) => {
        await markClosed(tx, applicationId, half);
        await audit(tx, { actor: 'system:late-accounts', action: 'account.closed_late', applicationId, subject, change: { half } });
      }),
    onProgress,
  });
}

/** The activity of the scheduled run. */
export function wireLateAccounts(env: Pick<Env<'applications'>, 'WAY4_URL'>, database: Database): LateAccountsActivities {
  return lateAccountsOf(database, openCardCore(env), heartbeat);
}
