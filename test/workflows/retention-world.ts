// The daily deletion on a real Temporal server; only what is deleted is played.

import type { TestContext } from 'node:test';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { createRetentionActivities } from '../../activities/retention.ts';
import type { Deletion } from '../../activities/retention.ts';
import { scheduleRetention } from '../../adapters/temporal/schedules.ts';
import { retentionRhythm } from '../../config/identity-limits.ts';
import { retentionWorkflow } from '../../workflows/messages.ts';
import { aSchedule } from './schedule-world.ts';
import type { ScheduleWorld } from './schedule-world.ts';

/** What the played deletion says. */
export const deletion: Deletion = { applications: 2, photos: 6, papers: 1, bytes: 600, orphans: 1, keys: 3 };

/** With the schedule of production. */
export async function aRetention(t: Pick<TestContext, 'after'>): Promise<ScheduleWorld> {
  const activities = createRetentionActivities({ deleteWhatIsDue: async () => deletion });
  const world = await aSchedule(t, retentionWorkflow, activities);
  await scheduleRetention(world.client, retentionRhythm);
  return world;
}

/** One run as the schedule of production starts it, for the replay. */
export async function retainedHistory(t: Pick<TestContext, 'after'>): Promise<History> {
  const world = await aRetention(t);
  const run = await world.runNow();
  await run.result();
  return world.historyOf(run);
}
