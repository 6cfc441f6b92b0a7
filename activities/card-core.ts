// The customer's client and contract in WAY4. Our numbers for both are fixed in PostgreSQL before the first call; WAY4 has no
// idempotency key, so every step asks for the number first, and a lost answer is settled the same way.

import { z } from 'zod';
import { dayInVietnam } from '../domain/calendar.ts';
import { invariant, isRejected } from '../domain/failures.ts';
import type { CardCore } from '../domain/ports.ts';
import type { AccountRow } from '../db/agreements.ts';
import type { Store } from '../db/store.ts';
import { recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const opened = z.object({ number: z.string() });
const closed = z.object({ kind: z.literal('closed') });

interface CardCoreDeps {
  store: Store;
  cardCore: CardCore;
  now: () => Date;
}

export function createCardCoreActivities(deps: CardCoreDeps) {
  return {
    /** Makes the customer a client of WAY4. Repeat: the client found by its number is returned, none is made twice.
     *  Throws CARD_CORE_UNAVAILABLE and CARD_CORE_OUTCOME_UNKNOWN (retried), CARD_CORE_REJECTED (not retried; the code is kept). */
    createClient: async (ref: StepRef): Promise<{ number: string }> => open(deps, ref, 'client', makeClient),

    /** Opens the customer's contract with its limit. Repeat: the contract found by its number is returned, none is opened twice.
     *  Throws as createClient does. */
    createContract: async (ref: StepRef): Promise<{ number: string }> => open(deps, ref, 'contract', makeContract),

    /** Undo of createContract. A contract that is not there, or closed already, counts as closed. Throws INVARIANT_BROKEN while a purchase is on
     *  its way or posted. */
    closeContract: async (ref: StepRef): Promise<{ kind: 'closed' }> => close(deps, ref, 'contract'),

    /** Undo of createClient. A client that is not there, or closed already, counts as closed. Throws as closeContract does. */
    closeClient: async (ref: StepRef): Promise<{ kind: 'closed' }> => close(deps, ref, 'client'),
  };
}

type Make = (deps: CardCoreDeps, ref: StepRef, account: AccountRow) => Promise<string>;

type Half = 'client' | 'contract';

async function open(deps: CardCoreDeps, ref: StepRef, half: Half, make: Make): Promise<{ number: string }> {
  const { store } = deps;
  const account = await store.agreements.requiredAccount(store, ref.applicationId);
  try {
    return await recordOnce(store, ref, opened, {
      ask: async () => make(deps, ref, account),
      keep: async (tx, number) => {
        invariant(await store.agreements.markActive(tx, ref.applicationId, half), 'what was undone is not made again');
        return { number };
      },
    });
  } catch (error) {
    // A try that Temporal has given up may still be under way when the undo finds nothing to close. What it makes late, it closes.
    const now = await store.agreements.requiredAccount(store, ref.applicationId);
    if (now[`${half}_status`] === 'closed') await closeAtCore(deps, now, half);
    throw error;
  }
}

async function close(deps: CardCoreDeps, ref: StepRef, half: Half): Promise<{ kind: 'closed' }> {
  const { store } = deps;
  return recordOnce(store, ref, closed, {
    ask: async () => {
      invariant(!(await store.transactions.isOnItsWay(store, ref.applicationId)), 'no account is closed under a purchase');
      await closeAtCore(deps, await store.agreements.requiredAccount(store, ref.applicationId), half);
    },
    keep: async (tx) => {
      await store.agreements.markClosed(tx, ref.applicationId, half);
      return { kind: 'closed' as const };
    },
  });
}

async function closeAtCore({ cardCore }: CardCoreDeps, account: AccountRow, half: Half): Promise<void> {
  const call = { reference: account.application_id };
  const closeContract = async (): Promise<void> => cardCore.closeContract(account.contract_number, call);
  const closeClient = async (): Promise<void> => cardCore.closeClient(account.client_number, call);
  if (half === 'contract') return closeContract();
  try {
    await closeClient();
  } catch (error) {
    if (!isRejected(error)) throw error;
    // WAY4 closes no client with an open contract, and it may have opened ours after the undo of the contract found none.
    await closeContract();
    await closeClient();
  }
}

async function makeClient({ store, cardCore }: CardCoreDeps, ref: StepRef, { client_number: clientNumber }: AccountRow): Promise<string> {
  const call = { reference: ref.applicationId };
  await findOrMake({
    find: async () => cardCore.findClient(clientNumber, call),
    isDone: (client) => client.status === 'active',
    make: async () =>
      cardCore.createClient({ ...(await person(store, ref)), clientNumber, regNumber: `${clientNumber}-A${ref.round}` }, call),
  });
  return clientNumber;
}

async function makeContract({ cardCore, now }: CardCoreDeps, ref: StepRef, account: AccountRow): Promise<string> {
  const { client_number: clientNumber, contract_number: contractNumber, limit_vnd: limitVnd } = account;
  const call = { reference: ref.applicationId };
  const regNumber = `${contractNumber}-A${ref.round}`;
  await findOrMake({
    find: async () => cardCore.findContract(contractNumber, call),
    // Contract and limit are two messages at WAY4: a contract without its limit is half made, and making it again finishes it.
    isDone: (contract) => contract.status === 'active' && contract.limitVnd === limitVnd,
    make: async () => cardCore.createContract({ contractNumber, clientNumber, regNumber, limitVnd, openedOn: dayInVietnam(now()) }, call),
  });
  return contractNumber;
}

interface FindOrMake<T> {
  find: () => Promise<T | null>;
  isDone: (found: T) => boolean;
  make: () => Promise<T>;
}

/** Asks by natural key, makes what is missing or half made, and settles a "duplicate" by asking again: if it is done, it is done. */
async function findOrMake<T>({ find, isDone, make }: FindOrMake<T>): Promise<void> {
  const found = await find();
  if (found && isDone(found)) return;
  try {
    await make();
  } catch (error) {
    const present = isRejected(error, 'DUPLICATE') ? await find() : null;
    if (!present || !isDone(present)) throw error;
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
