// The reconciliation on a real Temporal server; only the books are played.

import type { TestContext } from 'node:test';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { createReconciliationActivities } from '../../activities/reconciliation.ts';
import type { ReconciliationSummary } from '../../domain/reconciliation.ts';
import { scheduleReconciliation } from '../../adapters/temporal/schedules.ts';
import { reconciliationLimits } from '../../config/reconciliation-limits.ts';
import { reconciliationWorkflow } from '../../workflows/messages.ts';
import { aSchedule } from './schedule-world.ts';
import type { ScheduleWorld } from './schedule-world.ts';

/** What the played books say. */
export const summary: ReconciliationSummary = {
  since: '2026-01-01T00:00:00.000Z',
  transactions: 3,
  documents: 4,
  moving: 1,
  found: { missing_here: 1, state: 1 },
  repaired: 1,
  open: 1,
  cleared: 0,
};

export interface ReconciliationWorld extends ScheduleWorld {
  /** How often the books were compared. */
  compared(): number;
}

/** The first `failures` comparisons throw. */
export async function aReconciliation(t: Pick<TestContext, 'after'>, { failures = 0 } = {}): Promise<ReconciliationWorld> {
  let compared = 0;
  const activities = createReconciliationActivities({
    compareBooks: async () => {
      compared += 1;
      if (compared <= failures) throw new Error('WAY4 is away');
      return summary;
    },
  });
  return { ...(await aSchedule(t, reconciliationWorkflow, activities)), compared: () => compared };
}

/** One run as the schedule of production starts it, for the replay. */
export async function reconciledHistory(t: Pick<TestContext, 'after'>): Promise<History> {
  const world = await aReconciliation(t);
  await scheduleReconciliation(world.client, reconciliationLimits);
  const run = await world.runNow();
  await run.result();
  return world.historyOf(run);
}
