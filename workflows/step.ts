// A step is an activity that never fails silently: when its tries are spent, or a repeat cannot help, the application is in need of
// attention and the step waits for staff. `retryStep` runs it again, and cuts a running back-off short; a cancel ends the wait.

import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Attention, StaffRequest } from '../domain/application.ts';
import { createCaller, firstTryMs } from './activity-plans.ts';
import type { ActivityName, Patience } from './activity-plans.ts';
import type { Clock } from './deadline.ts';
import type { ApplicationPolicy } from './messages.ts';
import { searchAttributes } from './search-attributes.ts';

type Ref = { applicationId: string; step: string; round: number };

/** Activities whose outcome is recorded under application, step and round. */
export type StepName = {
  [N in ActivityName]: Activities[N] extends (ref: Ref, ...input: never[]) => Promise<unknown>
    ? Parameters<Activities[N]>[0] extends { step: string }
      ? N
      : never
    : never;
}[ActivityName];

/** What is given as a function is made anew for each try, so that a deadline in it is the one that then holds. */
type InputOf<N extends StepName> = Parameters<Activities[N]> extends [unknown, ...infer Input] ? OrMade<Input> : never;

type OrMade<Input extends unknown[]> = { [I in keyof Input]: Input[I] | (() => Input[I]) };

type OutcomeOf<N extends StepName> = Awaited<ReturnType<Activities[N]>>;

export interface Steps {
  /** Runs the step until it succeeds. Throws only when the surrounding scope is cancelled. */
  step<N extends StepName>(name: N, round: number, ...input: InputOf<N>): Promise<OutcomeOf<N>>;
  /** The same for a vendor that may be away until then without anybody being asked. Null when it was away all the time. */
  stepUntil<N extends StepName>(patience: Patience, name: N, round: number, ...input: InputOf<N>): Promise<OutcomeOf<N> | null>;
  /** What waits for staff now, or null. */
  attention(): Attention | null;
  /** True while there is something that `retryStep` could speed up: a step waits for staff, or its first try is over and it is still not done, as
   *  the run knows or `backsOff` says. A healthy try is let be, and so is what was tried again just now. */
  canRetry(backsOff: boolean): boolean;
  /** Runs the waiting step again, or cuts its back-off short. */
  retry(by: StaffRequest): void;
}

// PostgreSQL down is nobody's question to staff: the step goes on by itself when it is back.
const databasePauseMs = 30_000;

/** Shows staff what waits for them, or that nothing does any more, as soon as the database can take it. */
function createTeller(applicationId: string, call: ReturnType<typeof createCaller>) {
  let told = 0;
  return async (now: Attention | null, by: StaffRequest | null = null): Promise<void> => {
    told += 1;
    const ref = { applicationId, step: 'markAttention', round: told };
    for (;;) {
      try {
        await call('markAttention', ref, now, by);
        return;
      } catch (error) {
        if (isCancellation(error)) throw error;
        await sleep(databasePauseMs); // the database is away: no reason to end a run
      }
    }
  };
}

/** Whether a retry would help: neither a first try that may be going well is cut, nor what was tried again just now. */
function createPace({ retryRestMs = 0 }: ApplicationPolicy) {
  let retriedAtMs = 0;
  let firstTryUntilMs = 0;
  return {
    begin: (name: ActivityName): void => void (firstTryUntilMs = Date.now() + firstTryMs(name)),
    failed: (): void => void (firstTryUntilMs = 0),
    retried: (): void => void (retriedAtMs = Date.now()),
    hasRested: (): boolean => Date.now() - retriedAtMs >= retryRestMs,
    isFirstTryOver: (backsOff: boolean): boolean => backsOff || Date.now() >= firstTryUntilMs,
  };
}

/** Runs the tries of a step on its queue in a scope that a retry can cancel. Only those back off for long, and a scope costs a run more than most
 *  steps do: steps of one parent share it for as long as neither was cancelled. */
