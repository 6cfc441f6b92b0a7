// Messages that nobody could handle, for people to look at. The row is the truth; the parked queue only carries a message here when the
// broker put it aside on its own. A replay never repeats the old message: it writes a new one from what the database knows.

import { deliveryLimits } from '../config/limits.ts';
import { staffLimits } from '../config/staff-limits.ts';
import { waitingReasons } from '../domain/delivery.ts';
import type { ParkReason } from '../domain/delivery.ts';
import { replayNeedsTwo } from '../domain/four-eyes.ts';
import { audit } from './audit.ts';
import type { AuditEntry } from './audit.ts';
import { sha256 } from './documents.ts';
import { sendAgain } from './outbox.ts';
import type { Database, Queryable, Tx } from './pool.ts';

export interface ParkedMessage {
  messageId: string;
  /** Null when the message names none. */
  transactionId: string | null;
  reason: ParkReason;
  /** Codes, never messages; those of the transaction where it has any. */
  firstError: string;
  lastError: string;
  body: Buffer;
  headers: Record<string, string | number>;
}

/** Writes the row. False when this message was parked before: the first row stands, resolved or not. Another message under the same id,
 *  which only others send, gets a row of its own, whose id has the digest of the body with it. */
export async function parkMessage(q: Queryable, parked: ParkedMessage): Promise<boolean> {
  if (await insertParked(q, parked)) return true;
  const { messageId, body } = parked;
  const same = await q.query('select from parked_messages where message_id = $1 and body = $2', [messageId, body]);
  if (same.rowCount === 1) return false;
  return insertParked(q, { ...parked, messageId: idWithDigest(messageId, body) });
}

/** Tells messages of others apart that came under one id. */
export function idWithDigest(messageId: string, body: Uint8Array): string {
  return `${messageId}#${sha256(body)}`;
}

async function insertParked(q: Queryable, parked: ParkedMessage): Promise<boolean> {
  const { rowCount } = await q.query(
    `insert into parked_messages (message_id, transaction_id, reason, first_error, last_error, body, headers)
     values ($1, $2, $3, coalesce((select first_error from transactions where id = $2), $4), $5, $6, $7)
     on conflict (message_id) do nothing`,
    [
      parked.messageId,
      parked.transactionId,
      parked.reason,
      parked.firstError,
      parked.lastError,
      parked.body,
      JSON.stringify(parked.headers),
    ],
  );
  return rowCount === 1;
}

export type Resolution = 'replayed' | 'discarded' | 'renewed';

export interface ParkedRow {
  id: number;
  messageId: string;
  transactionId: string | null;
  applicationId: string | null;
  /** Null when the message names no transaction of ours. */
  transactionStatus: 'accepted' | 'posted' | 'rejected' | null;
  reason: ParkReason;
  firstError: string;
  lastError: string;
  parkedAt: Date;
  resolution: Resolution | null;
  resolvedBy: string | null;
  resolutionReason: string | null;
  resolvedAt: Date | null;
}

const columns = `p.id, p.message_id as "messageId", p.transaction_id as "transactionId", t.application_id as "applicationId",
  t.status as "transactionStatus", p.reason, p.first_error as "firstError", p.last_error as "lastError", p.parked_at as "parkedAt",
  p.resolution, p.resolved_by as "resolvedBy", p.resolution_reason as "resolutionReason", p.resolved_at as "resolvedAt"`;

export interface ParkedFilter {
  /** Only those that nobody has resolved. */
  openOnly: boolean;
  reason?: string | undefined;
  /** Only rows after this id: the id of the last row of the page before. */
  afterId?: number | undefined;
  /** Only rows up to this id, so that what was looked at and what is done are the same. */
  upToId?: number | undefined;
  /** Only those that name a transaction of ours, for the others cannot be replayed. */
  replayableOnly?: boolean;
  limit: number;
}

/** Parked messages in the order in which they were parked. */
export async function listParked(q: Queryable, filter: ParkedFilter): Promise<ParkedRow[]> {
  const { rows } = await q.query<ParkedRow & Record<string, unknown>>(
    `select ${columns} from parked_messages p left join transactions t on t.id = p.transaction_id
     where (not $1 or p.resolved_at is null) and ($2::text is null or p.reason = $2) and p.id > $3
       and ($4::bigint is null or p.id <= $4) and (not $5 or t.id is not null) order by p.id limit $6`,
    [filter.openOnly, filter.reason ?? null, filter.afterId ?? 0, filter.upToId ?? null, filter.replayableOnly ?? false, filter.limit],
  );
  return rows;
}

