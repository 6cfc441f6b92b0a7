// What to do with a message of the hand-off: read it, judge a transaction that could not be claimed, judge a failed attempt. All of it is
// decided here, without a broker, a database or a clock, so that every case can be tried in a microsecond.

import { VendorFailure } from './failures.ts';
import { isId } from './ids.ts';
import type { TransactionStatus } from './states.ts';

/** A message names a transaction and says nothing about it: amounts and the rest are read where they are true, in PostgreSQL. */
export interface TransactionMessage {
  schemaVersion: 1;
  transactionId: string;
  rrn: string;
  kind: 'purchase';
}

/** Why a message was put aside for a person. */
export const parkReasons = [
  /** Not JSON, or not the fields of a message. */
  'MALFORMED',
  'UNKNOWN_VERSION',
  'UNKNOWN_KIND',
  'UNKNOWN_TRANSACTION',
  /** It says something else about the transaction than the database does. */
  'DISAGREES',
  /** Tried as often as we allow. */
  'TRIES_SPENT',
  /** WAY4 refused the request itself, not the purchase: trying again changes nothing. */
  'CORE_REFUSED',
  /** WAY4 has another purchase under its RRN, or took ours back: that one is not our booking, nor can ours be booked. */
  'OTHER_BOOKING',
  /** Delivered too often without an answer: its handlers died. */
  'DELIVERY_LIMIT',
] as const;

export type ParkReason = (typeof parkReasons)[number];

/** The reasons after which a purchase waits for a person. All others say something about a message only: its transaction goes on. */
export const waitingReasons: readonly ParkReason[] = ['TRIES_SPENT', 'CORE_REFUSED', 'OTHER_BOOKING', 'DELIVERY_LIMIT'];

export type ReadMessage = { kind: 'message'; message: TransactionMessage } | { kind: 'poison'; reason: ParkReason };

/** Reads a message body. Anything but exactly our fields is poison: a field more could be an amount that nobody would check. */
export function readMessage(body: string): ReadMessage {
  const fields = parseObject(body);
  if (!fields) return { kind: 'poison', reason: 'MALFORMED' };
  const { schemaVersion, transactionId, rrn, kind, ...others } = fields;
  if (typeof schemaVersion === 'number' && schemaVersion !== 1) return { kind: 'poison', reason: 'UNKNOWN_VERSION' };
  const known =
    schemaVersion === 1 && typeof transactionId === 'string' && typeof rrn === 'string' && typeof kind === 'string' && isEmpty(others);
  if (!known || !isId('transaction', transactionId) || !/^\d{12}$/.test(rrn)) return { kind: 'poison', reason: 'MALFORMED' };
  if (kind !== 'purchase') return { kind: 'poison', reason: 'UNKNOWN_KIND' };
  return { kind: 'message', message: { schemaVersion, transactionId, rrn, kind } };
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** What the database knows of a transaction that nobody could claim just now. */
export interface Unclaimed {
  rrn: string;
  /** RRNs that it had before. */
  formerRrns: readonly string[];
  kind: string;
  status: TransactionStatus;
  triesLeft: number;
  claimed: boolean;
}

export type UnclaimedVerdict =
  | { kind: 'settled' }
  /** The message is of an RRN that was replaced; the transaction has another message. */
  | { kind: 'superseded' }
  | { kind: 'later' }
  | { kind: 'park'; reason: ParkReason };

/** Why there was nothing to claim. `later` covers a transaction that another handler owns: it is never a reason to forget the message,
 *  for that handler may be dead. */
export function judgeUnclaimed(message: TransactionMessage, found: Unclaimed | null): UnclaimedVerdict {
  if (!found) return { kind: 'park', reason: 'UNKNOWN_TRANSACTION' };
  if (found.kind === message.kind && found.formerRrns.includes(message.rrn)) return { kind: 'superseded' };
  if (found.rrn !== message.rrn || found.kind !== message.kind) return { kind: 'park', reason: 'DISAGREES' };
  if (found.status !== 'accepted') return { kind: 'settled' };
  if (!found.claimed && found.triesLeft === 0) return { kind: 'park', reason: 'TRIES_SPENT' };
  return { kind: 'later' };
}

/** How far an attempt came: `inquiry` asks only, `purchase` may have booked. */
export type AttemptStage = 'inquiry' | 'purchase';

export type FailureVerdict =
  | {
      kind: 'retry';
      error: string;
      /** Nothing of this attempt can still arrive at WAY4: the next handler need not wait for the lease to end. */
      release: boolean;
      /** The attempt does not count: an outage, however long, parks nobody. */
      refund: boolean;
    }
  | { kind: 'park'; reason: ParkReason; error: string };

/** WAY4 has a booking with an RRN of a transaction, and it is not that of the transaction, or does not stand any more. */
export class OtherBooking extends Error {
  override readonly name = 'OtherBooking';
}

/** What follows from a failed attempt. Only what WAY4 itself said parks at once; whatever leaves the outcome open is tried again, asking first. */
export function judgeFailure(stage: AttemptStage, failure: unknown): FailureVerdict {
  const error = errorCode(failure);
  if (failure instanceof OtherBooking) return { kind: 'park', reason: 'OTHER_BOOKING', error };
  if (!(failure instanceof VendorFailure)) return { kind: 'retry', error, release: stage === 'inquiry', refund: false };
  switch (failure.kind) {
    case 'rejected':
      return { kind: 'park', reason: 'CORE_REFUSED', error };
    case 'unavailable':
      return { kind: 'retry', error, release: true, refund: true };
    case 'busy':
      return { kind: 'retry', error, release: stage === 'inquiry', refund: true };
    case 'unknown':
    case 'garbage':
      return { kind: 'retry', error, release: stage === 'inquiry', refund: false };
  }
}

/** A code that may stand in a table and a log: never the message of an error, which may repeat what was sent. */
export function errorCode(failure: unknown): string {
  if (failure instanceof VendorFailure) return `${failure.vendor}:${failure.kind}:${failure.code}`;
  return failure instanceof Error ? failure.name : 'unknown';
}

/** Which of the delays the n-th attempt waits for (1 is the first): so many attempts per delay, then the last one for ever. */
export function delayIndex(attempt: number, attemptsPerDelay: readonly number[]): number {
  let upTo = 0;
  for (const [index, attempts] of attemptsPerDelay.entries()) {
    upTo += attempts;
    if (attempt <= upTo) return index;
  }
  return attemptsPerDelay.length;
}

/** True when the transaction may have reached WAY4 before: ask by RRN before anything is sent. */
export function mustAskFirst(attempt: number): boolean {
  return attempt !== 1;
}
