// One campaign: traffic, strikes after a schedule, healing, quiet, and the verdict.

import { setTimeout as pause } from 'node:timers/promises';
import type { TestServers } from '../../infra/local/test-servers.ts';
import { deliveryLimits } from '../../config/limits.ts';
import { startApplications } from './application-stream.ts';
import type { ApplicationStream, ApplicationCounts } from './application-stream.ts';
import type { CrewMember } from './crew-member.ts';
import { faultOf, isOfApplications, noEvidence } from './faults.ts';
import type { Evidence, FaultName } from './faults.ts';
import { openFire } from './fire.ts';
import type { Fire, FireOptions } from './fire.ts';
import { createLoad } from './load.ts';
import type { Load } from './load.ts';
import type * as profiles from './profiles.ts';
import { createRecovery } from './recovery.ts';
import { strikeOneByOne } from './one-by-one.ts';
import { createOperator } from './operator.ts';
import type { Report } from './orders.ts';
import type { RecoveryTimes } from './one-by-one.ts';
import { tail } from '../support/system-process.ts';
import { schedule } from './schedule.ts';
import type { Strike } from './schedule.ts';
import { serverNamed } from './server-named.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { vacuous } from './vacuous.ts';
import { isQuiet, judge } from './verdict.ts';
import type { Verdict } from './verdict.ts';

export interface CampaignOptions {
  servers: TestServers;
  seed: number;
  /** Time under fire; healing and quiet come on top. */
  durationMs: number;
  faults: readonly FaultName[];
  profile: keyof typeof profiles;
  paceMs: number;
  /** Each fault once and alone, the next when everything of before has recovered, instead of a schedule of `durationMs`. */
  oneByOne?: boolean;
  perSecond: number;
  mutant?: string | undefined;
  /** How long WAY4 takes for a purchase from beginning to end, beside what is struck. */
  coreDelayMs?: number | undefined;
  /** How many times longer than on an idle machine it may take until all is quiet. */
  patience?: number;
  /** A line for a person. */
  say: (line: string) => void;
  /** Resolves when somebody wants it to end. */
  stopped: Promise<void>;
}

export interface CampaignResult extends Verdict {
  seed: number;
  faults: Partial<Record<FaultName, number>>;
  redeliveries: number;
  duplicatesSuppressed: number;
  ambiguousCommits: number;
  reconnects: number;
  queuesMended: number;
  /** Messages that the sweeper published again, where it was on. */
  swept: number;
  /** Whole applications, where one of the faults called for them; their purchases are counted above as well. */
  applications?: ApplicationCounts;
  /** Times the operator had to help the broker. */
  operatorCalls: number;
  /** The longest time from the healing of a fault until everything accepted before was settled. */
  worstRecoveryMs: number;
  /** Why the run proves less than it should: it was stopped early, a fault could not be carried out or left no trace, a process ended by itself or
   *  did not stop when it was told to, no quiet in time. */
  failures: string[];
  /** The same for each fault, where they came one by one. */
  recoveryMs?: RecoveryTimes;
}

