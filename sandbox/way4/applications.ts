// Applications: clients and contracts are added, changed and closed. Each is accepted once per RegNumber; one that is refused leaves
// nothing behind, its RegNumber included, so that it may be corrected and sent again.

import { z } from 'zod';
import { closedTag, readAmountVnd, readTags, tagNames } from '../../adapters/way4/wire.ts';
import { whole } from '../store.ts';
import type { Rows, Store } from '../store.ts';
import { applicationRequest, changedClient, changedContract, newClient, newContract, Refused, respCode, understood } from './messages.ts';
import type { ApplicationRequest, Outcome } from './messages.ts';

/** What an application asks for, as the logs and the faults name it. */
export function applicationOperation(body: unknown): string {
  const parsed = applicationRequest.safeParse(body);
  if (!parsed.success || parsed.data.ObjectType === 'ClientContract') return 'unknownApplication';
  const { ObjectType, ActionType, Data } = parsed.data;
  if (ActionType === 'Add') return `add${ObjectType}`;
  const change = changedContract.safeParse(Data);
  return change.success && change.data.Contract.CreditLimit ? 'setLimit' : `close${ObjectType}`;
}

/** Decides one application and commits it. Throws {@link Refused}; nothing is stored then. */
export async function acceptApplication(store: Store, body: unknown): Promise<Outcome> {
  const application = understood(applicationRequest, body);
  await store.inTransaction(async (tx) => {
    const added = await tx.run(
      'insert into applications (reg_number, object_type, action_type) values ($1, $2, $3) on conflict do nothing',
      [application.RegNumber, application.ObjectType, application.ActionType],
    );
    if (added === 0) throw new Refused(respCode.duplicate);
    await work(application)(tx, application);
  });
  return { code: respCode.ok };
}

function work({ ObjectType, ActionType }: ApplicationRequest): (tx: Rows, application: ApplicationRequest) => Promise<void> {
  // Both at once is part of UFX, but no client of ours sends it and its atomicity is unknown.
  if (ObjectType === 'ClientContract') throw new Refused(respCode.validationFailure);
  if (ObjectType === 'Client') return ActionType === 'Add' ? addClient : updateClient;
  return ActionType === 'Add' ? addContract : updateContract;
}

async function addClient(tx: Rows, application: ApplicationRequest): Promise<void> {
  const { ClientInfo, BaseAddress, AddClientInfo } = understood(newClient, application.Data).Client;
  const tags = readTags(AddClientInfo.AddInfo01);
  const added = await tx.run(
    `insert into clients (client_number, national_id, first_name, last_name, birth_date, phone, email, address)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [
      ClientInfo.ClientNumber,
      ClientInfo.RegNumber,
      ClientInfo.FirstName,
      ClientInfo.LastName ?? '',
      tags.get(tagNames.birthDate) ?? '',
      tags.get(tagNames.phone) ?? '',
      BaseAddress.EMail ?? null,
      BaseAddress.AddressLine1,
    ],
  );
  if (added === 0) throw new Refused(respCode.duplicate);
}

async function updateClient(tx: Rows, application: ApplicationRequest): Promise<void> {
  const { AddClientInfo } = understood(changedClient, application.Data).Client;
  if (readTags(AddClientInfo.AddInfo01).get(tagNames.status) !== closedTag) throw new Refused(respCode.validationFailure);
  const clientNumber = await lockClient(tx, application);
  const open = await tx.rows(
    z.object({ count: whole }),
    `select count(*) as count from contracts where client_number = $1 and status <> 'closed'`,
    [clientNumber],
  );
  if (open[0]?.count !== 0) throw new Refused(respCode.validationFailure);
  await tx.run(`update clients set status = 'closed' where client_number = $1`, [clientNumber]);
}

async function addContract(tx: Rows, application: ApplicationRequest): Promise<void> {
  const { ContractIDT, Product, DateOpen, CreditLimit } = understood(newContract, application.Data).Contract;
  const clientNumber = await lockClient(tx, application);
  const active = await tx.run(`select 1 from clients where client_number = $1 and status = 'active'`, [clientNumber]);
  if (active === 0) throw new Refused(respCode.validationFailure);
  const added = await tx.run(
    `insert into contracts (contract_number, client_number, product, opened_on, limit_vnd) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [ContractIDT.ContractNumber, clientNumber, Product.ProductCode1, DateOpen, CreditLimit ? limitVnd(CreditLimit) : 0],
  );
  if (added === 0) throw new Refused(respCode.duplicate);
}

/** The client's row is locked, so that a client is never closed while a contract is being opened for it. */
async function lockClient(tx: Rows, application: ApplicationRequest): Promise<string> {
  const clientNumber = application.ObjectFor?.ClientIDT?.ClientInfo.ClientNumber;
  const found = await tx.run('select 1 from clients where client_number = $1 for update', [clientNumber ?? null]);
  if (clientNumber === undefined || found === 0) throw new Refused(respCode.noSuchRecord);
  return clientNumber;
}

async function updateContract(tx: Rows, application: ApplicationRequest): Promise<void> {
  const contractNumber = application.ObjectFor?.ContractIDT?.ContractNumber;
  const { CreditLimit, AddContractInfo } = understood(changedContract, application.Data).Contract;
  const [contract] = await tx.rows(
    z.object({ status: z.string(), used: whole }),
    'select status, posted_vnd + blocked_vnd as used from contracts where contract_number = $1 for update',
    [contractNumber ?? null],
  );
  if (!contract) throw new Refused(respCode.noSuchContract);
  if (CreditLimit) {
    if (contract.status === 'closed') throw new Refused(respCode.validationFailure);
    await tx.run('update contracts set limit_vnd = $2 where contract_number = $1', [contractNumber, limitVnd(CreditLimit)]);
  } else if (AddContractInfo && readTags(AddContractInfo.AddInfo01).get(tagNames.status) === closedTag) {
    // What is owed or on hold keeps a contract open.
    if (contract.used > 0) throw new Refused(respCode.validationFailure);
    await tx.run(`update contracts set status = 'closed' where contract_number = $1`, [contractNumber]);
  } else throw new Refused(respCode.validationFailure);
}

function limitVnd(creditLimit: { FinanceLimit: { Amount: string } }): number {
  const amountVnd = readAmountVnd(creditLimit.FinanceLimit.Amount);
  if (amountVnd === undefined || amountVnd < 0) throw new Refused(respCode.validationFailure);
  return amountVnd;
}
