// Credit reports: asked for under a consent, paid for once, shared by all applications of the same person that are open at the time, and used
// again while they are young. The first final answer of an inquiry stands.

import { z } from 'zod';
import type { CreditReport } from '../domain/ports.ts';
import type { Boxes } from './boxes.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';
import { lockPerson } from './standing.ts';

export type ReportOutcome = 'PENDING' | 'HIT' | 'NO_HIT' | 'MULTIPLE_MATCH' | 'ERROR' | 'UNAVAILABLE';

export interface StoredReport {
  requestId: string;
  inquiryId: string | null;
  consentId: string;
  outcome: ReportOutcome;
  report: CreditReport | null;
  answeredAt: Date | null;
  /** The request id under which CIC bills the inquiry: this one, or that of the application which asked first. */
  billedAs: string;
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
   *  younger than `maxAgeMs`, it is used and nothing needs to be asked; an inquiry that is younger than `sharedMs` and not answered yet is
   *  shared. Null, with nothing noted, without that consent. Repeat: the first. */
  plan(tx: Tx, wanted: WantedReport): Promise<StoredReport | null>;
  /** Stores the answer of an inquiry, for all that share it. The first final answer stands: one that comes after it changes nothing. */
  answer(tx: Tx, answer: ReportAnswer): Promise<void>;
  /** Goes on without the report. One that is there by now stays. */
  giveUp(tx: Tx, requestId: string): Promise<void>;
  /** The newest report of an application, or null when none was asked for. */
  latest(db: Queryable, applicationId: string): Promise<StoredReport | null>;
}

interface WantedReport {
  applicationId: string;
  requestId: string;
  maxAgeMs: number;
  sharedMs: number;
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
    billedAs: row.billed_as,
  });
  return {
    async plan(tx, wanted) {
      const { requestId } = wanted;
      const other = (await noteWanted(tx, wanted)) && (await otherReport(tx, wanted));
      if (other) {
        const { report, outcome, answeredAt } = read(other);
        await tx.query('update credit_reports set outcome = $2, report = $3, answered_at = $4, reused_from = $5 where request_id = $1', [
          requestId,
          outcome,
          report && boxes.seal(place(requestId), JSON.stringify(report)),
          answeredAt,
          other.id,
        ]);
      }
      const { rows } = await tx.query<ReportRow>(`${select} where r.request_id = $1`, [requestId]);
      return rows[0] ? read(rows[0]) : null;
    },
    async answer(tx, { requestId, inquiryId, outcome, report, errorCode }) {
      if (outcome === 'PENDING') {
        await tx.query(`update credit_reports set inquiry_id = $2 where request_id = $1 and outcome = 'PENDING'`, [requestId, inquiryId]);
        return;
      }
      const { rows } = await tx.query<{ request_id: string }>(
        `select request_id from credit_reports where outcome = 'PENDING' and (request_id = $1 or inquiry_id = $2) order by id for update`,
        [requestId, inquiryId],
      );
      for (const { request_id: waiting } of rows)
        await tx.query(
          'update credit_reports set inquiry_id = $2, outcome = $3, report = $4, error_code = $5, answered_at = now() where request_id = $1',
          [waiting, inquiryId, outcome, report ? boxes.seal(place(waiting), JSON.stringify(report)) : null, errorCode ?? null],
        );
    },
    giveUp,
    async latest(db, applicationId) {
      const { rows } = await db.query<ReportRow>(`${select} where r.application_id = $1 order by r.requested_at desc limit 1`, [
        applicationId,
      ]);
      return rows[0] ? read(rows[0]) : null;
    },
  };
}

const select =
  'select r.*, coalesce(paid.request_id, r.request_id) as billed_as from credit_reports r left join credit_reports paid on paid.id = r.reused_from';

/** Notes what is wanted, one application of a person after the other. False when it is noted already, or the consent is missing. */
async function noteWanted(tx: Tx, { applicationId, requestId }: WantedReport): Promise<boolean> {
  await lockPerson(tx, applicationId);
  const { rowCount } = await tx.query(
    `insert into credit_reports (id, application_id, request_id, consent_id)
     select $1, $2, $3, id from consents where application_id = $2 and kind = 'credit_bureau' order by granted_at desc, id desc limit 1
     on conflict (request_id) do nothing`,
    [newId('creditReport'), applicationId, requestId],
  );
  return rowCount === 1;
}

async function giveUp(tx: Tx, requestId: string): Promise<void> {
  await tx.query(`update credit_reports set outcome = 'UNAVAILABLE', answered_at = now() where request_id = $1 and outcome = 'PENDING'`, [
    requestId,
  ]);
}

/** The newest inquiry of another application about the same person that need not be made again: answered and young enough, or still under
 *  way. Only what CIC said for certain is used again. */
async function otherReport(tx: Tx, { applicationId, requestId, maxAgeMs, sharedMs }: WantedReport): Promise<ReportRow | undefined> {
  const { rows } = await tx.query<ReportRow>(
    `${select}
     join applications a on a.id = r.application_id
     join customers same on same.id = a.customer_id
     join customers me on me.national_id_index = same.national_id_index
     where me.id = (select customer_id from applications where id = $1) and r.request_id <> $2 and r.reused_from is null
       and (r.outcome in ('HIT', 'NO_HIT') and r.answered_at > now() - $3 * interval '1 ms'
         or r.outcome = 'PENDING' and r.requested_at > now() - $4 * interval '1 ms')
     order by r.answered_at desc nulls last, r.requested_at desc limit 1`,
    [applicationId, requestId, maxAgeMs, sharedMs],
  );
  return rows[0];
}

interface ReportRow {
  id: string;
  request_id: string;
  inquiry_id: string | null;
  consent_id: string;
  outcome: ReportOutcome;
  report: Buffer | null;
  answered_at: Date | null;
  billed_as: string;
}
