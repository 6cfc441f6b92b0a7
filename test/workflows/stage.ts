// Activities that play their part without database or vendors. They keep what a bank would keep, so that a test can ask whether the
// slate is clean, and they can be told to fail, to be slow, or to do their work and lose the answer.

import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities/index.ts';

type ActivityName = keyof Activities;

/** How the next calls of an activity go wrong; then it works again. `lostAnswer` does the work first. */
export interface Trouble {
  times: number;
  kind: 'unavailable' | 'rejected' | 'lostAnswer';
}

export interface Stage {
  activities: Activities;
  /** Calls by activity, in order; repeats of the same round included. */
  calls: { name: ActivityName; round: number }[];
  /** What the bank has: undone things are gone. */
  clients: Set<string>;
  contracts: Set<string>;
  transactions: Set<string>;
  ended: { status: string; reasons: readonly string[] }[];
  attention: (string | null)[];
  trouble: Map<ActivityName, Trouble>;
  timesDone(name: ActivityName): number;
  /** Until when the offer stands; an hour from now unless a test says otherwise. */
  offerExpiresAt: () => string;
}

const attentionIsCheap = new Set<ActivityName>(['markAttention', 'readSettlement']);

/** A stage on which everything goes well unless a test says otherwise. `parts` replaces single activities. */
export function createStage(parts: Partial<Activities> = {}): Stage {
  const calls: Stage['calls'] = [];
  const done = new Map<string, unknown>();
  const bank = { clients: new Set<string>(), contracts: new Set<string>(), transactions: new Set<string>() };
  const ended: Stage['ended'] = [];
  const attention: Stage['attention'] = [];
  const trouble: Stage['trouble'] = new Map();

  const script: Activities = {
    recordBasicInfo: async () => ({ kind: 'done' }),
    verifyIdentity: async () => ({ kind: 'verified' }),
    requestCreditReport: async () => ({ kind: 'answered' }),
    readCreditReport: async () => ({ kind: 'answered' }),
    giveUpCreditReport: async () => ({ kind: 'answered' }),
    decide: async () => ({ kind: 'approved', offer: offer(stage.offerExpiresAt()) }),
    approveByReview: async () => offer(stage.offerExpiresAt()),
    askAgain: async () => ({ kind: 'done' }),
    extendDeadline: async () => ({ kind: 'done' }),
    recordReview: async () => ({ kind: 'recorded' }),
    acceptOffer: async () => ({ kind: 'accepted' }),
    createClient: async ({ applicationId }) => ({ number: added(bank.clients, applicationId) }),
    createContract: async ({ applicationId }) => ({ number: added(bank.contracts, applicationId) }),
    closeContract: async ({ applicationId }) => (bank.contracts.delete(applicationId), { kind: 'closed' }),
    closeClient: async ({ applicationId }) => (bank.clients.delete(applicationId), { kind: 'closed' }),
    prepareContract: async () => ({ contractId: 'con_1', documentSha256: 'paper' }),
    sealContract: async () => ({ documentId: 'doc_1', sha256: 'sealed' }),
    requestOtp: async ({ round }) => ({ challengeId: `otp_${round}`, expiresAt: new Date().toISOString(), maskedPhone: '+84*****456' }),
    verifyOtp: async (_ref, { code }) => (code === '123456' ? { kind: 'verified' } : { kind: 'wrong', attemptsLeft: 4 }),
    handOffTransaction: async ({ applicationId }) => ({ transactionId: added(bank.transactions, `txn_${applicationId}`) }),
    readSettlement: async () => null,
    markAttention: async (_ref, mark) => (attention.push(mark && `${mark.activity}:${mark.code}`), { kind: 'done' }),
    finish: async (_ref, { status, reasons }) => (ended.push({ status, reasons }), { kind: 'done' }),
    ...parts,
  };

  const onStage = Object.entries(script).map(([key, play]) => {
    const name = key as ActivityName; // the keys of the script are the names of the activities
    return [name, async (ref: Ref, ...rest: unknown[]) => perform(name, play as Play, ref, rest)];
  });

  async function perform(name: ActivityName, play: Play, ref: Ref, rest: unknown[]): Promise<unknown> {
    const key = `:${ref.applicationId}:${ref.round ?? 0}`;
    calls.push({ name, round: ref.round ?? 0 });
    const wrong = trouble.get(name);
    if (wrong && wrong.times > 0) {
      wrong.times -= 1;
      if (wrong.kind === 'lostAnswer') await once(name, key, async () => play(ref, ...rest));
      throw failure(wrong);
    }
    return once(name, key, async () => play(ref, ...rest));
  }

  // As with recordOnce: the same application, step and round is done once and its outcome returned on a repeat.
  async function once(name: ActivityName, key: string, work: () => Promise<unknown>): Promise<unknown> {
    if (attentionIsCheap.has(name)) return work();
    if (!done.has(`${name}${key}`)) done.set(`${name}${key}`, await work());
    return done.get(`${name}${key}`);
  }

  const stage: Stage = {
    offerExpiresAt: () => new Date(Date.now() + 3_600_000).toISOString(),
    activities: Object.fromEntries(onStage) as Activities, // the same names with functions of the same signatures
    calls,
    ...bank,
    ended,
    attention,
    trouble,
    timesDone: (name) => [...done.keys()].filter((key) => key.startsWith(`${name}:`)).length,
  };
  return stage;
}

type Ref = { applicationId: string; round?: number };

type Play = (ref: unknown, ...rest: unknown[]) => Promise<unknown>;

function failure({ kind }: Trouble): ApplicationFailure {
  if (kind === 'rejected') return ApplicationFailure.nonRetryable('CARD_CORE_REJECTED', 'CARD_CORE_REJECTED');
  return ApplicationFailure.retryable(
    'CARD_CORE_UNAVAILABLE',
    kind === 'lostAnswer' ? 'CARD_CORE_OUTCOME_UNKNOWN' : 'CARD_CORE_UNAVAILABLE',
  );
}

function offer(expiresAt: string) {
  return { offerId: 'ofr_1', hash: 'offer', limitVnd: 5_000_000, expiresAt };
}

function added(set: Set<string>, value: string): string {
  set.add(value);
  return value;
}
