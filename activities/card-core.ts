// The customer's client and contract in WAY4. Our numbers for both are fixed in PostgreSQL before the first call; WAY4 has no
// idempotency key, so every step asks for the number first, and a lost answer is settled the same way.

import { z } from 'zod';
import { VendorFailure, invariant } from '../domain/failures.ts';
import type { CardCore } from '../domain/ports.ts';
import type { AccountRow } from '../db/agreements.ts';
import type { Store } from '../db/store.ts';
import { recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const opened = z.object({ number: z.string() });
const closed = z.object({ kind: z.literal('closed') });

export function createCardCoreActivities({ store, cardCore, now }: { store: Store; cardCore: CardCore; now: () => Date }) {
  const account = async (ref: StepRef): Promise<AccountRow> => store.agreements.requiredAccount(store, ref.applicationId);
  return {
    /** Makes the customer a client of WAY4. Repeat: the client found by its number is returned, none is made twice.
     *  Throws CARD_CORE_UNAVAILABLE and CARD_CORE_OUTCOME_UNKNOWN (retried), CARD_CORE_REJECTED (not retried; the code is kept). */
    async createClient(ref: StepRef): Promise<{ number: string }> {
      return recordOnce(store, ref, opened, {
        ask: async () => {
          const { client_number: number } = await account(ref);
          const call = { reference: ref.applicationId };
          await findOrMake(
            async () => cardCore.findClient(number, call),
            async () =>
              cardCore.createClient({ ...(await person(store, ref)), clientNumber: number, regNumber: `${number}-A${ref.round}` }, call),
          );
          return number;
        },
        keep: async (tx, number) => {
          await store.agreements.markAccount(tx, ref.applicationId, { client: 'active' });
          return { number };
        },
      });
    },

    /** Opens the customer's contract with its limit. Repeat: the contract found by its number is returned, none is opened twice.
     *  Throws as createClient does. */
    async createContract(ref: StepRef): Promise<{ number: string }> {
      return recordOnce(store, ref, opened, {
        ask: async () => {
          const terms = await account(ref);
          const call = { reference: ref.applicationId };
          await findOrMake(
            async () => cardCore.findContract(terms.contract_number, call),
            async () =>
              cardCore.createContract(
                {
                  contractNumber: terms.contract_number,
                  clientNumber: terms.client_number,
                  regNumber: `${terms.contract_number}-A${ref.round}`,
                  limitVnd: terms.limit_vnd,
                  openedOn: now().toISOString().slice(0, 10),
                },
                call,
              ),
          );
          return terms.contract_number;
        },
        keep: async (tx, number) => {
          await store.agreements.markAccount(tx, ref.applicationId, { contract: 'active' });
          return { number };
        },
      });
    },

    /** Undo of createContract. A contract that is not there, or closed already, counts as closed. */
    async closeContract(ref: StepRef): Promise<{ kind: 'closed' }> {
      return recordOnce(store, ref, closed, {
        ask: async () => cardCore.closeContract((await account(ref)).contract_number, { reference: ref.applicationId }),
        keep: async (tx) => {
          await store.agreements.markAccount(tx, ref.applicationId, { contract: 'closed' });
          return { kind: 'closed' as const };
        },
      });
    },

    /** Undo of createClient. A client that is not there, or closed already, counts as closed. */
    async closeClient(ref: StepRef): Promise<{ kind: 'closed' }> {
      return recordOnce(store, ref, closed, {
        ask: async () => cardCore.closeClient((await account(ref)).client_number, { reference: ref.applicationId }),
        keep: async (tx) => {
          await store.agreements.markAccount(tx, ref.applicationId, { client: 'closed' });
          return { kind: 'closed' as const };
        },
      });
    },
  };
}

/** Asks by natural key, makes what is missing, and settles a "duplicate" by asking again: it is there, so it is done. */
async function findOrMake<T>(find: () => Promise<T | null>, make: () => Promise<T>): Promise<T> {
  const found = await find();
  if (found) return found;
  try {
    return await make();
  } catch (error) {
    const present = error instanceof VendorFailure && error.kind === 'rejected' && error.code === 'DUPLICATE' ? await find() : null;
    if (!present) throw error;
    return present;
  }
}

async function person(store: Store, ref: StepRef) {
  const application = await store.applications.readApplication(store, ref.applicationId);
  invariant(application, 'an application exists before its workflow');
  const profile = await store.customers.profile(store, application.customer_id);
  invariant(profile, 'only a customer with a complete profile becomes a client');
  const { nationalId, fullName, dateOfBirth, phone, email, address } = profile;
  return { nationalId, fullName, dateOfBirth, phone, email, address };
}
