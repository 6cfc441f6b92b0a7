// Each fault once and alone, to see what it costs by itself: the next one strikes when nothing of before the last one's end waits any more.

import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { FaultName } from './faults.ts';
import { faultOf } from './faults.ts';
import { carryOut } from './fire.ts';
import type { Fire, FireOptions } from './fire.ts';
import { createRandom } from './random.ts';
import { createRecovery } from './recovery.ts';
import { aim } from './schedule.ts';
import type { Stage } from './stage.ts';
import { messagesLeft } from './verdict.ts';

/** Milliseconds from the end of the fault until everything that was accepted before was settled, and every application of before had done a step. */
export type RecoveryTimes = Partial<Record<FaultName, number>>;

const boundMs = 60_000;
const patience = 5; // What takes longer than its bound is still waited for, so that the next fault finds a healthy system.
const trafficMs = 3_000; // Purchases are under way again.
const lookEveryMs = 250;
const waitingAtLeast = 50;

export interface OneByOne extends Pick<FireOptions, 'stage' | 'say' | 'stopped'> {
  seed: number;
  heartbeatMs: number;
  faults: readonly FaultName[];
}

/** Strikes one after the other; the seed chooses the victims. `tooSlow` names what took longer than a minute. */
export async function strikeOneByOne(options: OneByOne): Promise<{ fire: Fire; recoveryMs: RecoveryTimes; tooSlow: string[] }> {
  const { faults, heartbeatMs, say } = options;
  const random = createRandom(options.seed);
  const fire: Fire = { struck: {}, excuses: { losses: [], standstills: [] }, failed: [] };
  const recoveryMs: RecoveryTimes = {};
  let stopped = false;
  void options.stopped.then(() => (stopped = true));
  for (const fault of faults) {
    if (stopped) break;
    await pause(trafficMs);
    const strike = aim(random, fault, 0, faultOf(fault).heartbeats * heartbeatMs);
    if (fault === 'delete-queue') await pileUp(options.stage);
    const ms = await recoveryFrom(options.stage, async (healed) => {
      await carryOut({ stage: options.stage, healed }, fire, strike);
      await options.stage.sandbox.clearFaults();
    });
    fire.struck[fault] = 1;
    recoveryMs[fault] = ms;
    say(`${(ms / 1_000).toFixed(1).padStart(7)} s  ${fault} ${strike.victim}${strike.wire ? ` (${strike.wire})` : ''}`);
  }
  const slow = Object.entries(recoveryMs).filter(([, ms]) => ms > boundMs);
  return {
    fire,
    recoveryMs,
    tooSlow: slow.map(([fault, ms]) => `${fault}: recovered after ${Math.round(ms / 1_000)} s, not within ${boundMs / 1_000} s`),
  };
}

/** With an empty queue nothing would be taken away: WAY4 is slow until purchases wait. */
async function pileUp(stage: Stage): Promise<void> {
  await stage.sandbox.fault({ vendor: 'way4', operation: 'purchase', fault: 'slow', delayMs: 1_500, times: 10_000 });
  await eventually('purchases wait in the queue', async () => (await messagesLeft(stage)) > waitingAtLeast, boundMs);
}

async function recoveryFrom({ database, applications }: Stage, strike: (healed: () => void) => Promise<void>): Promise<number> {
  const recovery = createRecovery(database, applications?.merchantId);
  await strike(recovery.healed);
  const giveUpAt = performance.now() + patience * boundMs;
  while (!recovery.isOver() && performance.now() < giveUpAt) await pause(lookEveryMs);
  return recovery.isOver() ? recovery.worstMs() : patience * boundMs;
}
