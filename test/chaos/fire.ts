// Carries out a schedule: each strike at its time, healed after its duration, and never on a victim that has not come back from the last one.

import { setTimeout as pause } from 'node:timers/promises';
import { faultOf } from './faults.ts';
import type { FaultName } from './faults.ts';
import { strikeNow } from './nemesis.ts';
import type { Strike } from './schedule.ts';
import type { Stage } from './stage.ts';
import type { Excuses } from './verdict.ts';

export interface Fire {
  /** How often each fault was carried out. */
  struck: Partial<Record<FaultName, number>>;
  excuses: Excuses;
  /** Strikes that could not be carried out: a campaign that does not do what it says is no proof. */
  failed: string[];
}

export interface FireOptions {
  stage: Stage;
  strikes: readonly Strike[];
  say: (line: string) => void;
  healed: () => void;
  /** Resolves when somebody wants it to end; what is struck is still healed. */
  stopped: Promise<void>;
}

/** Resolves when every strike is healed. */
export async function openFire(options: FireOptions): Promise<Fire> {
  const fire: Fire = { struck: {}, excuses: { losses: [], standstills: [] }, failed: [] };
  const startedAt = performance.now();
  const byVictim = Map.groupBy(options.strikes, ({ victim }) => victim);
  await Promise.all([...byVictim.values()].map(async (strikes) => inTurn(options, fire, strikes, startedAt)));
  return fire;
}

async function inTurn(options: FireOptions, fire: Fire, strikes: readonly Strike[], startedAt: number): Promise<void> {
  let stopped = false;
  void options.stopped.then(() => (stopped = true));
  for (const strike of strikes) {
    await Promise.race([pause(Math.max(0, startedAt + strike.atMs - performance.now())), options.stopped]);
    if (stopped) return;
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(7);
    options.say(`${seconds} s  ${strike.fault} ${strike.victim}${strike.wire ? ` (${strike.wire})` : ''}`);
    try {
      await carryOut(options, fire, strike);
      fire.struck[strike.fault] = (fire.struck[strike.fault] ?? 0) + 1;
    } catch (error) {
      fire.failed.push(`${strike.fault} could not be carried out: ${error instanceof Error ? error.message : 'failed'}`);
    }
  }
}

// While the database stands still a request may wait inside WAY4, whose simulator keeps its books there; a killed one makes it wait as well.
const standsStill: ReadonlySet<FaultName> = new Set(['freeze-consumer', 'freeze-postgres', 'kill-postgres']);

/** Strikes, waits as long as the strike lasts, and heals. */
export async function carryOut({ stage, healed }: Pick<FireOptions, 'stage' | 'healed'>, { excuses }: Fire, strike: Strike): Promise<void> {
  const from = Date.now();
  const heal = await strikeNow(stage, strike);
  const taken = faultOf(strike.fault).takesMessages;
  if (taken) excuses.losses.push({ taken, at: Date.now() });
  await pause(strike.durationMs);
  await heal();
  if (standsStill.has(strike.fault)) excuses.standstills.push({ from, to: Date.now() });
  healed();
}
