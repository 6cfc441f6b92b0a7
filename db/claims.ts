// Who may book a transaction, and what came of it. Every function here is one statement inside the caller's commit. Who may write is
// decided by the claim number: it only rises, and an owner whose number is not the newest any more, a process that was frozen and
// woke up for instance, finds that its statements change nothing.

import type { Vnd } from '../domain/money.ts';
import type { TransactionKind } from '../domain/states.ts';
import type { Tx } from './pool.ts';

/** A transaction as its owner needs it to book it. */
export interface ClaimedTransaction {
  transactionId: string;
  applicationId: string;
  rrn: string;
  /** RRNs that it had before, because WAY4 has other bookings under them. */
  formerRrns: string[];
  merchantId: string;
  merchantName: string;
  contractNumber: string;
  amountVnd: Vnd;
  /** When the customer's purchase was accepted: local time in Vietnam, RFC 3339. */
  at: string;
  /** The fencing number of this claim. */
  claim: number;
  /** 1 when provably nobody reached WAY4 with it before. */
  attempt: number;
}

/** Takes the transaction for `leaseMs` by the database's clock and counts the attempt; commit it before the first byte goes to WAY4.
 *  Null when there is nothing to take: {@link readTransaction} says why. */
export async function claimTransaction(
  tx: Tx,
  claim: { transactionId: string; rrn: string; kind: TransactionKind; leaseMs: number },
): Promise<ClaimedTransaction | null> {
  const { rows } = await tx.query<ClaimedTransaction & Record<string, unknown>>(
    `update transactions t
     set claim = claim + 1, attempts = attempts + 1, tries_left = tries_left - 1, retry_at = null,
         claimed_until = clock_timestamp() + $4 * interval '1 millisecond'
     from merchants m
     where t.id = $1 and t.rrn = $2 and t.kind = $3 and m.id = t.merchant_id and t.status = 'accepted' and t.tries_left > 0
       and (t.claimed_until is null or t.claimed_until <= clock_timestamp())
     returning t.id as "transactionId", t.application_id as "applicationId", t.rrn, t.former_rrns as "formerRrns", t.merchant_id as "merchantId",
       m.name as "merchantName", t.contract_number as "contractNumber", t.amount_vnd as "amountVnd", t.claim,
       t.attempts as attempt, to_char(t.accepted_at at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD"T"HH24:MI:SS"+07:00"') as at`,
    [claim.transactionId, claim.rrn, claim.kind, claim.leaseMs],
  );
  return rows[0] ?? null;
}

export type Outcome = { kind: 'posted'; authCode: string } | { kind: 'rejected'; code: string };

/** Writes the final outcome and the notice to the workflow, in one statement. False when the claim is not the newest or the
 *  transaction is settled: nothing was written, and whoever owns it now will finish it. */
export async function settleTransaction(tx: Tx, owned: { transactionId: string; claim: number }, outcome: Outcome): Promise<boolean> {
  const { rowCount } = await tx.query(
    `with settled as (
       update transactions set status = $3, auth_code = $4, response_code = $5, settled_at = clock_timestamp(), claimed_until = null
       where id = $1 and claim = $2 and status = 'accepted' returning id
     )
     insert into outcome_notices (transaction_id) select id from settled`,
    [
      owned.transactionId,
      owned.claim,
      outcome.kind,
      outcome.kind === 'posted' ? outcome.authCode : null,
      outcome.kind === 'rejected' ? outcome.code : null,
    ],
  );
  return rowCount === 1;
}

export interface FailedAttempt {
  /** A code of ours or of the vendor; never a message. */
  error: string;
  retryMs: number;
  /** True when WAY4 provably did not get a booking from this attempt: the lease ends at once. */
  release: boolean;
  /** True when the attempt is not to be counted against the transaction. */
  refund: boolean;
}

/** Notes a failed attempt. False when the claim is not the newest any more: nothing was written. */
export async function noteFailure(tx: Tx, owned: { transactionId: string; claim: number }, failed: FailedAttempt): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update transactions
     set first_error = coalesce(first_error, $3), last_error = $3, retry_at = clock_timestamp() + $4 * interval '1 millisecond',
         claimed_until = case when $5 then null else claimed_until end,
         tries_left = tries_left + case when $6 then 1 else 0 end
     where id = $1 and claim = $2 and status = 'accepted'`,
    [owned.transactionId, owned.claim, failed.error, failed.retryMs, failed.release, failed.refund],
  );
  return rowCount === 1;
}
