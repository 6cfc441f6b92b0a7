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

/** The purchases from this source contract since a time, by pages, in the order in which they were decided. */
export async function listBookings(db: Rows, { DocRefSet, Source }: DocRequest): Promise<Outcome> {
  const parms = [listParms.since, listParms.after, listParms.limit].map((code) => parmValue(DocRefSet, code));
  const page = asked.safeParse({ since: parms[0], after: parms[1], limit: parms[2] });
  if (!page.success) throw new Refused(respCode.validationFailure);
  const found = await db.rows(
    listed,
    'select * from docs where msg_code = $1 and source_contract = $2 and created_at >= $3 and id > $4 order by id limit $5',
    [msgCodes.purchase, Source.ContractNumber, page.data.since, page.data.after, page.data.limit],
  );
  if (found.length === 0) return { code: respCode.ok };
  return { code: respCode.ok, elements: { DataRs: { Doc: found.map(docOf) } } };
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
