// Who did what and why: append-only, and chained by hashes so that a changed or missing row shows. A row is written in the
// commit of the change it tells of. Nothing in it names a customer.

import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface AuditEntry {
  /** `customer`, `merchant:<id>`, `staff:<name>` or `system:<component>`. */
  actor: string;
  /** verb.noun, e.g. `application.canceled`. */
  action: string;
  applicationId: string | null;
  /** Id of the thing that was acted on. */
  subject: string;
  reason?: string | undefined;
  change?: Record<string, unknown> | undefined;
  requestId?: string | undefined;
}

const chainLock = 7_282_001; // Any constant: it makes the writers of the chain queue up.

/** Appends one entry to the chain. Holds a lock until the transaction ends, so write it last. */
export async function audit(tx: Tx, entry: AuditEntry): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [chainLock]);
  const { rows } = await tx.query<{ hash: string }>('select hash from audit_log order by seq desc limit 1');
  const previous = rows[0]?.hash ?? null;
  const { rows: clock } = await tx.query<{ at: Date }>(`select date_trunc('milliseconds', clock_timestamp()) as at`);
  const at = clock[0]?.at ?? new Date();
  const id = newId('audit');
  const stored = { id, at: at.toISOString(), ...withNulls(entry) };
  await tx.query(
    `insert into audit_log (id, at, actor, action, application_id, subject, reason, change, request_id, previous_hash, hash)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      id,
      at,
      stored.actor,
      stored.action,
      stored.applicationId,
      stored.subject,
      stored.reason,
      JSON.stringify(stored.change),
      stored.requestId,
      previous,
      auditHash(previous, stored),
    ],
  );
}

/** Why the member of staff asked for it, as they wrote with this request; undefined when they gave no reason. */
export async function reasonGiven(db: Queryable, applicationId: string, requestId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ reason: string }>(
    'select reason from audit_log where application_id = $1 and request_id = $2 and reason is not null order by seq limit 1',
    [applicationId, requestId],
  );
  return rows[0]?.reason;
}

export interface Allowance {
  /** How many entries of this actor and action may fall into the period. */
  max: number;
  periodMs: number;
}

/** Appends the entry unless the actor has used up the allowance of this action; then returns how long until the next one, in seconds. The
 *  log itself is the count, so all processes share it and none can be asked in vain. */
export async function auditWithin(tx: Tx, entry: AuditEntry, { max, periodMs }: Allowance): Promise<{ retryAfterSeconds: number } | null> {
  await tx.query('select pg_advisory_xact_lock($1)', [chainLock]);
  const { rows } = await tx.query<{ count: number; freeInMs: number | null }>(
    `select count(*) as count, extract(epoch from min(at) + $3 * interval '1 ms' - clock_timestamp())::float8 * 1000 as "freeInMs"
     from (select at from audit_log where actor = $1 and action = $2 and at > clock_timestamp() - $3 * interval '1 ms'
           order by at desc limit $4) as latest`,
    [entry.actor, entry.action, periodMs, max],
  );
  if ((rows[0]?.count ?? 0) >= max) return { retryAfterSeconds: Math.max(1, Math.ceil((rows[0]?.freeInMs ?? periodMs) / 1_000)) };
  await audit(tx, entry);
  return null;
}

const usualPageRows = 1_000; // Our choice: the log outgrows any memory, so it is walked by pages.

/** Walks the whole chain. Returns the seq of the first row that does not fit, or null when every row does. Rows cut off at the very end
 *  leave no gap: keep the newest hash elsewhere to see that they are gone. */
export async function firstBrokenAuditRow(db: Queryable, pageRows = usualPageRows): Promise<number | null> {
  let previous: string | null = null;
  for (let after = 0; ;) {
    const { rows } = await db.query<AuditRow>('select * from audit_log where seq > $1 order by seq limit $2', [after, pageRows]);
    for (const row of rows) {
      if (row.previous_hash !== previous || row.hash !== auditHash(previous, asStored(row))) return row.seq;
      previous = row.hash;
      after = row.seq;
    }
    if (rows.length < pageRows) return null;
  }
}

function asStored(row: AuditRow): Record<string, unknown> {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    applicationId: row.application_id,
    subject: row.subject,
    reason: row.reason,
    change: row.change,
    requestId: row.request_id,
  };
}

interface AuditRow {
  seq: number;
  id: string;
  at: Date;
  actor: string;
  action: string;
  application_id: string | null;
  subject: string;
  reason: string | null;
  change: Record<string, unknown>;
  request_id: string | null;
  previous_hash: string | null;
  hash: string;
}

function withNulls(entry: AuditEntry): Required<{ [K in keyof AuditEntry]: Exclude<AuditEntry[K], undefined> | null }> {
  const { actor, action, applicationId, subject, reason = null, change = {}, requestId = null } = entry;
  return { actor, action, applicationId, subject, reason, change, requestId };
}

function auditHash(previous: string | null, stored: Record<string, unknown>): string {
  return createHash('sha256')
    .update(previous ?? '')
    .update(canonicalJson(stored))
    .digest('hex');
}
