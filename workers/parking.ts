// Puts a message aside for a person. A handler that finds poison writes the row and rejects the message; the broker carries it to the
// parked queue, where the second half of this file makes sure that a row is there and takes the message off. The same half catches what
// the broker parks on its own, after too many deliveries; so whatever was put aside is found in one table.

import { z } from 'zod';
import type { Answer, Delivery } from '../adapters/rabbitmq/consumer.ts';
import { deliveryLimits } from '../config/limits.ts';
import { readMessage } from '../domain/delivery.ts';
import type { ParkReason, ReadMessage } from '../domain/delivery.ts';
import { isId } from '../domain/ids.ts';
import { sha256 } from '../db/documents.ts';
import { idWithDigest, parkMessage } from '../db/parked.ts';
import type { ParkedMessage } from '../db/parked.ts';
import type { Database } from '../db/pool.ts';
import { readTransaction } from '../db/transactions.ts';
import type { Faults } from './fault-points.ts';

export interface ParkingDeps {
  database: Database;
  faults: Faults;
}

/** Writes the row of a message that is to be rejected. Throws what the database throws. */
export async function park(deps: ParkingDeps, delivery: Delivery, why: { reason: ParkReason; error: string }): Promise<void> {
  await deps.database.withTransaction(async (tx) => {
    await parkMessage(tx, rowOf(delivery, why));
    await deps.faults('park.writing');
  });
  await deps.faults('park.written');
}

export interface ParkedHandlerDeps extends ParkingDeps {
  retryMs: number;
  /** Name of the queue whose messages are put aside. */
  workQueue: string;
  stopping: () => boolean;
  onFault: (error: unknown) => void;
  /** A message expired in the work queue, which only a policy at the broker can bring about. Its purchase goes on. */
  onExpired: (transactionId: string) => void;
}

/** The handler of the parked queue. While the database is away it waits with the message in hand, retrying every `retryMs`. */
export function createParkedHandler(deps: ParkedHandlerDeps) {
  return async (delivery: Delivery): Promise<Answer> => {
    const row = rowOf(delivery, { reason: brokerReason(delivery), error: 'broker' });
    while (!deps.stopping()) {
      try {
        if (await goesOn(deps, delivery)) return 'done';
        await parkMessage(deps.database, row);
        await deps.faults('parked.stored');
        return 'done';
      } catch (error) {
        deps.onFault(error);
        await new Promise((resolve) => setTimeout(resolve, deps.retryMs));
      }
    }
    return 'again';
  };
}

/** True for a message of a purchase of ours that nobody had a look at: the sweeper writes another, and no person has to. */
async function goesOn({ database, workQueue, onExpired }: ParkedHandlerDeps, { body, headers }: Delivery): Promise<boolean> {
  const deaths = z.array(z.object({ queue: z.string(), reason: z.string() })).safeParse(headers['x-death']);
  const read = readBody(body);
  if (read.kind === 'poison' || !deaths.data?.some(({ queue, reason }) => queue === workQueue && reason === 'expired')) return false;
  const { transactionId } = read.message;
  if (!(await readTransaction(database, transactionId))) return false;
  onExpired(transactionId);
  return true;
}

// A handler's own rejection has its row, with the better reason, before it gets here.
function brokerReason({ body }: Delivery): ParkReason {
  const read = readBody(body);
  return read.kind === 'poison' ? read.reason : 'DELIVERY_LIMIT';
}

/** A body that is too long for one of ours is not even read: the broker takes more than a process has room for. */
export function readBody(body: Buffer): ReadMessage {
  return body.length > deliveryLimits.messageMaxBytes ? { kind: 'poison', reason: 'MALFORMED' } : readMessage(body.toString('utf8'));
}

function rowOf(delivery: Delivery, why: { reason: ParkReason; error: string }): ParkedMessage {
  const start = delivery.body.subarray(0, deliveryLimits.messageMaxBytes);
  return {
    messageId: messageIdOf(delivery),
    transactionId: transactionIdOf(start),
    reason: why.reason,
    firstError: why.error,
    lastError: why.error,
    body: start,
    headers: plainHeaders(delivery.headers),
  };
}

/** What a message is told apart by on its way. Our own ids are given once; two messages of others may come under one id, so theirs has the
 *  digest of the body with it. A copy that comes back under its key has the same key. */
export function messageKey(message: Pick<Delivery, 'messageId' | 'body'>): string {
  const id = messageIdOf(message);
  const isOurs = isId('outbox', id) && readBody(message.body).kind === 'message';
  return isOurs ? id : idWithDigest(id, message.body);
}

/** The id that a message was sent with, or one made of its body when it has none that can be stored. */
function messageIdOf({ messageId, body }: Pick<Delivery, 'messageId' | 'body'>): string {
  const id = messageId?.replace(idWithDigest('', body), '') ?? '';
  return /^[\x20-\x7e]{1,128}$/.test(id) ? id : `sha256:${sha256(body)}`;
}

function transactionIdOf(body: Buffer): string | null {
  const found = /"transactionId"\s*:\s*"([a-z0-9_]{1,64})"/.exec(body.toString('utf8'))?.[1];
  return found && isId('transaction', found) ? found : null;
}

// What was put aside may come from anybody: only short, printable facts are kept.
function plainHeaders(headers: Record<string, unknown>): Record<string, string | number> {
  const kept: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(headers).slice(0, 20)) {
    if (!/^[\x20-\x7e]{1,64}$/.test(name)) continue;
    if (typeof value === 'number') kept[name] = value;
    if (typeof value === 'string' && /^[\x20-\x7e]{0,128}$/.test(value)) kept[name] = value;
  }
  return kept;
}
