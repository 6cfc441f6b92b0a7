// Documents: purchases, holds and their reversals. Whether the limit holds is decided by one conditional UPDATE in the statement that
// records the document, so any number of purchases at once never exceed it, and (MsgCode, RRN, source contract) is booked at most once.

import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { defaultInstallation, parmValue, readAmountVnd } from '../../adapters/way4/wire.ts';
import { coreBehaviour } from '../sentinels.ts';
import { isDuplicate, whole } from '../store.ts';
import type { Rows, Store } from '../store.ts';
import { balances, readContract } from './inquiries.ts';
import type { ContractRow } from './inquiries.ts';
import { listBookings } from './list.ts';
import { docRequest, Refused, respCode, understood } from './messages.ts';
import type { DocRequest, Outcome } from './messages.ts';

const { msgCodes } = defaultInstallation;

/** Which balance a document moves. */
const bookings = { [msgCodes.purchase]: 'posted_vnd', [msgCodes.hold]: 'blocked_vnd' } as const;
const reversals = { [msgCodes.purchaseReversal]: msgCodes.purchase, [msgCodes.holdReversal]: msgCodes.hold };

const operations: Record<string, string> = {
  [msgCodes.purchase]: 'purchase',
  [msgCodes.purchaseReversal]: 'reversePurchase',
  [msgCodes.hold]: 'hold',
  [msgCodes.holdReversal]: 'reverseHold',
  [msgCodes.bookingInquiry]: 'findPurchase',
  [msgCodes.bookingList]: 'listPurchases',
};

/** What a document asks for, as the logs and the faults name it. */
export function docOperation(body: unknown): string {
  const parsed = docRequest.safeParse(body);
  return (parsed.success && operations[parsed.data.TransType.TransCode.MsgCode]) || 'unknownDoc';
}

/** The amount of a document that books money, by which a sentinel may choose what happens. */
export function bookedAmountVnd(body: unknown): number | undefined {
  const parsed = docRequest.safeParse(body);
  if (!parsed.success || !(parsed.data.TransType.TransCode.MsgCode in bookings)) return undefined;
  return readAmountVnd(parsed.data.Transaction?.Amount ?? '');
}

/** Decides one document and commits it. Throws {@link Refused} for a document that is not recorded: a repeat, a shape that is not
 *  understood, a reversal that does not fit. A booking that is refused for business reasons is recorded with its code. */
export async function decideDoc(store: Store, body: unknown): Promise<Outcome> {
  const request = understood(docRequest, body);
  if (request.TransType.TransCode.MsgCode === msgCodes.bookingList) return listBookings(store, request);
  const doc = readDoc(request);
  if (doc.msgCode === msgCodes.bookingInquiry) return findBookings(store, doc);
  const column = bookings[doc.msgCode];
  if (column) return book(store, doc, column);
  const original = reversals[doc.msgCode];
  if (original) return reverse(store, doc, original);
  throw new Refused(respCode.validationFailure);
}

interface Doc {
  msgCode: string;
  rrn: string;
  sourceContract: string;
  request: DocRequest;
}

function readDoc(request: DocRequest): Doc {
  const rrn = parmValue(request.DocRefSet, 'RRN');
  if (rrn === undefined || !/^\d{12}$/.test(rrn)) throw new Refused(respCode.validationFailure);
  return { msgCode: request.TransType.TransCode.MsgCode, rrn, sourceContract: request.Source.ContractNumber, request };
}

function moneyOf({ request }: Doc): { contractNumber: string; amountVnd: number; merchantName: string } {
  const amountVnd = readAmountVnd(request.Transaction?.Amount ?? '');
  const contractNumber = request.Requestor?.ContractNumber;
  if (amountVnd === undefined || amountVnd <= 0 || contractNumber === undefined) throw new Refused(respCode.validationFailure);
  return { contractNumber, amountVnd, merchantName: request.SourceDtls?.MerchantName ?? '' };
}

const bookedNow = z.object({
  resp_code: z.string(),
  auth_code: z.string().nullable(),
  // Of the contract afterwards; missing when nothing was taken from it.
  balance: z.object({ limit_vnd: whole, posted_vnd: whole, blocked_vnd: whole }).nullable(),
});

