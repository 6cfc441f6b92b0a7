// WAY4, the bank's card core, behind the CardCore port. WAY4 has no idempotency key: every change is made under a natural key that was
// fixed before the first try (client number, contract number, RegNumber, RRN), and a lost answer is settled by asking for that key.

import { VendorFailure, isRejected } from '../../domain/failures.ts';
import type {
  CallContext,
  CardCore,
  CardCoreBooks,
  CoreBooking,
  CoreClient,
  CoreContract,
  CorePurchase,
  FoundBooking,
  NewClient,
  NewContract,
} from '../../domain/ports.ts';
import { createVendorHttp } from '../http.ts';
import type { VendorHttpOptions } from '../http.ts';
import { createBooks } from './books.ts';
import { createOtp } from './otp.ts';
import * as requests from './requests.ts';
import { createUfx } from './ufx.ts';
import type { SendUfx } from './ufx.ts';
import {
  applicationAnswer,
  balanceVnd,
  bookingsAnswer,
  clientAnswer,
  contractAnswer,
  defaultInstallation,
  docAnswer,
  parmValue,
  readAmountVnd,
} from './wire.ts';
import type { Way4Installation } from './wire.ts';
import type { XmlTree } from './xml.ts';

export interface CardCoreOptions extends VendorHttpOptions {
  /** Codes and names of the bank's installation; the default is what the sandbox speaks. */
  installation?: Way4Installation;
}

interface Core {
  installation: Way4Installation;
  send: SendUfx;
}

/** The card core at `baseUrl`. Nothing is retried; every failure is a VendorFailure of vendor `way4`. */
export function createCardCore(options: CardCoreOptions): CardCore & CardCoreBooks {
  const installation = options.installation ?? defaultInstallation;
  const http = createVendorHttp('way4', options);
  const core: Core = { installation, send: createUfx(http, installation) };
  return {
    findClient: async (clientNumber, call) => findClient(core, clientNumber, call),
    createClient: async (client, call) => createClient(core, client, call),
    closeClient: async (clientNumber, call) =>
      close(core, call, requests.closeClient(installation, clientNumber), async () => findClient(core, clientNumber, call)),
    findContract: async (contractNumber, call) => findContract(core, contractNumber, call),
    createContract: async (contract, call) => createContract(core, contract, call),
    closeContract: async (contractNumber, call) =>
      close(core, call, requests.closeContract(installation, contractNumber), async () => findContract(core, contractNumber, call)),
    findPurchase: async (rrn, call) => findPurchase(core, rrn, call),
    purchase: async (purchase, call) => book(core, purchase, call),
    ...createBooks(installation, core.send),
    ...createOtp(http),
  };
}

async function findClient(core: Core, clientNumber: string, call: CallContext): Promise<CoreClient | null> {
  const body = requests.clientInquiry(call.reference, clientNumber);
  const answer = await core.send({ type: 'Information', body, answer: clientAnswer, call, readOnly: true });
  if (isNotFound(core, answer.Status.RespCode)) return null;
  refuse(core, answer.Status.RespCode);
  const client = answer.DataRs?.ClientRs.Client;
  if (client?.ClientInfo.ClientNumber !== clientNumber) throw garbage('OTHER_CLIENT');
  return { clientNumber, status: client.StatusCode === core.installation.contractStatuses.closed ? 'closed' : 'active' };
}

async function createClient(core: Core, client: NewClient, call: CallContext): Promise<CoreClient> {
  await apply(core, requests.addClient(core.installation, client), call);
  return { clientNumber: client.clientNumber, status: 'active' };
}

async function findContract(core: Core, contractNumber: string, call: CallContext): Promise<CoreContract | null> {
  const body = requests.contractInquiry(call.reference, contractNumber);
  const answer = await core.send({ type: 'Information', body, answer: contractAnswer, call, readOnly: true });
  if (isNotFound(core, answer.Status.RespCode)) return null;
  refuse(core, answer.Status.RespCode);
  const contract = answer.DataRs?.ContractRs.Contract;
  if (contract?.ContractIDT.ContractNumber !== contractNumber) throw garbage('OTHER_CONTRACT');
  const limitVnd = balanceVnd(contract, 'CR_LIMIT');
  const availableVnd = balanceVnd(contract, 'AVAILABLE');
  if (limitVnd === undefined || availableVnd === undefined) throw garbage('BALANCES');
  const clientNumber = contract.ContractIDT.Client.ClientInfo.ClientNumber;
  return { contractNumber, clientNumber, status: contractStatus(core, contract.StatusCode), limitVnd, availableVnd };
}

/** Two messages: the contract, then its limit. A call that finds the first done and the second not (a lost answer in between) goes on
 *  from there, so calling again always finishes; when both were done it throws DUPLICATE like every other repeat. */
