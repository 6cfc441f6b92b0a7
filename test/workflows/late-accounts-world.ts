// The look at accounts that WAY4 made after their undo, on a real Temporal server; only what is found is played.

import type { TestContext } from 'node:test';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { scheduleLateAccounts } from '../../adapters/temporal/schedules.ts';
import { lateAccountsLimits } from '../../config/reconciliation-limits.ts';
import { lateAccountsWorkflow } from '../../workflows/messages.ts';
import { aSchedule } from './schedule-world.ts';
import type { ScheduleWorld } from './schedule-world.ts';

/** What the played look says. */
export const found = { accounts: 2, closed: 1 };

/** With the schedule of production. */
export async function aLook(t: Pick<TestContext, 'after'>): Promise<ScheduleWorld> {
  const world = await aSchedule(t, lateAccountsWorkflow, { closeLateAccounts: async () => found });
  await scheduleLateAccounts(world.client, lateAccountsLimits);
  return world;
}

/** One run as the schedule of production starts it, for the replay. */
export async function lookedHistory(t: Pick<TestContext, 'after'>): Promise<History> {
  const world = await aLook(t);
  const run = await world.runNow();
  await run.result();
  return world.historyOf(run);
}
