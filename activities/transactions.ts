// The hand-off of the approved purchase: the transaction and its outbox row in one commit. From here on the money is on its way.

import { z } from 'zod';
import { invariant } from '../domain/failures.ts';
import type { Settlement } from '../domain/application.ts';
import type { Store } from '../db/store.ts';
import { nobody, recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const handedOff = z.object({ transactionId: z.string() });

export function createTransactionActivities({ store }: { store: Store }) {
  return {
    /** Accepts the purchase and hands it to the relay, in one commit. Checks once more that an OTP for exactly these terms was verified.
     *  Repeat: the first transaction is returned, there is never a second. */
    async handOffTransaction(ref: StepRef): Promise<{ transactionId: string }> {
      return recordOnce(store, ref, handedOff, {
        ask: nobody,
        keep: async (tx) => {
          const { applicationId } = ref;
          const application = await store.applications.readApplication(tx, applicationId);
          invariant(application, 'an application exists before its workflow');
          const challenge = await store.otp.verifiedChallenge(tx, applicationId);
          const contract = await store.agreements.latestContract(tx, applicationId);
          invariant(challenge, 'a purchase is handed off only after its OTP was verified');
          invariant(
            challenge.amount_vnd === application.amount_vnd &&
              challenge.document_sha256 === contract?.document_sha256 &&
              challenge.contract_number === contract.contract_number,
            'the OTP approved these terms and no others',
          );
          const { transactionId } = await store.transactions.accept(tx, {
            intentKey: `${applicationId}:purchase`,
            applicationId,
            merchantId: application.merchant_id,
            kind: 'purchase',
            contractNumber: challenge.contract_number,
            amountVnd: application.amount_vnd,
          });
          await store.applications.advance(tx, applicationId, { status: 'settling', step: 'handOff' });
          return { transactionId };
        },
      });
    },

    /** The outcome of a transaction, or null while it has none: the fallback for a signal that never came. */
    async readSettlement({ transactionId }: { transactionId: string }): Promise<Settlement | null> {
      return store.transactions.outcomeOf(store, transactionId);
    },
  };
}
