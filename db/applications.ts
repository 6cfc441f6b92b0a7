// The application row: what a reader sees of the workflow. The api adds a row; from then on only activities change it, each
// change in the commit of the step that caused it.

import { invariant } from '../domain/failures.ts';
import { canBecome, isTerminal } from '../domain/states.ts';
import type { ReasonCode } from '../domain/reasons.ts';
import type { Product } from '../domain/schedule.ts';
import type { ApplicationStatus, Step } from '../domain/states.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface NewApplication {
  merchantId: string;
  merchantReference: string;
  customerId: string;
  amountVnd: number;
  product?: Product;
  items: unknown[];
  metadata: Record<string, string>;
  language: 'vi' | 'en';
  returnUrl: string | null;
  cancelUrl: string | null;
  deadlineAt: Date;
}

export interface ApplicationRow {
  id: string;
  merchant_id: string;
  merchant_reference: string;
  customer_id: string;
  amount_vnd: number;
  product: Product;
  items: unknown[];
  metadata: Record<string, string>;
  language: 'vi' | 'en';
  return_url: string | null;
  cancel_url: string | null;
  status: ApplicationStatus;
  step: Step;
  version: number;
  reasons: ReasonCode[];
  canceled_by: 'customer' | 'merchant' | 'operations' | null;
  attention: { activity: string; code: string; since: string } | null;
  deadline_at: Date | null;
  /** Since when it stands where it stands. */
  moved_at: Date;
  created_at: Date;
  updated_at: Date;
}

/** Adds an application in status `created` and returns it. Throws a duplicate error when the merchant used the reference before. */
export async function createApplication(tx: Tx, application: NewApplication): Promise<ApplicationRow> {
  const id = newId('application');
  const { rows } = await tx.query<ApplicationRow>(
    `insert into applications (id, merchant_id, merchant_reference, customer_id, amount_vnd, items, metadata, language, return_url, cancel_url, deadline_at,
       product)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning *`,
    [
      id,
      application.merchantId,
      application.merchantReference,
      application.customerId,
      application.amountVnd,
      JSON.stringify(application.items),
      JSON.stringify(application.metadata),
      application.language,
      application.returnUrl,
      application.cancelUrl,
      application.deadlineAt,
      application.product ?? 'pay-in-3',
    ],
  );
  const row = rows[0];
  invariant(row, 'an insert returns its row');
  await writeEvent(tx, row);
  return row;
}

/** The application, or null for an unknown id. */
export async function readApplication(db: Queryable, id: string): Promise<ApplicationRow | null> {
  const { rows } = await db.query<ApplicationRow>('select * from applications where id = $1', [id]);
  return rows[0] ?? null;
}

/** Takes the version that somebody means: holds the row until the end of the transaction and raises the version, so of two who mean the same
 *  one, one is too late. Returns the row as it was, or null for an unknown id. One that has ended does not change any more. */
export async function takeVersion(tx: Tx, id: string): Promise<ApplicationRow | null> {
  const { rows } = await tx.query<ApplicationRow>('select * from applications where id = $1 for no key update', [id]);
  if (rows[0] && !isTerminal(rows[0].status)) await tx.query('update applications set version = version + 1 where id = $1', [id]);
  return rows[0] ?? null;
}

export interface Advance {
  status: ApplicationStatus;
  step: Step;
  deadlineAt?: string | null;
  reasons?: readonly ReasonCode[];
  canceledBy?: 'customer' | 'merchant' | 'operations';
}

/** Moves the application on, clears any attention, and tells of a new status by an event in the same commit. Staying in a status is
 *  always legal and writes no event. Throws an InvariantFailure for an illegal move, which is a bug. */
export async function advance(tx: Tx, id: string, to: Advance): Promise<void> {
  const { rows } = await tx.query<ApplicationRow>('select * from applications where id = $1 for no key update', [id]);
  const current = rows[0];
  invariant(current, 'an application that advances exists');
  invariant(canBecome(current.status, to.status), `an application never goes from ${current.status} to ${to.status}`);
  const { rows: changed } = await tx.query<ApplicationRow>(
    `update applications set status = $2, step = $3, deadline_at = $4, reasons = coalesce($5, reasons), canceled_by = coalesce($6, canceled_by),
       attention = null, version = version + 1, moved_at = now(), updated_at = now() where id = $1 returning *`,
    [id, to.status, to.step, to.deadlineAt ?? null, to.reasons ?? null, to.canceledBy ?? null],
  );
  if (changed[0] && changed[0].status !== current.status) await writeEvent(tx, changed[0]);
}

/** Notes that the present step waits for nobody. Repeat: nothing. */
export async function waitForNobody(tx: Tx, id: string): Promise<void> {
  await tx.query(
    'update applications set deadline_at = null, version = version + 1, updated_at = now() where id = $1 and deadline_at is not null',
    [id],
  );
}

/** Moves the deadline of the present step. */
export async function moveDeadline(tx: Tx, id: string, deadlineAt: Date): Promise<void> {
  await tx.query('update applications set deadline_at = $2, version = version + 1, updated_at = now() where id = $1', [id, deadlineAt]);
}

/** Marks the application as in need of attention, or as well again (null). While it waits for staff no deadline runs: the step that is freed says
 *  until when the next wait lasts. */
export async function setAttention(tx: Tx, id: string, attention: ApplicationRow['attention']): Promise<void> {
  await tx.query(
    `update applications set attention = $2::jsonb, deadline_at = case when $2::jsonb is null then deadline_at end, version = version + 1, updated_at = now()
     where id = $1`,
    [id, attention && JSON.stringify(attention)],
  );
}

async function writeEvent(tx: Tx, row: ApplicationRow): Promise<void> {
  await tx.query('insert into events (id, application_id, merchant_id, type, version, body) values ($1, $2, $3, $4, $5, $6)', [
    newId('event'),
    row.id,
    row.merchant_id,
    `application.${row.status}`,
    row.version,
    JSON.stringify({ status: row.status, merchantReference: row.merchant_reference, amountVnd: row.amount_vnd }),
  ]);
}
