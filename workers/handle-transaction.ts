// From a delivery to the broker's answer. An acknowledgement is the last thing that happens: by then the outcome is stored, or a copy of
// the message is confirmed in a delay queue. A message is never dropped because somebody else seems to be at work on it.

import type { Answer, Delivery } from '../adapters/rabbitmq/consumer.ts';
import type { Publisher } from '../adapters/rabbitmq/publisher.ts';
import type { OutgoingMessage } from '../adapters/rabbitmq/transport.ts';
import type { Topology } from '../adapters/rabbitmq/topology.ts';
import { delayIndex, errorCode, judgeUnclaimed } from '../domain/delivery.ts';
import type { ParkReason, TransactionMessage } from '../domain/delivery.ts';
import { invariant } from '../domain/failures.ts';
import { noteFailure } from '../db/claims.ts';
import { AmbiguousCommit } from '../db/pool.ts';
import { readTransaction } from '../db/transactions.ts';
import { attemptTransaction } from './attempt.ts';
import type { AttemptDeps, AttemptResult } from './attempt.ts';
import { messageKey, park, readBody } from './parking.ts';
import type { ParkingDeps } from './parking.ts';

/** Waits with a delivery in hand. False as soon as it is to be given back, or cannot be answered any more. */
export type WaitInHand = (ms: number, delivery: Delivery) => Promise<boolean>;

export interface HandlerDeps extends AttemptDeps, ParkingDeps {
  publisher: Publisher;
  topology: Topology;
  attemptsPerDelay: readonly number[];
  /** Called when an outcome was stored, so that its workflow hears of it without delay. */
  onSettled: () => void;
  waitInHand: WaitInHand;
  report: (handled: Handled) => void;
}

/** `anew`: no delay queue took the message, its delay was spent in hand, and it is handled once more. */
type Step = Answer | 'anew';

/** What became of a delivery; the counters and the log are made of it. */
export type Handled =
  | { kind: 'settled'; transactionId: string; outcome: 'posted' | 'rejected' }
  /** The outcome was there already. */
  | { kind: 'duplicate'; transactionId: string }
  | { kind: 'fenced'; transactionId: string }
  | { kind: 'delayed'; transactionId: string; reason: string; retryMs: number }
  | { kind: 'parked'; messageId: string; reason: ParkReason; error: string }
  /** A policy at the broker let its message expire; the sweeper publishes it again. */
  | { kind: 'expired'; transactionId: string }
  /** The database lost its connection in a commit. */
  | { kind: 'ambiguous'; transactionId: string };

/** Makes the handler of the work queue. It never rejects on purpose. */
export function createTransactionHandler(deps: HandlerDeps): (delivery: Delivery) => Promise<Answer> {
  return async (delivery) => {
    await deps.faults('pool.delivered');
    // What is requeued counts at the broker, which parks it at the delivery limit; what waits in hand does not.
    for (;;) {
      const answer = await handle(deps, delivery);
      if (answer !== 'anew') return answer;
    }
  };
}

async function handle(deps: HandlerDeps, delivery: Delivery): Promise<Step> {
  const read = readBody(delivery.body);
  try {
    if (read.kind === 'poison') return await putAside(deps, delivery, { reason: read.reason, error: read.reason });
    return await follow(deps, delivery, read.message, await attemptTransaction(deps, read.message));
  } catch (error) {
    const transactionId = read.kind === 'message' ? read.message.transactionId : 'none';
    // Nobody knows what is stored: no acknowledgement, and the next delivery looks.
    if (error instanceof AmbiguousCommit) {
      deps.report({ kind: 'ambiguous', transactionId });
      return 'again';
    }
    // The database is away, most likely. Nothing is counted there, so the message comes back after the shortest delay.
    return delay(deps, delivery, { transactionId, index: 0, reason: errorCode(error) });
  }
}