async function createContract(core: Core, contract: NewContract, call: CallContext): Promise<CoreContract> {
  try {
    await apply(core, requests.addContract(core.installation, contract), call);
  } catch (error) {
    if (!isRejected(error, 'DUPLICATE')) throw error;
    const found = await findContract(core, contract.contractNumber, call);
    const isHalfMade = found?.clientNumber === contract.clientNumber && found.status === 'active' && found.limitVnd !== contract.limitVnd;
    if (!isHalfMade) throw error;
  }
  await apply(core, requests.setLimit(core.installation, contract), call);
  const { contractNumber, clientNumber, limitVnd } = contract;
  return { contractNumber, clientNumber, status: 'active', limitVnd, availableVnd: limitVnd };
}

/** Asks first: what is closed already, or was never there, needs no closing. */
async function close(core: Core, call: CallContext, body: XmlTree, find: () => Promise<{ status: string } | null>): Promise<void> {
  if (isClosed(await find())) return;
  try {
    await apply(core, body, call);
  } catch (error) {
    if (!isRejected(error, 'DUPLICATE') || !isClosed(await find())) throw error;
  }
}

async function book(core: Core, purchase: CorePurchase, call: CallContext): Promise<CoreBooking> {
  const { rrn } = purchase;
  const body = requests.purchaseDoc(core.installation, purchase);
  const answer = await core.send({ type: 'Doc', body, answer: docAnswer, call });
  if (parmValue(answer.DocRefSet, 'RRN') !== rrn) throw garbage('OTHER_RRN');
  return readBooking(core, rrn, answer, answer.DataRs?.Balances ? { Balances: answer.DataRs.Balances } : undefined);
}

async function findPurchase(core: Core, rrn: string, call: CallContext): Promise<FoundBooking | null> {
  const body = requests.bookingInquiry(core.installation, rrn);
  const answer = await core.send({ type: 'Doc', body, answer: bookingsAnswer, call, readOnly: true });
  if (isNotFound(core, answer.Status.RespCode)) return null;
  refuse(core, answer.Status.RespCode);
  const docOf = (msgCode: string) =>
    answer.DataRs?.Doc?.find((doc) => doc.TransType.TransCode.MsgCode === msgCode && parmValue(doc.DocRefSet, 'RRN') === rrn);
  const { purchase, purchaseReversal } = core.installation.msgCodes;
  const found = docOf(purchase);
  if (!found) throw garbage('OTHER_RRN');
  const amountVnd = readAmountVnd(found.Transaction.Amount);
  if (amountVnd === undefined) throw garbage('BOOKING');
  const reversed = docOf(purchaseReversal) !== undefined && ({ reversed: true } as const);
  return { ...readBooking(core, rrn, found, answer.DataRs), contractNumber: found.Requestor.ContractNumber, amountVnd, ...reversed };
}

type Booking = Pick<ReturnType<typeof docAnswer.parse>, 'TransType' | 'DocRefSet' | 'Status'>;

function readBooking(core: Core, rrn: string, doc: Booking, balances: Parameters<typeof balanceVnd>[0] | undefined): CoreBooking {
  const code = doc.Status.RespCode;
  if (core.installation.respCodes.refused.includes(code)) return { kind: 'rejected', rrn, code };
  refuse(core, code);
  const authCode = parmValue(doc.DocRefSet, 'AuthCode');
  const availableVnd = balances && balanceVnd(balances, 'AVAILABLE');
  if (authCode === undefined || availableVnd === undefined) throw garbage('BOOKING');
  return { kind: 'posted', rrn, authCode, availableVnd };
}

async function apply(core: Core, body: XmlTree, call: CallContext): Promise<void> {
  const answer = await core.send({ type: 'Application', body, answer: applicationAnswer, call });
  if (answer.RegNumber !== body['RegNumber']) throw garbage('OTHER_APPLICATION');
  refuse(core, answer.Status.RespCode);
}

/** Throws `rejected` for every code but success. */
function refuse({ installation: { respCodes } }: Core, code: string): void {
  if (code === respCodes.ok) return;
  throw new VendorFailure('way4', 'rejected', respCodes.duplicate.includes(code) ? 'DUPLICATE' : code);
}

function contractStatus({ installation: { contractStatuses } }: Core, code: string): CoreContract['status'] {
  if (code === contractStatuses.active) return 'active';
  // Whatever else WAY4 calls it, a contract that is neither open nor closed cannot be used now.
  return code === contractStatuses.closed ? 'closed' : 'blocked';
}

function isNotFound(core: Core, code: string): boolean {
  return core.installation.respCodes.notFound.includes(code);
}

function isClosed(found: { status: string } | null): boolean {
  return found === null || found.status === 'closed';
}

function garbage(code: string): VendorFailure {
  return new VendorFailure('way4', 'garbage', code);
}
