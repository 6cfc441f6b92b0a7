// Credit reports: asked for under a consent, paid for once, used again for the same person while they are young. The first final answer of
// an inquiry stands.

import { z } from 'zod';
import { invariant } from '../domain/failures.ts';
import type { CreditReport } from '../domain/ports.ts';
import type { Boxes } from './boxes.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export type ReportOutcome = 'PENDING' | 'HIT' | 'NO_HIT' | 'MULTIPLE_MATCH' | 'ERROR' | 'UNAVAILABLE';

export interface StoredReport {
  requestId: string;
  inquiryId: string | null;
  consentId: string;
  outcome: ReportOutcome;
  report: CreditReport | null;
  answeredAt: Date | null;
  isReused: boolean;
}

export interface ReportAnswer {
  requestId: string;
  inquiryId: string;
  outcome: ReportOutcome;
  report?: CreditReport;
  errorCode?: string;
}

export interface CreditReports {
  /** Notes that a report is wanted, under the customer's newest consent to it, and says how it stands. Where a report about the same person is
   *  younger than `maxAgeMs`, it is used and nothing needs to be asked. Null, with nothing noted, without that consent. Repeat: the first. */
  plan(tx: Tx, wanted: { applicationId: string; requestId: string; maxAgeMs: number }): Promise<StoredReport | null>;
  /** Stores the answer of an inquiry. The first final answer stands: one that comes after it changes nothing. */
  answer(tx: Tx, answer: ReportAnswer): Promise<void>;
  /** The newest report of an application, or null when none was asked for. */
  latest(db: Queryable, applicationId: string): Promise<StoredReport | null>;
}

const storedReport = z.custom<CreditReport>((value) => typeof value === 'object' && value !== null && 'currentDebtGroup' in value);

/** Stores credit reports in boxes of this maker. */
export function createCreditReports(boxes: Boxes): CreditReports {
  const place = (requestId: string): string => `credit_reports.report:${requestId}`;
  const read = (row: ReportRow): StoredReport => ({
    requestId: row.request_id,
    inquiryId: row.inquiry_id,
    consentId: row.consent_id,
    outcome: row.outcome,
    report: row.report ? storedReport.parse(JSON.parse(boxes.open(place(row.request_id), row.report).toString())) : null,
    answeredAt: row.answered_at,
    isReused: row.reused_from !== null,
  });
  return {
    async plan(tx, { applicationId, requestId, maxAgeMs }) {
      const { rowCount } = await tx.query(
        `insert into credit_reports (id, application_id, request_id, consent_id)
         select $1, $2, $3, id from consents where application_id = $2 and kind = 'credit_bureau' order by granted_at desc, id desc limit 1
         on conflict (request_id) do nothing`,
        [newId('creditReport'), applicationId, requestId],
      );
      const young = rowCount === 1 && (await youngReport(tx, { applicationId, requestId, maxAgeMs }));
      if (young) {
        const { report } = read(young);
        await tx.query('update credit_reports set outcome = $2, report = $3, answered_at = $4, reused_from = $5 where request_id = $1', [
          requestId,
          young.outcome,
          report && boxes.seal(place(requestId), JSON.stringify(report)),
          young.answered_at,
          young.id,
        ]);
      }
      const { rows } = await tx.query<ReportRow>('select * from credit_reports where request_id = $1', [requestId]);
      return rows[0] ? read(rows[0]) : null;
    },
    async answer(tx, { requestId, inquiryId, outcome, report, errorCode }) {
      const box = report ? boxes.seal(place(requestId), JSON.stringify(report)) : null;
      await tx.query(
        `update credit_reports set inquiry_id = $2, outcome = $3, report = $4, error_code = $5,
           answered_at = case when $3 = 'PENDING' then null else now() end
         where request_id = $1 and outcome = 'PENDING'`,
        [requestId, inquiryId, outcome, box, errorCode ?? null],
      );
    },
    async latest(db, applicationId) {
      const { rows } = await db.query<ReportRow>(
        'select * from credit_reports where application_id = $1 order by requested_at desc limit 1',
        [applicationId],
      );
      return rows[0] ? read(rows[0]) : null;
    },
  };
}

/** The newest report that was paid for about the same person, if it is young enough. Only what CIC said for certain is used again. */
async function youngReport(
  tx: Tx,
  { applicationId, requestId, maxAgeMs }: { applicationId: string; requestId: string; maxAgeMs: number },
): Promise<ReportRow | undefined> {
  const { rows } = await tx.query<ReportRow>(
    `select r.* from customers me
     join customers same on same.national_id_index = me.national_id_index
     join applications a on a.customer_id = same.id
     join credit_reports r on r.application_id = a.id
     where me.id = (select customer_id from applications where id = $1) and r.request_id <> $2 and r.outcome in ('HIT', 'NO_HIT')
       and r.reused_from is null and r.answered_at > now() - $3 * interval '1 ms'
     order by r.answered_at desc limit 1`,
    [applicationId, requestId, maxAgeMs],
  );
  const found = rows[0];
  invariant(!found || found.answered_at, 'a report that was answered has its time');
  return found;
}

interface ReportRow {
  id: string;
  request_id: string;
  inquiry_id: string | null;
  consent_id: string;
  outcome: ReportOutcome;
  report: Buffer | null;
  answered_at: Date | null;
  reused_from: string | null;
}
