// The comparison with its vendor and limits put in: what `npm run reconcile` and the scheduled run have in common.

import { createReconciliationActivities } from '../activities/reconciliation.ts';
import type { ReconciliationActivities } from '../activities/reconciliation.ts';
import { createCardCore } from '../adapters/way4/client.ts';
import type { Env } from '../config/env.ts';
import { vendorLimits } from '../config/limits.ts';
import { reconciliationLimits } from '../config/reconciliation-limits.ts';
import type { Database } from '../db/pool.ts';
import { reconcile, summarize } from './reconciliation.ts';
import type { ReconciliationReport } from './reconciliation.ts';

const hourMs = 3_600_000;

/** Compares our books with those of the WAY4 that the environment names. Throws like {@link reconcile}. */
export async function compareBooks(
  env: Pick<Env<'reconcile'>, 'WAY4_URL'>,
  database: Database,
  { hours, dryRun }: { hours: number; dryRun: boolean },
): Promise<ReconciliationReport> {
  const { quietMs, clockSkewMs, pageRows, maxRows } = reconciliationLimits;
  const { way4TimeoutMs: timeoutMs, connectTimeoutMs, answerMaxBytes } = vendorLimits;
  const books = createCardCore({ baseUrl: env.WAY4_URL, timeoutMs, connectTimeoutMs, answerMaxBytes });
  return reconcile({ database, books, periodMs: hours * hourMs, quietMs, clockSkewMs, pageRows, maxRows, dryRun });
}

/** The activity of the scheduled run. */
export function wireReconciliation(env: Pick<Env<'reconcile'>, 'WAY4_URL'>, database: Database): ReconciliationActivities {
  const hours = reconciliationLimits.periodHours;
  return createReconciliationActivities({
    compareBooks: async () => summarize(await compareBooks(env, database, { hours, dryRun: false })),
  });
}
