// CIC's book of inquiries. One row is one inquiry that is billed; a repeat of its request id is counted, not billed. What an inquiry
// ends with follows from the person's number alone, and when it ends is written down the moment it is accepted.

import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { InquiryAnswer, InquiryRequest } from '../../adapters/cic/wire.ts';
import { bureauBehaviour } from '../sentinels.ts';
import type { BureauBehaviour } from '../sentinels.ts';
import type { Rows } from '../store.ts';
import { reportOf } from './report.ts';

const inquiryRow = z.object({
  inquiry_id: z.string(),
  subject_hash: z.string(),
  national_id: z.string(),
  ready_at: z.date().nullable(),
  is_ready: z.boolean(),
});

const columns = 'inquiry_id, subject_hash, national_id, ready_at, coalesce(ready_at <= now(), false) as is_ready';

/** Accepts an inquiry, or finds the one that has this request id. Undefined when that one is about somebody else. */
export async function acceptInquiry(db: Rows, request: InquiryRequest, reportDelayMs: number): Promise<InquiryAnswer | undefined> {
  const behaviour = bureauBehaviour(request.subject.idNumber);
  const subjectHash = createHash('sha256').update(`${request.product}:${request.subject.idNumber}`).digest('hex');
  const [row] = await db.rows(
    inquiryRow,
    `insert into inquiries (inquiry_id, request_id, subject_hash, national_id, consent_ref, callback_url, ready_at, callback_due_at)
     values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms', now() + $8 * interval '1 ms')
     on conflict (request_id) do update set requests = inquiries.requests + 1
     returning ${columns}`,
    [
      `inq_${randomUUID()}`,
      request.requestId,
      subjectHash,
      request.subject.idNumber,
      request.consentRef,
      request.callbackUrl,
      readyAfterMs(behaviour, reportDelayMs),
      callsBack(behaviour) ? reportDelayMs : null,
    ],
  );
  return row?.subject_hash === subjectHash ? answerOf(row) : undefined;
}

/** An inquiry as it stands now; undefined when there is none. */
export async function readInquiry(db: Rows, inquiryId: string): Promise<InquiryAnswer | undefined> {
  const [row] = await db.rows(inquiryRow, `select ${columns} from inquiries where inquiry_id = $1`, [inquiryId]);
  return row && answerOf(row);
}

function readyAfterMs(behaviour: BureauBehaviour, reportDelayMs: number): number | null {
  if (behaviour.kind === 'silent') return null;
  return behaviour.kind === 'hit' && behaviour.delivery === 'at_once' ? 0 : reportDelayMs;
}

function callsBack(behaviour: BureauBehaviour): boolean {
  return behaviour.kind === 'hit' ? behaviour.delivery === 'callback' : behaviour.kind !== 'silent';
}

function answerOf(row: z.output<typeof inquiryRow>): InquiryAnswer {
  const inquiryId = row.inquiry_id;
  const behaviour = bureauBehaviour(row.national_id);
  if (!row.is_ready || row.ready_at === null || behaviour.kind === 'silent') return { status: 'PENDING', inquiryId };
  if (behaviour.kind === 'no_hit') return { status: 'NO_HIT', inquiryId };
  if (behaviour.kind === 'multiple_match') return { status: 'MULTIPLE_MATCH', inquiryId };
  if (behaviour.kind === 'error') return { status: 'ERROR', inquiryId, errorCode: behaviour.code };
  return { status: 'HIT', inquiryId, report: reportOf(row.national_id, behaviour.report, row.ready_at) };
}
