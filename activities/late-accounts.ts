// WAY4 may carry out a request long after we gave it up: when the undo asked, there was nothing to close, and a client or contract was made
// afterwards that nobody knows of. So what was closed is looked at again for as long as WAY4 might be late. With it is looked at what should have
// been closed: a run that Temporal set back does not know of the account that it opened, and ends without an undo.

import { isRejected } from '../domain/failures.ts';
import type { VendorFailure } from '../domain/failures.ts';
import type { CardCore } from '../domain/ports.ts';
import type { AccountToClose } from '../db/agreements.ts';

/** Counts alone. */
export interface LateAccounts {
  /** Accounts that were looked at. */
  accounts: number;
  /** Clients and contracts that were found open and closed. */
  closed: number;
}

export interface LateAccountsDeps {
  cardCore: Pick<CardCore, 'findClient' | 'closeClient' | 'findContract' | 'closeContract'>;
  /** A page of the accounts that were closed lately, or should have been, those after this id. */
  readToClose: (after: string) => Promise<AccountToClose[]>;
  /** Puts down that a half was found open and was closed. */
  note: (account: AccountToClose, half: 'client' | 'contract') => Promise<void>;
  /** Told after every account. */
  onProgress: (found: LateAccounts) => void;
}

export function createLateAccountsActivities(deps: LateAccountsDeps) {
  return {
    /** Closes at WAY4 what is open of accounts that were closed lately, or should have been, each with a row in the audit log. Repeat: what is
     *  closed stays so. A "no" of WAY4 to one account keeps no other from being closed and is thrown at the end; any other failure of WAY4 is
     *  thrown at once. */
    async closeLateAccounts(): Promise<LateAccounts> {
      const { readToClose, onProgress } = deps;
      const found = { accounts: 0, closed: 0 };
      let refused: VendorFailure | null = null;
      for (let after = ''; ;) {
        const accounts = await readToClose(after);
        for (const account of accounts) {
          try {
            found.closed += await closeLate(deps, account);
          } catch (error) {
            if (!isRejected(error)) throw error;
            refused = error;
          }
          found.accounts += 1;
          onProgress(found);
        }
        const last = accounts.at(-1);
        if (!last) break;
        after = last.id;
      }
      if (refused) throw refused;
      return found;
    },
  };
}

export type LateAccountsActivities = ReturnType<typeof createLateAccountsActivities>;

/** How many halves were open. The contract first: WAY4 closes no client that has one. */
async function closeLate({ cardCore, note }: LateAccountsDeps, account: AccountToClose): Promise<number> {
  const { client_number: clientNumber, contract_number: contractNumber } = account;
  const call = { reference: account.application_id };
  const halves = [
    {
      half: 'contract' as const,
      isDue: account.is_stopped || account.contract_status === 'closed',
      find: async () => cardCore.findContract(contractNumber, call),
      close: async () => cardCore.closeContract(contractNumber, call),
    },
    {
      half: 'client' as const,
      isDue: account.is_stopped || account.client_status === 'closed',
      find: async () => cardCore.findClient(clientNumber, call),
      close: async () => cardCore.closeClient(clientNumber, call),
    },
  ];
  let closed = 0;
  for (const { half, isDue, find, close } of halves) {
    if (!isDue) continue;
    const found = await find();
    if (!found || found.status === 'closed') continue;
    await close();
    await note(account, half);
    closed += 1;
  }
  return closed;
}
