// One money movement, accepted once: the transaction and the message that carries it are written in one commit, so that neither can
// exist without the other. How it is booked and settled is in claims.ts.

import { deliveryLimits } from '../config/limits.ts';
import { InvariantFailure } from '../domain/failures.ts';
import type { Vnd } from '../domain/money.ts';
import type { TransactionKind, TransactionStatus } from '../domain/states.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface NewTransaction {
  /** What asks for it, e.g. `<applicationId>:purchase`. One transaction per intent, however often it is asked. */
  intentKey: string;
  applicationId: string;
  merchantId: string;
  kind: 'purchase';
  contractNumber: string;
  amountVnd: Vnd;
}

export interface AcceptedTransaction {
  transactionId: string;
  rrn: string;
  /** False when the intent had been accepted before; nothing was written then. */
  created: boolean;
}

/** Accepts a transaction and writes its message to the outbox, in the caller's commit. Repeat: the same intent returns the first
 *  transaction and writes nothing. Throws an InvariantFailure when the same intent comes with other terms. */
export async function acceptTransaction(tx: Tx, accept: NewTransaction): Promise<AcceptedTransaction> {
  const { rows } = await tx.query<{ id: string; rrn: string }>(
    `with accepted as (
       insert into transactions (id, application_id, merchant_id, kind, intent_key, contract_number, amount_vnd, tries_left)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (intent_key) do nothing
       returning id, rrn, kind
     ), message as (
       insert into outbox (message_id, transaction_id, body)
       select $9, id, jsonb_build_object('schemaVersion', 1, 'transactionId', id, 'rrn', rrn, 'kind', kind) from accepted
     )
     select id, rrn from accepted`,
    [
      newId('transaction'),
      accept.applicationId,
      accept.merchantId,
      accept.kind,
      accept.intentKey,
      accept.contractNumber,
      accept.amountVnd,
      deliveryLimits.maxAttempts,
      newId('outbox'),
    ],
  );
  if (rows[0]) return { transactionId: rows[0].id, rrn: rows[0].rrn, created: true };
  return acceptedBefore(tx, accept);
}

async function acceptedBefore(tx: Tx, accept: NewTransaction): Promise<AcceptedTransaction> {
  const { rows } = await tx.query<{ id: string; rrn: string; same: boolean }>(
    `select id, rrn, (application_id, merchant_id, kind, contract_number, amount_vnd) = ($2, $3, $4, $5, $6::bigint) as same
     from transactions where intent_key = $1`,
    [accept.intentKey, accept.applicationId, accept.merchantId, accept.kind, accept.contractNumber, accept.amountVnd],
  );
  const [first] = rows;
  if (!first?.same) throw new InvariantFailure('the same intent has the same terms');
  return { transactionId: first.id, rrn: first.rrn, created: false };
}

export interface TransactionView {
  transactionId: string;
  applicationId: string;
  kind: TransactionKind;
  rrn: string;
  formerRrns: string[];
  status: TransactionStatus;
  contractNumber: string;
  amountVnd: Vnd;
  authCode: string | null;
  responseCode: string | null;
  attempts: number;
  triesLeft: number;
  claim: number;
  /** True while an owner's request may still reach WAY4. */
  claimed: boolean;
  firstError: string | null;
  lastError: string | null;
  acceptedAt: Date;
  settledAt: Date | null;
}

/** The transaction as it is now, or null when there is none. */
export async function readTransaction(q: Queryable, transactionId: string): Promise<TransactionView | null> {
  const { rows } = await q.query<TransactionView & Record<string, unknown>>(
    `select id as "transactionId", application_id as "applicationId", kind, rrn, former_rrns as "formerRrns", status, contract_number as "contractNumber",
       amount_vnd as "amountVnd", auth_code as "authCode", response_code as "responseCode", attempts, tries_left as "triesLeft", claim,
       coalesce(claimed_until > clock_timestamp(), false) as claimed, first_error as "firstError", last_error as "lastError",
       accepted_at as "acceptedAt", settled_at as "settledAt"
     from transactions where id = $1`,
    [transactionId],
  );
  return rows[0] ?? null;
}

/** True when the application has a transaction that may be booked, or is. */
export async function isOnItsWay(q: Queryable, applicationId: string): Promise<boolean> {
  const { rowCount } = await q.query(`select 1 from transactions where application_id = $1 and status <> 'rejected' limit 1`, [
    applicationId,
  ]);
  return rowCount === 1;
}

/** The final outcome, or null while there is none; null as well for an unknown id. */
export async function outcomeOf(
  q: Queryable,
  transactionId: string,
): Promise<{ transactionId: string; status: 'posted' | 'rejected' } | null> {
  const { rows } = await q.query<{ transactionId: string; status: 'posted' | 'rejected' }>(
    `select id as "transactionId", status from transactions where id = $1 and status <> 'accepted'`,
    [transactionId],
  );
  return rows[0] ?? null;
}
