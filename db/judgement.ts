// What the lender found out and decided, each as a record that is never rewritten: identity checks, credit reports, decisions.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { CreditReport } from '../domain/ports.ts';
import type { ReasonCode } from '../domain/reasons.ts';
import type { Boxes } from './boxes.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface IdentityCheckRow {
  applicationId: string;
  round: number;
  kind: string;
  verdict: 'pass' | 'fail' | 'inconclusive' | 'error';
  scores: Record<string, number>;
  reasonCodes: readonly ReasonCode[];
  inputSha256: readonly string[];
  provider: string;
  policyVersion: string;
  durationMs: number;
}

/** Adds the checks of one submission. */
export async function addIdentityChecks(tx: Tx, checks: readonly IdentityCheckRow[]): Promise<void> {
  for (const check of checks) {
    await tx.query(
      `insert into identity_checks (id, application_id, round, kind, verdict, scores, reason_codes, input_sha256, provider, policy_version, duration_ms)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        newId('identityCheck'),
        check.applicationId,
        check.round,
        check.kind,
        check.verdict,
        JSON.stringify(check.scores),
        check.reasonCodes,
        check.inputSha256,
        check.provider,
        check.policyVersion,
        check.durationMs,
      ],
    );
  }
}

/** What the identity step found and when: `verified` when each check of the newest submission passed, or a reviewer looked and approved;
 *  `refer` when neither is so; null before any submission. */
export async function identityVerdict(db: Queryable, applicationId: string): Promise<{ verdict: 'verified' | 'refer'; at: Date } | null> {
  const { rows } = await db.query<{ at: Date | null; passed: boolean | null; approved: boolean }>(
    `select max(c.created_at) as at, bool_and(c.verdict = 'pass') as passed,
       exists (select from review_tasks where application_id = $1 and answer = 'approve') as approved
     from identity_checks c
     where c.application_id = $1 and c.round = (select max(round) from identity_checks where application_id = $1)`,
    [applicationId],
  );
  const row = rows[0];
  if (!row?.at) return null;
  return { verdict: row.passed || row.approved ? 'verified' : 'refer', at: row.at };
}

export type ReportOutcome = 'PENDING' | 'HIT' | 'NO_HIT' | 'MULTIPLE_MATCH' | 'UNAVAILABLE';

export interface StoredReport {
  requestId: string;
  inquiryId: string | null;
  outcome: ReportOutcome;
  report: CreditReport | null;
  answeredAt: Date | null;
}

export interface CreditReports {
  /** Notes that an inquiry is about to leave, and under which consent. Repeat: keeps the first. */
  plan(tx: Tx, inquiry: { applicationId: string; requestId: string; consentId: string }): Promise<void>;
  /** Stores the answer of an inquiry. The first final answer stands: one that comes after it changes nothing. */
  answer(tx: Tx, answer: { requestId: string; inquiryId: string; outcome: ReportOutcome; report?: CreditReport }): Promise<void>;
  /** The newest report of an application, or null when none was asked for. */
  latest(db: Queryable, applicationId: string): Promise<StoredReport | null>;
}

const storedReport = z.custom<CreditReport>((value) => typeof value === 'object' && value !== null && 'currentDebtGroup' in value);

/** Stores credit reports in boxes of this maker. */
export function createCreditReports(boxes: Boxes): CreditReports {
  const place = (requestId: string): string => `credit_reports.report:${requestId}`;
  return {
    async plan(tx, { applicationId, requestId, consentId }) {
      await tx.query(
        'insert into credit_reports (id, application_id, request_id, consent_id) values ($1, $2, $3, $4) on conflict (request_id) do nothing',
        [newId('creditReport'), applicationId, requestId, consentId],
      );
    },
    async answer(tx, { requestId, inquiryId, outcome, report }) {
      const box = report ? boxes.seal(place(requestId), JSON.stringify(report)) : null;
      await tx.query(
        `update credit_reports set inquiry_id = $2, outcome = $3, report = $4, answered_at = case when $3 = 'PENDING' then null else now() end
         where request_id = $1 and outcome = 'PENDING'`,
        [requestId, inquiryId, outcome, box],
      );
    },
    async latest(db, applicationId) {
      const { rows } = await db.query<{
        request_id: string;
        inquiry_id: string | null;
        outcome: ReportOutcome;
        report: Buffer | null;
        answered_at: Date | null;
      }>(
        'select request_id, inquiry_id, outcome, report, answered_at from credit_reports where application_id = $1 order by requested_at desc limit 1',
        [applicationId],
      );
      const row = rows[0];
      if (!row) return null;
      const report = row.report ? storedReport.parse(JSON.parse(boxes.open(place(row.request_id), row.report).toString())) : null;
      return { requestId: row.request_id, inquiryId: row.inquiry_id, outcome: row.outcome, report, answeredAt: row.answered_at };
    },
  };
}

export interface NewDecision {
  applicationId: string;
  round: number;
  ruleset: { id: string; version: string; sha256: string };
  /** The features as they were; hashed in the clear, stored encrypted. */
  snapshot: unknown;
  outcome: 'approved' | 'referred' | 'declined';
  limitVnd: number | null;
  reasons: readonly ReasonCode[];
  /** Trace, score and limit derivation, without personal data. */
  result: unknown;
  decidedAt: Date;
}

export interface Decisions {
  /** Appends a decision to the application's chain and returns its id. */
  add(tx: Tx, decision: NewDecision): Promise<string>;
  /** The newest decision of an application, or null. */
  latest(db: Queryable, applicationId: string): Promise<{ id: string; outcome: NewDecision['outcome']; limit_vnd: number | null } | null>;
}

/** Stores decisions; their snapshots go into boxes of this maker. */
export function createDecisions(boxes: Boxes): Decisions {
  return {
    async add(tx, decision) {
      const id = newId('decision');
      const snapshot = canonicalJson(decision.snapshot);
      const snapshotSha256 = digest(snapshot);
      const { rows } = await tx.query<{ record_hash: string }>(
        'select record_hash from decisions where application_id = $1 order by round desc limit 1',
        [decision.applicationId],
      );
      const previous = rows[0]?.record_hash ?? null;
      const { snapshot: _, ...rest } = decision;
      const recordHash = digest(canonicalJson({ ...rest, decidedAt: decision.decidedAt.toISOString(), id, snapshotSha256, previous }));
      await tx.query(
        `insert into decisions (id, application_id, round, ruleset_id, ruleset_version, ruleset_sha256, snapshot, snapshot_sha256, outcome, limit_vnd,
           reasons, result, previous_hash, record_hash, decided_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
        [
          id,
          decision.applicationId,
          decision.round,
          decision.ruleset.id,
          decision.ruleset.version,
          decision.ruleset.sha256,
          boxes.seal(`decisions.snapshot:${id}`, snapshot),
          snapshotSha256,
          decision.outcome,
          decision.limitVnd,
          decision.reasons,
          JSON.stringify(decision.result),
          previous,
          recordHash,
          decision.decidedAt,
        ],
      );
      return id;
    },
    async latest(db, applicationId) {
      const { rows } = await db.query<{ id: string; outcome: NewDecision['outcome']; limit_vnd: number | null }>(
        'select id, outcome, limit_vnd from decisions where application_id = $1 order by round desc limit 1',
        [applicationId],
      );
      return rows[0] ?? null;
    },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