async function follow(deps: HandlerDeps, delivery: Delivery, message: TransactionMessage, result: AttemptResult): Promise<Step> {
  const { transactionId } = message;
  switch (result.kind) {
    case 'settled':
      deps.onSettled();
      deps.report({ kind: 'settled', transactionId, outcome: result.outcome.kind });
      return 'done';
    case 'fenced':
      return fenced(deps, delivery, transactionId);
    case 'failed':
      return afterFailure(deps, delivery, result);
    case 'unclaimed':
      return unclaimed(deps, delivery, message);
  }
}

/** Another handler owns the transaction, and this one says nothing about it any more; but that one may be dead. */
async function fenced(deps: HandlerDeps, delivery: Delivery, transactionId: string): Promise<Step> {
  deps.report({ kind: 'fenced', transactionId });
  return delay(deps, delivery, { transactionId, index: 0, reason: 'FENCED' });
}

async function unclaimed(deps: HandlerDeps, delivery: Delivery, message: TransactionMessage): Promise<Step> {
  const { transactionId } = message;
  const found = await readTransaction(deps.database, transactionId);
  const verdict = judgeUnclaimed(message, found);
  switch (verdict.kind) {
    case 'settled':
    case 'superseded':
      deps.report({ kind: 'duplicate', transactionId });
      return 'done';
    case 'later':
      return delay(deps, delivery, { transactionId, index: 0, reason: 'CLAIMED' });
    case 'park':
      return putAside(deps, delivery, { reason: verdict.reason, error: found?.lastError ?? verdict.reason });
  }
}

async function afterFailure(deps: HandlerDeps, delivery: Delivery, failed: Extract<AttemptResult, { kind: 'failed' }>): Promise<Step> {
  const { claimed, verdict } = failed;
  const index = delayIndex(claimed.attempt, deps.attemptsPerDelay);
  const { delayMs } = delayAt(deps.topology, index);
  const noted = verdict.kind === 'retry' ? verdict : { error: verdict.error, release: true, refund: false };
  await deps.faults('retry.noting');
  const mine = await deps.database.withTransaction(async (tx) => noteFailure(tx, claimed, { ...noted, retryMs: delayMs }));
  if (!mine) return fenced(deps, delivery, claimed.transactionId);
  await deps.faults('retry.noted');
  if (verdict.kind === 'park') return putAside(deps, delivery, verdict);
  return delay(deps, delivery, { transactionId: claimed.transactionId, index, reason: verdict.error });
}

/** Into a delay queue, confirmed, and only then acknowledged: a crash between the two makes a duplicate, not a loss. In hand while the
 *  broker takes nothing. */
async function delay(
  deps: HandlerDeps,
  delivery: Delivery,
  { transactionId, index, reason }: { transactionId: string; index: number; reason: string },
): Promise<Step> {
  const { delayMs, routingKey } = delayAt(deps.topology, index);
  const copy = { exchange: deps.topology.exchange, routingKey, messageId: messageKey(delivery), body: delivery.body, headers: {} };
  deps.report({ kind: 'delayed', transactionId, reason, retryMs: delayMs });
  const betweenMs = delayAt(deps.topology, 0).delayMs;
  // Offered again and again: a long delay must not hold a place in the pool because the broker was away for a moment.
  for (let leftMs = delayMs; leftMs > 0; leftMs -= betweenMs) {
    if (await isTaken(deps, copy)) return 'done';
    if (!(await deps.waitInHand(betweenMs, delivery))) return 'again';
  }
  return 'anew';
}

async function isTaken({ publisher, faults }: HandlerDeps, copy: OutgoingMessage): Promise<boolean> {
  const sent = publisher.publish(copy);
  await faults('retry.sent');
  const verdict = await sent;
  await faults('retry.published');
  return verdict === 'confirmed';
}

async function putAside(deps: HandlerDeps, delivery: Delivery, why: { reason: ParkReason; error: string }): Promise<Answer> {
  await park(deps, delivery, why);
  deps.report({ kind: 'parked', messageId: messageKey(delivery), reason: why.reason, error: why.error });
  return 'park';
}

function delayAt(topology: Topology, index: number): Topology['delays'][number] {
  const delay = topology.delays[index] ?? topology.delays.at(-1);
  invariant(delay, 'the topology has a delay');
  return delay;
}
