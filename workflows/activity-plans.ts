// How each activity is run. What only touches PostgreSQL runs beside the workflow. What talks to a vendor is tried there once: a healthy vendor
// then costs no extra round through Temporal. If that try fails, the activity runs with durable back-off on the vendor's own task queue, so that
// a dead vendor cannot eat another's slots.

import { ActivityFailure, ApplicationFailure, isCancellation, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { taskQueues } from './messages.ts';
import type { ApplicationPolicy, TaskQueue } from './messages.ts';

export type ActivityName = keyof Activities;

interface Plan {
  /** What an engineer reads in the Temporal UI. */
  summary: string;
  /** The queue of the vendor it talks to; absent when it only touches PostgreSQL. */
  queue?: TaskQueue;
  /** Longest single try, in ms. The time-outs of all requests in it are shorter together (config/limits.ts): a try ends by their answers, so that
   *  the next sends nothing while one is under way. */
  tryMs?: number;
  /** False when a healthy vendor needs longer than a workflow task may take. */
  quick?: boolean;
}

/** Until when, in ms since 1970, a vendor that is away is asked again instead of staff. */
export interface Patience {
  untilMs: number;
}

const { bureau, cardCore, identity } = taskQueues;

const plans: Record<ActivityName, Plan> = {
  recordBasicInfo: { summary: 'Note that profile and consents are complete' },
  verifyIdentity: { summary: 'Check ID card and face with Rekognition', queue: identity, tryMs: 90_000, quick: false },
  requestCreditReport: { summary: 'Ask CIC for the credit report', queue: bureau, tryMs: 15_000 },
  readCreditReport: { summary: 'Read the answer of CIC', queue: bureau, tryMs: 15_000 },
  giveUpCreditReport: { summary: 'Go on without the report of CIC' },
  decide: { summary: 'Decide by ruleset' },
  approveByReview: { summary: 'Make the offer that the reviewer approved' },
  askAgain: { summary: 'Ask the customer again, as staff wish' },
  extendDeadline: { summary: 'Record the later deadline' },
  recordReview: { summary: 'Record the answer of the reviewer' },
  acceptOffer: { summary: 'Record that the offer was accepted' },
  createClient: { summary: 'Make the customer a client in WAY4', queue: cardCore, tryMs: 30_000 },
  createContract: { summary: 'Open the contract in WAY4', queue: cardCore, tryMs: 30_000 },
  closeContract: { summary: 'Undo: close the contract in WAY4', queue: cardCore, tryMs: 30_000 },
  closeClient: { summary: 'Undo: close the client in WAY4', queue: cardCore, tryMs: 30_000 },
  prepareContract: { summary: 'Render the contract' },
  sealContract: { summary: 'Record the signature and seal the contract' },
  requestOtp: { summary: 'Have WAY4 send an OTP', queue: cardCore, tryMs: 15_000 },
  verifyOtp: { summary: 'Check the OTP', queue: cardCore, tryMs: 15_000 },
  handOffTransaction: { summary: 'Hand the purchase to the relay' },
  readSettlement: { summary: 'Look for the outcome of the purchase' },
  markAttention: { summary: 'Show staff whether a step waits for them' },
  finish: { summary: 'Record how it ended' },
};

const localTryMs = 8_000;
const durableTryMs = 15_000;

/** After this, in ms, the first try of an activity is over, whatever came of it. */
export function firstTryMs(name: ActivityName): number {
  const { queue, tryMs = durableTryMs } = plans[name];
  return queue ? tryMs : localTryMs;
}

// A worker tells that it lives while it works at a vendor's step (workers/heartbeat.ts). One that died, or that was gone before the
// step reached it, is not waited for until the longest try is over. One that lives would have to miss four beats in a row; a step that is
// given away all the same is done twice and recorded once.
const lostAfterMs = 2_000;

// The first pause is all that a customer waits for when a worker died. It triples, so that six tries outlast half a minute of a vendor's bad time.
const backoffCoefficient = 3;

// The SDK notes for every promise of a run where it was made, which costs more than what most of them do. So calls are handed on as they are,
// without an async function around each.

export interface CallerOptions {
  patience?: Patience | undefined;
  /** Told that the quick try has failed and that the durable ones follow. */
  failed?: () => void;
  /** Runs the durable tries: what may cut their back-off short. */
  onQueue?: <T>(tries: () => Promise<T>) => Promise<T>;
}

function now<T>(call: () => Promise<T>): Promise<T> {
  return call();
}

/** Runs one activity as planned. Throws an ActivityFailure when its tries or the patience are spent, or at once when a repeat cannot help. */
export function createCaller(policy: ApplicationPolicy, { patience, failed, onQueue = now }: CallerOptions = {}) {
  return function call<N extends ActivityName>(name: N, ...args: Parameters<Activities[N]>): Promise<OutcomeOf<N>> {
    const plan = plans[name];
    const { queue } = plan;
    if (!queue) return invoke(local(plan), name, args);
    const onItsQueue = (): Promise<OutcomeOf<N>> => onQueue(() => invoke(durable(plan, queue, policy, patience), name, args));
    if (plan.quick === false) return onItsQueue();
    return invoke(quick(plan), name, args).catch((error: unknown) => {
      if (!isWorthAnotherTry(error)) throw error;
      failed?.();
      return onItsQueue();
    });
  };
}

type OutcomeOf<N extends ActivityName> = Awaited<ReturnType<Activities[N]>>;

type Proxy = Activities;

function invoke<N extends ActivityName>(proxy: Proxy, name: N, args: Parameters<Activities[N]>): Promise<OutcomeOf<N>> {
  const run = proxy[name] as (...args: Parameters<Activities[N]>) => Promise<OutcomeOf<N>>; // TypeScript does not follow N through the index
  return run(...args);
}

function local({ summary }: Plan): Proxy {
  return proxyLocalActivities<Activities>({
    summary,
    startToCloseTimeout: localTryMs,
    localRetryThreshold: 2_000,
    retry: { initialInterval: 200, maximumInterval: 10_000, maximumAttempts: 8 },
  });
}

// A quick try that takes long makes the worker ask for more time for its workflow task (adapters/temporal/commands.ts).
function quick({ summary, tryMs = durableTryMs }: Plan): Proxy {
  return proxyLocalActivities<Activities>({ summary, startToCloseTimeout: tryMs, retry: { maximumAttempts: 1 } });
}

function durable({ summary, tryMs = durableTryMs }: Plan, taskQueue: TaskQueue, policy: ApplicationPolicy, patience?: Patience): Proxy {
  return proxyActivities<Activities>({
    summary,
    taskQueue,
    startToCloseTimeout: tryMs,
    heartbeatTimeout: lostAfterMs,
    cancellationType: 'TRY_CANCEL',
    ...(patience && { scheduleToCloseTimeout: Math.max(1, patience.untilMs - Date.now()) }),
    retry: {
      initialInterval: policy.vendorBackoffMs,
      backoffCoefficient,
      maximumInterval: policy.vendorBackoffMaxMs,
      // Patience is for a vendor that is away; a bug of ours is no better in two hours.
      ...(patience ? { nonRetryableErrorTypes: ['UNEXPECTED'] } : { maximumAttempts: policy.vendorAttempts }),
    },
  });
}

function isWorthAnotherTry(error: unknown): boolean {
  // A failed local activity comes as it was thrown, a regular one wrapped in an ActivityFailure.
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return !isCancellation(error) && !(cause instanceof ApplicationFailure && cause.nonRetryable === true);
}