/** One parked message, or null. */
export async function readParked(q: Queryable, id: number): Promise<ParkedRow | null> {
  const { rows } = await q.query<ParkedRow & Record<string, unknown>>(
    `select ${columns} from parked_messages p left join transactions t on t.id = p.transaction_id where p.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** One parked message with its body and headers, or null. They may have come from anybody and hold anything, so the look stands in the
 *  audit log in the same commit. */
export async function inspectParked(
  tx: Tx,
  id: number,
  by: Pick<AuditEntry, 'actor' | 'requestId'>,
): Promise<(ParkedRow & { body: Buffer; headers: Record<string, unknown> }) | null> {
  const row = await readParked(tx, id);
  const { rows } = await tx.query<{ body: Buffer; headers: Record<string, unknown> }>(
    'select body, headers from parked_messages where id = $1',
    [id],
  );
  if (!row || !rows[0]) return null;
  const { applicationId, messageId } = row;
  await audit(tx, { ...by, action: 'parked_message.viewed', applicationId, subject: messageId });
  return { ...row, ...rows[0] };
}

export interface Resolving {
  id: number;
  /** `staff:<name>` */
  actor: string;
  /** Why; kept with the row and in the audit log. */
  reason: string;
  requestId?: string | undefined;
  /** The second person, where it takes two. */
  approvedBy?: string | undefined;
}

export type Resolved =
  /** A new message is in the outbox, and the transaction has all its tries again. */
  | { kind: 'replayed'; transactionId: string }
  /** Nothing is left to do: the transaction has its outcome. The row is closed. */
  | { kind: 'settled'; transactionId: string }
  | { kind: 'discarded' }
  /** Somebody was here before; nothing was changed. */
  | { kind: 'resolved before'; resolution: Resolution }
  | { kind: 'refused'; why: 'NOT_FOUND' | 'NO_TRANSACTION' | 'STILL_OPEN' | 'SECOND_PERSON_NEEDED' };

/** Replays these, a commit each. At most so many a second become due, by the database's clock, so it goes on evenly when whoever asked is
 *  gone. Repeat: changes nothing. */
export async function replayAll(
  database: Database,
  ids: readonly number[],
  { perSecond, ...resolving }: Omit<Resolving, 'id'> & { perSecond: number },
): Promise<(Resolved & { id: number })[]> {
  const results: (Resolved & { id: number })[] = [];
  let sent = 0;
  for (const id of ids) {
    const afterMs = (sent * 1_000) / perSecond;
    const resolved = await database.withTransaction(async (tx) => replayParked(tx, { id, ...resolving }, afterMs));
    if (resolved.kind === 'replayed') sent += 1;
    results.push({ id, ...resolved });
  }
  return results;
}

/** Sends the transaction of a parked message on its way again after `afterMs`, in the caller's commit. Refused when one person alone comes to
 *  more than may be within an hour; who asks for several at once is counted one after the other. Repeat: changes nothing. */
export async function replayParked(tx: Tx, resolving: Resolving, afterMs = 0): Promise<Resolved> {
  const { actor, approvedBy } = resolving;
  if (approvedBy === undefined) await tx.query(`select pg_advisory_xact_lock(hashtextextended('parked.replay ' || $1, 0))`, [actor]);
  const row = await lockOpen(tx, resolving.id);
  if ('kind' in row) return row;
  const { transactionId, transactionStatus } = row;
  if (!transactionId || !transactionStatus) return { kind: 'refused', why: 'NO_TRANSACTION' };
  if (approvedBy === undefined && transactionStatus === 'accepted' && (await replayOfNeedsTwo(tx, actor, 1)))
    return { kind: 'refused', why: 'SECOND_PERSON_NEEDED' };
  const isOpen = await refillTries(tx, transactionId);
  if (isOpen) await sendAgain(tx, [transactionId], afterMs);
  await resolve(tx, row, resolving, 'replayed');
  return { kind: isOpen ? 'replayed' : 'settled', transactionId };
}

/** False when the transaction has its outcome, be it since a moment ago. */
async function refillTries(tx: Tx, transactionId: string): Promise<boolean> {
  const { rowCount } = await tx.query(`update transactions set tries_left = $2, retry_at = null where id = $1 and status = 'accepted'`, [
    transactionId,
    deliveryLimits.maxAttempts,
  ]);
  return rowCount === 1;
}

export type Renewed =
  /** It has a new RRN, all its tries, and a new message is in the outbox. */
  | { kind: 'renewed'; transactionId: string; rrn: string }
  | Extract<Resolved, { kind: 'resolved before' }>
  /** AT_WORK: a request of an earlier attempt may still reach WAY4. */
  | { kind: 'refused'; why: 'NOT_FOUND' | 'NOT_RENEWABLE' | 'AT_WORK' };

/** True for a message whose purchase may get a new RRN: WAY4 has another booking under its own, or one that was taken back. */
export function isRenewable({ reason, transactionStatus }: Pick<ParkedRow, 'reason' | 'transactionStatus'>): boolean {
  return reason === 'OTHER_BOOKING' && transactionStatus === 'accepted';
}

/** Gives the purchase of a parked message a new RRN and sends it on its way, in the caller's commit; who is at work under the old one is fenced.
 *  Before it is sent, WAY4 is asked about the old RRN (workers/attempt.ts). Repeat: changes nothing. */
export async function renewParked(tx: Tx, resolving: Resolving): Promise<Renewed> {
  const row = await lockOpen(tx, resolving.id);
  if ('kind' in row) return row;
  const { transactionId } = row;
  if (!transactionId || !isRenewable(row)) return { kind: 'refused', why: 'NOT_RENEWABLE' };
  const { rows } = await tx.query<{ rrn: string; former: string }>(
    `update transactions set former_rrns = former_rrns || rrn, rrn = default, claim = claim + 1, claimed_until = null, tries_left = $2, retry_at = null
     where id = $1 and status = 'accepted' and (claimed_until is null or claimed_until <= clock_timestamp())
     returning rrn, former_rrns[cardinality(former_rrns)] as former`,
    [transactionId, deliveryLimits.maxAttempts],
  );
  const [renewed] = rows;
  if (!renewed) return { kind: 'refused', why: 'AT_WORK' };
  await sendAgain(tx, [transactionId]);
  await resolve(tx, row, resolving, 'renewed', { formerRrn: renewed.former, rrn: renewed.rrn });
  return { kind: 'renewed', transactionId, rrn: renewed.rrn };
}

/** Closes a parked message without doing anything. Refused while it is the reason why a purchase has no outcome: that one is to be
 *  replayed, for it can neither be forgotten nor settled by hand. Repeat: changes nothing. */
export async function discardParked(tx: Tx, resolving: Resolving): Promise<Resolved> {
  const row = await lockOpen(tx, resolving.id);
  if ('kind' in row) return row;
  if (waitingReasons.includes(row.reason) && row.transactionStatus === 'accepted') return { kind: 'refused', why: 'STILL_OPEN' };
  await resolve(tx, row, resolving, 'discarded');
  return { kind: 'discarded' };
}

async function lockOpen(
  tx: Tx,
  id: number,
): Promise<ParkedRow | { kind: 'refused'; why: 'NOT_FOUND' } | Extract<Resolved, { kind: 'resolved before' }>> {
  const { rows } = await tx.query<ParkedRow & Record<string, unknown>>(
    `select ${columns} from parked_messages p left join transactions t on t.id = p.transaction_id where p.id = $1 for update of p`,
    [id],
  );
  const [row] = rows;
  if (!row) return { kind: 'refused', why: 'NOT_FOUND' };
  return row.resolution === null ? row : { kind: 'resolved before', resolution: row.resolution };
}

async function resolve(
  tx: Tx,
  row: ParkedRow,
  { actor, reason, requestId, approvedBy }: Resolving,
  resolution: Resolution,
  change: Record<string, string> = {},
): Promise<void> {
  await tx.query(
    'update parked_messages set resolution = $2, resolved_at = clock_timestamp(), resolved_by = $3, resolution_reason = $4 where id = $1',
    [row.id, resolution, actor, reason],
  );
  const { applicationId, messageId, transactionId } = row;
  await audit(tx, {
    actor,
    action: `parked_message.${resolution}`,
    applicationId,
    subject: messageId,
    reason,
    requestId,
    change: { transactionId, parkedFor: row.reason, ...change, ...(approvedBy !== undefined && { approvedBy }) },
  });
}

/** True when so many more would be too many for this person alone. */
export async function replayOfNeedsTwo(q: Queryable, actor: string, messages: number): Promise<boolean> {
  const { rows } = await q.query<{ count: number }>(
    `select count(*) as count from parked_messages where resolved_by = $1 and resolution = 'replayed'
       and resolved_at > clock_timestamp() - $2 * interval '1 millisecond'`,
    [actor, staffLimits.replayCountedMs],
  );
  return replayNeedsTwo(messages, rows[0]?.count ?? 0, staffLimits);
}
