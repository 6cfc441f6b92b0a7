// Information: what the core knows of a client or a contract, balances included. Reading changes nothing.

import { z } from 'zod';
import { defaultInstallation } from '../../adapters/way4/wire.ts';
import type { UfxMessage } from '../../adapters/way4/wire.ts';
import { whole } from '../store.ts';
import type { Rows } from '../store.ts';
import { inquiryRequest, Refused, respCode, understood } from './messages.ts';
import type { Outcome } from './messages.ts';

const { contractStatuses, currency } = defaultInstallation;

/** `findClient` or `findContract`, as the logs and the faults name it. */
export function inquiryOperation(body: unknown): 'findClient' | 'findContract' | 'unknownInquiry' {
  const parsed = inquiryRequest.safeParse(body);
  return parsed.success ? `find${parsed.data.ObjectType}` : 'unknownInquiry';
}

/** Answers one inquiry. Throws {@link Refused} for what is not there. */
export async function answerInquiry(db: Rows, body: unknown): Promise<Outcome> {
  const { ObjectType, ObjectFor } = understood(inquiryRequest, body);
  return ObjectType === 'Client'
    ? clientOutcome(db, ObjectFor.ClientIDT?.ClientInfo.ClientNumber)
    : contractOutcome(db, ObjectFor.ContractIDT?.ContractNumber);
}

const clientRow = z.object({
  client_number: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  status: z.enum(['active', 'closed']),
});

async function clientOutcome(db: Rows, clientNumber: string | undefined): Promise<Outcome> {
  const [client] = await db.rows(clientRow, 'select * from clients where client_number = $1', [clientNumber ?? null]);
  if (!client) throw new Refused(respCode.noSuchRecord);
  const ClientInfo = { ClientNumber: client.client_number, FirstName: client.first_name, LastName: client.last_name };
  const Client = { ClientType: 'PR', ClientInfo, StatusCode: contractStatuses[client.status] };
  return { code: respCode.ok, elements: { DataRs: { ClientRs: { Client } } } };
}

const contractRow = z.object({
  contract_number: z.string(),
  client_number: z.string(),
  status: z.enum(['active', 'blocked', 'closed']),
  limit_vnd: whole,
  posted_vnd: whole,
  blocked_vnd: whole,
});

export type ContractRow = z.output<typeof contractRow>;

/** The contract with this number, if there is one. */
export async function readContract(db: Rows, contractNumber: string): Promise<ContractRow | undefined> {
  return (await db.rows(contractRow, 'select * from contracts where contract_number = $1', [contractNumber]))[0];
}

async function contractOutcome(db: Rows, contractNumber: string | undefined): Promise<Outcome> {
  const contract = await readContract(db, contractNumber ?? '');
  if (!contract) throw new Refused(respCode.noSuchContract);
  const Client = { ClientInfo: { ClientNumber: contract.client_number } };
  const ContractIDT = { ContractNumber: contract.contract_number, Client };
  const Contract = { ContractIDT, StatusCode: contractStatuses[contract.status], ...balances(contract) };
  return { code: respCode.ok, elements: { DataRs: { ContractRs: { Contract } } } };
}

/** The balances of a contract. AVAILABLE is always CR_LIMIT − posted − BLOCKED; it is never stored. */
export function balances(contract: Pick<ContractRow, 'limit_vnd' | 'posted_vnd' | 'blocked_vnd'>): UfxMessage['tree'] {
  const amounts = {
    AVAILABLE: contract.limit_vnd - contract.posted_vnd - contract.blocked_vnd,
    BLOCKED: contract.blocked_vnd,
    TOTAL_BALANCE: -contract.posted_vnd,
    CR_LIMIT: contract.limit_vnd,
  };
  const Balance = Object.entries(amounts).map(([Name, amount]) => ({ Name, Amount: String(amount), Currency: currency }));
  return { Balances: { Balance } };
}
