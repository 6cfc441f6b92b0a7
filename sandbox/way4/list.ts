// The list of purchases that reconciliation reads. Extension, not WAY4.

import { z } from 'zod';
import { defaultInstallation, listParms, parmValue } from '../../adapters/way4/wire.ts';
import { sandboxLimits } from '../../config/sandbox-limits.ts';
import { whole } from '../store.ts';
import type { Rows } from '../store.ts';
import { Refused, respCode } from './messages.ts';
import type { DocRequest, Outcome } from './messages.ts';

const { msgCodes, currency } = defaultInstallation;

const asked = z.object({
  since: z.iso.datetime(),
  rrn: z.string().optional(),
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(sandboxLimits.stateMaxRows),
});

const listed = z.object({
  id: whole,
  rrn: z.string(),
  contract_number: z.string(),
  amount_vnd: whole,
  resp_code: z.string(),
  auth_code: z.string().nullable(),
  reversed_at: z.date().nullable(),
  created_at: z.date(),
});

/** The purchases from this source contract since a time, all or those with one RRN, by pages, in the order of their times. */
export async function listBookings(db: Rows, { DocRefSet, Source }: DocRequest): Promise<Outcome> {
  const parm = (code: string): string | undefined => parmValue(DocRefSet, code);
  const { since, after, limit } = listParms;
  const page = asked.safeParse({ since: parm(since), rrn: parm('RRN'), after: parm(after), limit: parm(limit) });
  if (!page.success) throw new Refused(respCode.validationFailure);
  const found = await readPage(db, Source.ContractNumber, page.data);
  if (found.length === 0) return { code: respCode.ok };
  return { code: respCode.ok, elements: { DataRs: { Doc: found.map(docOf) } } };
}

async function readPage(db: Rows, sourceContract: string, page: z.output<typeof asked>): Promise<z.output<typeof listed>[]> {
  const { since, rrn, after, limit } = page;
  const ours = 'msg_code = $1 and source_contract = $2';
  if (rrn !== undefined) {
    const values = [msgCodes.purchase, sourceContract, since, rrn, after, limit];
    return db.rows(listed, `select * from docs where ${ours} and created_at >= $3 and rrn = $4 and id > $5 order by id limit $6`, values);
  }
  // As text, for a Date has no microseconds.
  const [last] = await db.rows(z.object({ at: z.string() }), 'select created_at::text as at from docs where id = $1', [after]);
  return db.rows(
    listed,
    `select * from docs where ${ours} and (created_at, id) >= ($3::timestamptz, $4::bigint) order by created_at, id limit $5`,
    [msgCodes.purchase, sourceContract, last?.at ?? since, last ? after + 1 : 0, limit],
  );
}

function docOf(row: z.output<typeof listed>) {
  const parms = {
    RRN: row.rrn,
    [listParms.docId]: String(row.id),
    [listParms.bookedAt]: row.created_at.toISOString(),
    ...(row.auth_code === null ? {} : { AuthCode: row.auth_code }),
    ...(row.reversed_at === null ? {} : { [listParms.reversed]: 'Y' }),
  };
  return {
    TransType: { TransCode: { MsgCode: msgCodes.purchase } },
    DocRefSet: { Parm: Object.entries(parms).map(([ParmCode, Value]) => ({ ParmCode, Value })) },
    Requestor: { ContractNumber: row.contract_number },
    Transaction: { Currency: currency, Amount: String(row.amount_vnd) },
    Status: { RespClass: row.resp_code === respCode.ok ? 'Information' : 'Error', RespCode: row.resp_code },
  };
}