/** One statement, so one commit: the amount is taken from what is available, and the document recorded with what came of that. */
async function book(store: Store, doc: Doc, column: 'posted_vnd' | 'blocked_vnd'): Promise<Outcome> {
  const { contractNumber, amountVnd, merchantName } = moneyOf(doc);
  const sentinel = coreBehaviour(amountVnd);
  const refusal = sentinel?.kind === 'reject' ? sentinel.respCode : null;
  const authCode = String(randomInt(1_000_000)).padStart(6, '0');
  const { ok, noSuchContract, doNotHonour, insufficientFunds } = respCode;
  const [booked] = await store
    .rows(
      bookedNow,
      `with taken as (
         update contracts set ${column} = ${column} + $6
         where contract_number = $4 and status = 'active' and limit_vnd - posted_vnd - blocked_vnd >= $6 and $7::text is null
         returning limit_vnd, posted_vnd, blocked_vnd
       ), decided as (
         select coalesce($7, case when exists (select from taken) then '${ok}'
           else coalesce((select case status when 'closed' then '${noSuchContract}' when 'blocked' then '${doNotHonour}' else '${insufficientFunds}' end
                          from contracts where contract_number = $4), '${noSuchContract}') end) as code
       ), recorded as (
         insert into docs (msg_code, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code, auth_code)
         select $1, $2, $3, $4, $5, $6, code, case when code = '${ok}' then $8 end from decided
         returning resp_code, auth_code
       )
       select resp_code, auth_code, to_json(taken) as balance from recorded left join taken on true`,
      [doc.msgCode, doc.rrn, doc.sourceContract, contractNumber, merchantName, amountVnd, refusal, authCode],
    )
    .catch(async (error: unknown) => {
      // Somebody recorded it before, or a moment ago: the amount was not taken again.
      if (!isDuplicate(error)) throw error;
      await countRepeat(store, doc);
      throw new Refused(respCode.duplicate);
    });
  if (!booked?.balance) return { code: booked?.resp_code ?? respCode.systemError };
  return { code: ok, elements: { DocRefSet: refSet(doc.rrn, booked.auth_code), DataRs: balances(booked.balance) } };
}

/** Keeps that somebody tried once more. */
async function countRepeat(store: Store, { msgCode, rrn, sourceContract }: Doc): Promise<void> {
  await store.run('update docs set attempts = attempts + 1 where msg_code = $1 and rrn = $2 and source_contract = $3', [
    msgCode,
    rrn,
    sourceContract,
  ]);
}

const bookedDoc = z.object({
  id: whole,
  msg_code: z.string(),
  rrn: z.string(),
  contract_number: z.string(),
  amount_vnd: whole,
  resp_code: z.string(),
  auth_code: z.string().nullable(),
  reversed_at: z.date().nullable(),
});

async function reverse(store: Store, doc: Doc, originalCode: string): Promise<Outcome> {
  const { contractNumber, amountVnd, merchantName } = moneyOf(doc);
  const column = bookings[originalCode] ?? 'posted_vnd';
  const contract = await store.inTransaction(async (tx) => {
    const [original] = await tx.rows(bookedDoc, 'select * from docs where msg_code = $1 and rrn = $2 and source_contract = $3 for update', [
      originalCode,
      doc.rrn,
      doc.sourceContract,
    ]);
    if (original?.resp_code !== respCode.ok || original.contract_number !== contractNumber) throw new Refused(respCode.noSuchRecord);
    if (original.reversed_at !== null) throw new Refused(respCode.alreadyReversed);
    if (original.amount_vnd !== amountVnd) throw new Refused(respCode.validationFailure);
    await tx.run(
      `insert into docs (msg_code, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [doc.msgCode, doc.rrn, doc.sourceContract, contractNumber, merchantName, amountVnd, respCode.ok],
    );
    await tx.run('update docs set reversed_at = now() where id = $1', [original.id]);
    await tx.run(`update contracts set ${column} = ${column} - $2 where contract_number = $1`, [contractNumber, amountVnd]);
    return readContract(tx, contractNumber);
  });
  return { code: respCode.ok, elements: { DataRs: balances(contract ?? noContract) } };
}

/** Everything with this RRN at this source contract, decided either way. Extension, not WAY4. */
async function findBookings(db: Rows, doc: Doc): Promise<Outcome> {
  const found = await db.rows(bookedDoc, 'select * from docs where rrn = $1 and source_contract = $2 order by id', [
    doc.rrn,
    doc.sourceContract,
  ]);
  if (!found[0]) throw new Refused(respCode.noSuchRecord);
  const contract = await readContract(db, found[0].contract_number);
  const Doc = found.map((row) => ({
    TransType: { TransCode: { MsgCode: row.msg_code } },
    DocRefSet: refSet(row.rrn, row.auth_code),
    Requestor: { ContractNumber: row.contract_number },
    Transaction: { Currency: defaultInstallation.currency, Amount: String(row.amount_vnd) },
    Status: { RespClass: row.resp_code === respCode.ok ? 'Information' : 'Error', RespCode: row.resp_code },
  }));
  return { code: respCode.ok, elements: { DataRs: { ...balances(contract ?? noContract), Doc } } };
}

const noContract: Pick<ContractRow, 'limit_vnd' | 'posted_vnd' | 'blocked_vnd'> = { limit_vnd: 0, posted_vnd: 0, blocked_vnd: 0 };

function refSet(rrn: string, authCode: string | null): { Parm: { ParmCode: string; Value: string }[] } {
  const rrnParm = { ParmCode: 'RRN', Value: rrn };
  return { Parm: authCode === null ? [rrnParm] : [rrnParm, { ParmCode: 'AuthCode', Value: authCode }] };
}
