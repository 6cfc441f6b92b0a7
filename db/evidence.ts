// What a reviewer looks at before they answer: verdicts, scores and codes as they were recorded, documents by id. Nothing here names a
// customer, and a document is opened on its own, which is audited on its own.

import type { Queryable } from './pool.ts';
import type { ReviewTaskRow } from './reviews.ts';

export interface Evidence {
  /** Of the newest submission. */
  checks: {
    kind: string;
    verdict: string;
    scores: Record<string, number>;
    reasons: string[];
    provider: string;
    error_code: string | null;
    policy_version: string;
    input_sha256: string[];
  }[];
  /** Of what was deleted the digest is left. */
  documents: { id: string; kind: string; sha256: string; size_bytes: number; created_at: Date; deleted_at: Date | null }[];
  credit_reports: { id: string; outcome: string; inquiry_id: string | null; answered_at: Date | null }[];
  decisions: { id: string; outcome: string; limit_vnd: number | null; reasons: string[]; ruleset: string; record_hash: string }[];
  break: {
    kind: string;
    against: string;
    reference: string;
    transaction_id: string | null;
    ours: unknown;
    theirs: unknown;
    first_seen_at: Date;
    times_seen: number;
  } | null;
  moves: { kind: string; from_actor: string | null; to_actor: string | null; by_actor: string; moved_at: Date }[];
}

/** All that is known about the question, newest first. */
export async function readEvidence(db: Queryable, task: Pick<ReviewTaskRow, 'id' | 'application_id' | 'break_id'>): Promise<Evidence> {
  const of = async <Row>(sql: string, id: string | number | null = task.application_id): Promise<Row[]> =>
    (await db.query<Row & Record<string, unknown>>(sql, [id])).rows;
  const [broken] = await of<NonNullable<Evidence['break']>>(
    `select kind, against, reference, transaction_id, ours, theirs, first_seen_at, times_seen from reconciliation_breaks where id = $1`,
    task.break_id,
  );
  return {
    checks: await of(
      `select kind, verdict, scores, reason_codes as reasons, provider, error_code, policy_version, input_sha256 from identity_checks
       where application_id = $1 and round = (select max(round) from identity_checks where application_id = $1) order by kind`,
    ),
    documents: await of(
      `select id, kind, sha256, size_bytes, created_at, deleted_at from documents where application_id = $1 order by created_at desc, id desc limit 100`,
    ),
    credit_reports: await of(
      `select id, outcome, inquiry_id, answered_at from credit_reports where application_id = $1 order by requested_at desc limit 20`,
    ),
    decisions: await of(
      `select id, outcome, limit_vnd, reasons, ruleset_id || '@' || ruleset_version as ruleset, record_hash from decisions
       where application_id = $1 order by round desc limit 20`,
    ),
    break: broken ?? null,
    moves: await of(
      `select kind, from_actor, to_actor, by_actor, moved_at from review_moves where task_id = $1 order by id desc limit 100`,
      task.id,
    ),
  };
}