/** Runs it. The result says what was found; it throws only when the stage cannot be set up. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, durationMs, faults, paceMs, say, stopped } = options;
  let wasStopped = false;
  void stopped.then(() => (wasStopped = true));
  const load = createLoad({ seed, perSecond: options.perSecond, poisonEveryMs: Math.max(2_000, durationMs / 20) });
  const operator = createOperator(serverNamed(options.servers, 'RabbitMQ'));
  const onReport = (report: Report): void => (report.kind === 'unmendable' ? operator.help() : load.onReport(report));
  const stage = await openStage({
    ...options,
    sweeper: faults.some((name) => faultOf(name).takesMessages),
    applications: faults.some(isOfApplications),
    onReport,
  });
  try {
    const recovery = createRecovery(stage.database, stage.applications?.merchantId);
    if (options.coreDelayMs !== undefined) await slowCore(stage, options.coreDelayMs);
    load.start(stage);
    const applications = stage.applications && startApplications(stage, stage.applications, seed);
    const heartbeatMs = stage.profile.delivery.heartbeatSeconds * 1_000;
    const { fire, recoveryMs, tooSlow } = options.oneByOne
      ? await strikeOneByOne({ stage, seed, heartbeatMs, faults, say, stopped })
      : {
          fire: await fireFor(
            durationMs,
            { stage, say, healed: recovery.healed, stopped },
            schedule({ seed, durationMs, heartbeatMs, faults, paceMs }),
          ),
        };
    await stage.sandbox.clearFaults();
    say('everything is healed; waiting for quiet');
    const unrest = await calmDown(stage, { load, applications }, fire, options.patience ?? 1);
    const worstRecoveryMs = await recovery.worstMs();
    for (const intent of applications?.intents() ?? []) load.book.intents.add(intent);
    const { violations: broken, ...counts } = await judge(stage, load.book, fire.excuses);
    const judged = await applications?.judge();
    if (judged && judged.violations.length > 0) sayErrors(stage, say);
    const evidence = evidenceOf(stage, load.book.repeats, judged?.counts);
    return {
      seed,
      ...counts,
      ...(judged && { applications: judged.counts }),
      faults: fire.struck,
      redeliveries: evidence.redelivered,
      duplicatesSuppressed: evidence.suppressed,
      ambiguousCommits: evidence.ambiguous,
      reconnects: evidence.reconnects,
      queuesMended: evidence.mended,
      swept: evidence.swept,
      operatorCalls: operator.times(),
      worstRecoveryMs,
      ...(recoveryMs && { recoveryMs }),
      violations: [...(tooSlow ?? []), ...broken, ...(judged?.violations ?? [])],
      failures: [...(wasStopped ? ['stopped before its time'] : []), ...unrest, ...fire.failed, ...vacuous(fire.struck, evidence)],
    };
  } catch (error) {
    if (stage.sandbox.pid() === undefined) throw new Error(`the sandbox ended by itself:\n${tail(stage.sandbox.log())}`, { cause: error });
    throw error;
  } finally {
    await stage.close();
  }
}

async function fireFor(durationMs: number, options: Omit<FireOptions, 'strikes'>, strikes: readonly Strike[]): Promise<Fire> {
  const [fire] = await Promise.all([openFire({ ...options, strikes }), Promise.race([pause(durationMs), options.stopped])]);
  return fire;
}

async function slowCore({ sandbox }: Stage, delayMs: number): Promise<void> {
  await sandbox.fault({ vendor: 'way4', operation: 'purchase', fault: 'slow', delayMs, times: 10_000 });
}

interface Traffic {
  load: Load;
  applications: ApplicationStream | undefined;
}

/** A walk from the first step to the last, with half a minute in which a step rests because the database was away, and as much again. */
const applicationWithinMs = 120_000;

/** What the api and the worker of applications logged as errors: a violation says what came of it, and not why. */
function sayErrors({ applications }: Stage, say: (line: string) => void): void {
  for (const { log } of applications?.processes.values() ?? [])
    for (const line of log().split('\n')) if (line.includes('"level":50')) say(line);
}

/** Ends the traffic and waits until nothing moves. Returns what did not come to an end in time. */
async function calmDown(stage: Stage, { load, applications }: Traffic, { excuses }: Fire, patience: number): Promise<string[]> {
  const withinMs = patience * (excuses.losses.length > 0 ? stage.profile.quietAfterLossMs : stage.profile.quietWithinMs);
  await Promise.all([load.stop(withinMs), applications?.stop(patience * applicationWithinMs)]);
  const isCalm = await becomesQuiet(stage, withinMs);
  const stuck = isCalm ? await dismiss(stage) : [`not quiet ${withinMs / 1_000} s after the last fault was healed`];
  const processes = [...stage.crew.values(), ...(stage.applications?.processes.values() ?? []), stage.sandbox];
  return [...processes.flatMap((each) => each.accidents()), ...stuck];
}

/** Tells everybody to stop. Nothing is left to do, so who does not leave has a delivery in hand that it never answers. */
async function dismiss({ crew }: Stage): Promise<string[]> {
  const leave = async ({ name, stop }: CrewMember): Promise<string[]> =>
    (await stop(deliveryLimits.drainMs)) ? [] : [`${name} did not stop when it was told to`];
  return (await Promise.all([...crew.values()].map(leave))).flat();
}

async function becomesQuiet(stage: Stage, withinMs: number): Promise<boolean> {
  const lookEveryMs = 250;
  const giveUpAt = performance.now() + withinMs;
  while (performance.now() < giveUpAt) {
    if (await isQuiet(stage).catch(() => false)) return true;
    await pause(lookEveryMs);
  }
  return false;
}

function evidenceOf({ crew }: Stage, repeats: number, applications: ApplicationCounts | undefined): Evidence {
  const sum: Evidence = {
    ...noEvidence,
    suppressed: repeats,
    repeatedCalls: Object.values(applications?.repeatedCalls ?? {}).reduce((sum, times) => sum + times, 0),
    begunAgain: applications?.begunAgain ?? 0,
  };
  for (const member of crew.values()) {
    for (const [name, count] of Object.entries(member.evidence())) sum[name as keyof Evidence] += count; // the keys of Evidence
  }
  return sum;
}
