// One attempt to book one transaction at WAY4. The order of the commits is the guarantee: the claim, with the attempt counted, is stored
// before the first byte is sent, so whoever finds an attempt without an outcome knows that WAY4 may have been reached, and asks first.

import { judgeFailure, mustAskFirst, OtherBooking } from '../domain/delivery.ts';
import type { AttemptStage, FailureVerdict, TransactionMessage } from '../domain/delivery.ts';
import { VendorFailure, isRejected } from '../domain/failures.ts';
import type { CardCore, CoreBooking } from '../domain/ports.ts';
import { claimTransaction, settleTransaction } from '../db/claims.ts';
import type { ClaimedTransaction, Outcome } from '../db/claims.ts';
import type { Database } from '../db/pool.ts';
import type { Faults } from './fault-points.ts';

export interface AttemptDeps {
  database: Database;
  cardCore: Pick<CardCore, 'findPurchase' | 'purchase'>;
  /** How long a request of this attempt may still reach WAY4. */
  leaseMs: number;
  /** Longest time that one call to WAY4 takes. */
  coreTimeoutMs: number;
  faults: Faults;
}

export type AttemptResult =
  | { kind: 'settled'; outcome: Outcome }
  /** Another handler took the transaction over meanwhile; what this one found out was not written. */
  | { kind: 'fenced' }
  | { kind: 'failed'; verdict: FailureVerdict; claimed: ClaimedTransaction }
  /** There was nothing to claim. */
  | { kind: 'unclaimed' };

/** Claims, books and settles. Throws only what the database throws; then it is open what was stored. */
export async function attemptTransaction(deps: AttemptDeps, message: TransactionMessage): Promise<AttemptResult> {
  const { database, faults } = deps;
  const startedAt = performance.now();
  await faults('pool.claiming');
  const claimed = await database.inOneStatement(async (tx) => claimTransaction(tx, { ...message, leaseMs: deps.leaseMs }));
  if (!claimed) return { kind: 'unclaimed' };
  await faults('pool.claimed');

  const booked = await book(deps, claimed, startedAt);
  if (booked.kind === 'failed') return { ...booked, claimed };
  await faults('pool.answered');

  await faults('pool.settling');
  const mine = await database.inOneStatement(async (tx) => settleTransaction(tx, claimed, booked.outcome));
  if (!mine) return { kind: 'fenced' };
  await faults('pool.settled');
  return { kind: 'settled', outcome: booked.outcome };
}

type Booked = { kind: 'booked'; outcome: Outcome } | { kind: 'failed'; verdict: FailureVerdict };

async function book(deps: AttemptDeps, claimed: ClaimedTransaction, startedAt: number): Promise<Booked> {
  let stage: AttemptStage = 'inquiry';
  try {
    const found = mustAskFirst(claimed.attempt) ? await ask(deps, claimed) : null;
    if (found) return { kind: 'booked', outcome: outcomeOf(found, claimed) };
    await refuseDouble(deps, claimed);
    // The lease promises that nothing arrives at WAY4 after its end. Too late to keep that promise is too late to send.
    if (performance.now() - startedAt + deps.coreTimeoutMs > deps.leaseMs)
      throw new VendorFailure('way4', 'unavailable', 'LEASE_TOO_SHORT');
    stage = 'purchase';
    const booking = await send(deps, claimed);
    return { kind: 'booked', outcome: outcomeOf(booking, claimed) };
  } catch (error) {
    return { kind: 'failed', verdict: judgeFailure(stage, error) };
  }
}

/** The booking of this purchase, or null. An RRN may come twice when the database was restored without its newest ones, so the RRN alone
 *  proves nothing; and what the bank has taken back is a booking no more. Throws {@link OtherBooking}. */
async function ask({ cardCore, faults }: AttemptDeps, claimed: ClaimedTransaction): Promise<CoreBooking | null> {
  const found = await cardCore.findPurchase(claimed.rrn, { reference: claimed.transactionId });
  await faults('pool.asked');
  const stands = found?.reversed !== true && found?.amountVnd === claimed.amountVnd && found.contractNumber === claimed.contractNumber;
  if (found && !stands) throw new OtherBooking();
  return found;
}

/** A purchase under a new RRN is sent only when nothing of a former one stands on the customer's contract, for that may be this purchase with
 *  other words. Throws {@link OtherBooking}. */
async function refuseDouble({ cardCore }: AttemptDeps, { transactionId, contractNumber, formerRrns }: ClaimedTransaction): Promise<void> {
  for (const rrn of formerRrns) {
    const found = await cardCore.findPurchase(rrn, { reference: transactionId });
    if (found?.kind === 'posted' && found.reversed !== true && found.contractNumber === contractNumber) throw new OtherBooking();
  }
}

/** Sends the purchase. WAY4 knows the RRN already when a request that was given up arrived after all: then its booking is the answer. */
async function send(deps: AttemptDeps, claimed: ClaimedTransaction): Promise<CoreBooking> {
  const { transactionId, rrn, contractNumber, merchantId, merchantName, amountVnd, at } = claimed;
  await deps.faults('pool.sending');
  try {
    return await deps.cardCore.purchase({ rrn, contractNumber, merchantId, merchantName, amountVnd, at }, { reference: transactionId });
  } catch (error) {
    if (!isRejected(error, 'DUPLICATE')) throw error;
    const found = await ask(deps, claimed);
    if (!found) throw new VendorFailure('way4', 'garbage', 'DUPLICATE_NOT_FOUND');
    return found;
  }
}

function outcomeOf(booking: CoreBooking, { rrn }: ClaimedTransaction): Outcome {
  if (booking.rrn !== rrn) throw new VendorFailure('way4', 'garbage', 'OTHER_RRN');
  return booking.kind === 'posted' ? { kind: 'posted', authCode: booking.authCode } : { kind: 'rejected', code: booking.code };
}
