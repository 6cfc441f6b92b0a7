// What the identity step found, each check as a record that is never rewritten.

import type { ReasonCode } from '../domain/reasons.ts';
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
  /** The vendor's code, with the verdict `error` and no other. */
  errorCode?: string;
}

/** Adds the checks of one submission. */
export async function addIdentityChecks(tx: Tx, checks: readonly IdentityCheckRow[]): Promise<void> {
  for (const check of checks) {
    await tx.query(
      `insert into identity_checks (id, application_id, round, kind, verdict, scores, reason_codes, input_sha256, provider, policy_version, duration_ms,
         error_code)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
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
        check.errorCode ?? null,
      ],
    );
  }
}

/** What the identity step found and when: `verified` when no check of the newest submission speaks against it (one that decides nothing has no
 *  reason; a fault of the vendor judges nothing), or a reviewer looked and approved; `refer` when neither is so; null before any submission. */
export async function identityVerdict(db: Queryable, applicationId: string): Promise<{ verdict: 'verified' | 'refer'; at: Date } | null> {
  const { rows } = await db.query<{ at: Date | null; passed: boolean | null; approved: boolean }>(
    `select max(c.created_at) as at, bool_and(c.verdict = 'pass' or c.reason_codes = '{}') filter (where c.verdict <> 'error') as passed,
       exists (select from review_tasks where application_id = $1 and answer = 'approve') as approved
     from identity_checks c
     where c.application_id = $1 and c.round = (select max(round) from identity_checks where application_id = $1)`,
    [applicationId],
  );
  const row = rows[0];
  if (!row?.at) return null;
  return { verdict: row.passed || row.approved ? 'verified' : 'refer', at: row.at };
}