function createCuttable() {
  let scope: CancellationScope | null = null;
  let isOn = false;
  return {
    under:
      (parent: CancellationScope) =>
      <T>(tries: () => Promise<T>): Promise<T> => {
        if (scope?.parent !== parent || scope.consideredCancelled || parent.consideredCancelled)
          scope = new CancellationScope({ cancellable: true, parent });
        isOn = true;
        return scope.run(tries);
      },
    isOn: (): boolean => isOn,
    over: (): void => void (isOn = false),
    cut: (): void => (isOn ? scope?.cancel() : undefined),
  };
}

/** A vendor was away for as long as it may be. */
class OutOfPatience extends Error {}

function nullIfAway(error: unknown): null {
  if (error instanceof OutOfPatience) return null;
  throw error;
}

/** `asks` tells how often staff have asked the customer again: a step is overtaken when they do so after it was begun (db/steps.ts). */
export function createSteps(applicationId: string, policy: ApplicationPolicy, clock: Clock, asks: () => number): Steps {
  const call = createCaller(policy);
  const tellStaff = createTeller(applicationId, call);
  let attention: Attention | null = null;
  let retryRequested: StaffRequest | null = null;
  const pace = createPace(policy);
  const queued = createCuttable();

  async function waitForStaff(name: string, error: unknown): Promise<void> {
    attention = { activity: name, code: failureType(error), since: new Date().toISOString() };
    upsertSearchAttributes([{ key: searchAttributes.attention, value: `${name}:${attention.code}` }]);
    try {
      await tellStaff(attention);
      await condition(() => retryRequested !== null);
    } finally {
      // A cancel ends the wait as well: nobody must find a step in the list that waits for nothing.
      attention = null;
      upsertSearchAttributes([{ key: searchAttributes.attention, value: null }]);
      await CancellationScope.nonCancellable(async () => tellStaff(null, retryRequested));
    }
  }

  async function run<N extends StepName>(name: N, round: number, input: InputOf<N>, patience?: Patience): Promise<OutcomeOf<N>> {
    const parent = CancellationScope.current();
    const callPatiently = createCaller(policy, { patience, failed: pace.failed, onQueue: queued.under(parent) });
    const ref = { applicationId, step: name, round, asks: asks() };
    // InputOf is the parameters without the first; TypeScript cannot put them together again.
    const args = () => [ref, ...input.map(made)] as unknown as Parameters<Activities[N]>;
    let sinceMs = Date.now();
    for (;;) {
      try {
        retryRequested = null;
        pace.begin(name);
        return await callPatiently(name, ...args());
      } catch (error) {
        queued.over();
        if (isCancellation(error) && (parent.consideredCancelled || !retryRequested)) throw error;
        if (isCancellation(error)) continue; // staff cut the back-off short
        if (error instanceof ActivityFailure && error.retryState === 'TIMEOUT' && patience) throw new OutOfPatience();
        if (failureType(error) === 'DATABASE_UNAVAILABLE') await sleep(databasePauseMs);
        else await waitForStaff(name, error);
        clock.stoodStill(sinceMs);
        sinceMs = Date.now();
      } finally {
        queued.over();
      }
    }
  }

  return {
    step: <N extends StepName>(name: N, round: number, ...input: InputOf<N>): Promise<OutcomeOf<N>> => run(name, round, input),
    stepUntil: <N extends StepName>(patience: Patience, name: N, round: number, ...input: InputOf<N>): Promise<OutcomeOf<N> | null> =>
      run(name, round, input, patience).catch(nullIfAway),
    attention: () => attention,
    canRetry: (backsOff) => !retryRequested && pace.hasRested() && (attention !== null || (queued.isOn() && pace.isFirstTryOver(backsOff))),
    retry(by) {
      retryRequested = by;
      pace.retried();
      queued.cut();
    },
  };
}

function made(given: unknown): unknown {
  return typeof given === 'function' ? (given as () => unknown)() : given; // see OrMade
}

/** The constant type of a failure: the activity's own, or what Temporal says of it. */
function failureType(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return cause.type ?? 'UNEXPECTED';
  return cause instanceof Error && cause.name === 'TimeoutFailure' ? 'TIMED_OUT' : 'UNEXPECTED';
}
