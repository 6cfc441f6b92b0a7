// The comparison with its vendor and limits put in: what `npm run reconcile` and the scheduled run have in common.

import { createReconciliationActivities } from '../activities/reconciliation.ts';
import type { ReconciliationActivities } from '../activities/reconciliation.ts';
import type { Env } from '../config/env.ts';
import { reconciliationLimits } from '../config/reconciliation-limits.ts';
import type { Database } from '../db/pool.ts';
import { openCardCore } from './card-core.ts';
import { reconcile } from './reconciliation.ts';
import type { Progress } from './reconciliation.ts';
import { summarize } from './reconciliation-report.ts';
import type { ReconciliationReport } from './reconciliation-report.ts';

const hourMs = 3_600_000;

export interface Comparing {
  hours: number;
  dryRun: boolean;
  onProgress: (progress: Progress) => void;
}

/** Compares our books with those of the WAY4 that the environment names. Throws like {@link reconcile}. */
export async function compareBooks(
  env: Pick<Env<'reconcile'>, 'WAY4_URL'>,
  database: Database,
  { hours, ...comparing }: Comparing,
): Promise<ReconciliationReport> {
  return reconcile({ database, books: openCardCore(env), periodMs: hours * hourMs, ...reconciliationLimits, ...comparing });
}

/** The activity of the scheduled run: once a day the whole period, else what is recent. */
export function wireReconciliation(env: Pick<Env<'reconcile'>, 'WAY4_URL'>, database: Database): ReconciliationActivities {
  return createReconciliationActivities({
    compareBooks: async ({ scheduledAt, onProgress }) =>
      summarize(await compareBooks(env, database, { hours: hoursOf(scheduledAt), dryRun: false, onProgress })),
  });
}

/** How far the run of this time looks back. */
export function hoursOf(scheduledAt: Date): number {
  const { wholeAtHour, periodHours, recentHours } = reconciliationLimits;
  return scheduledAt.getUTCHours() === wholeAtHour ? periodHours : recentHours;
}
