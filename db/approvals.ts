// Requests that wait for a second person. One open request per operation and subject; what was asked for is kept as it was, whatever comes
// of it.

import { staffLimits } from '../config/staff-limits.ts';
import type { FourEyesOperation } from '../domain/four-eyes.ts';
import { invariant } from '../domain/failures.ts';
import { audit } from './audit.ts';
import { newId } from './ids.ts';
import { pageOf } from './page.ts';
import type { Page, Position } from './page.ts';
import type { Queryable, Tx } from './pool.ts';

export interface ApprovalRow {
  id: string;
  operation: FourEyesOperation;
  application_id: string | null;
  subject: string;
  request: unknown;
  reason: string;
  asked_by: string;
  request_id: string;
  asked_at: Date;
  expires_at: Date;
  /** null while it waits. */
  outcome: 'confirmed' | 'refused' | 'expired' | null;
  decided_by: string | null;
  decided_at: Date | null;
  /** What came of it once it was confirmed; unanswered: it may have been done or not. */
  result: 'done' | 'refused' | 'unanswered' | null;
  /** True when what was confirmed is not known to be done and nobody is at it: anybody who may confirm it can have it done. */
  left_undone: boolean;
}

// A request whose time is over is expired, whether that was noted or not.
const result = '(select result from approval_results where approval_id = approvals.id)';
const undone = `coalesce(outcome = 'confirmed' and coalesce(${result} = 'unanswered', true)
  and decided_at > clock_timestamp() - ${staffLimits.approvalMs} * interval '1 millisecond', false)`;
const isLeft = `(${undone} and (coalesce(${result} = 'unanswered', false)
  or decided_at < clock_timestamp() - ${staffLimits.approvalInFlightMs} * interval '1 millisecond'))`;
const columns = `id, operation, application_id, subject, request, reason, asked_by, request_id, asked_at, expires_at, decided_by, decided_at,
  case when outcome is null and expires_at <= clock_timestamp() then 'expired' else outcome end as outcome,
  ${result} as result, ${isLeft} as left_undone`;

export interface NewApproval {
  operation: FourEyesOperation;
  applicationId: string | null;
  subject: string;
  request: Record<string, unknown>;
  reason: string;
  askedBy: string;
  requestId: string;
}

/** Asks for a second person, with an audit row. While a request about the same thing is open, that one is returned and nothing is asked; one
 *  about an older version of it is over. */
export async function askApproval(tx: Tx, asked: NewApproval): Promise<{ isNew: boolean; row: ApprovalRow }> {
  const { operation, applicationId, subject, request, reason, askedBy, requestId } = asked;
  await tx.query(
    `update approvals set outcome = 'expired', decided_at = clock_timestamp() where operation = $1 and subject = $2 and outcome is null
     and (expires_at <= clock_timestamp() or (request->>'version')::int < $3::int)`,
    [operation, subject, request['version'] ?? null],
  );
  const { rows } = await tx.query<ApprovalRow>(
    `insert into approvals (id, operation, application_id, subject, request, reason, asked_by, request_id, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + $9 * interval '1 millisecond')
     on conflict (operation, subject) where outcome is null do nothing returning ${columns}`,
    [newId('approval'), operation, applicationId, subject, JSON.stringify(request), reason, askedBy, requestId, staffLimits.approvalMs],
  );
  if (rows[0]) {
    const change = { operation, subject, ...request };
    await audit(tx, { actor: askedBy, action: 'approval.asked', applicationId, subject: rows[0].id, reason, requestId, change });
    return { isNew: true, row: rows[0] };
  }
  const { rows: open } = await tx.query<ApprovalRow>(
    `select ${columns} from approvals where operation = $1 and subject = $2 and outcome is null`,
    [operation, subject],
  );
  invariant(open[0], 'a request that conflicts is there');
  return { isNew: false, row: open[0] };
}

/** The request, or null for an unknown id. */
export async function readApproval(db: Queryable, id: string): Promise<ApprovalRow | null> {
  const { rows } = await db.query<ApprovalRow>(`select ${columns} from approvals where id = $1`, [id]);
  return rows[0] ?? null;
}

/** The request, locked until the transaction ends; undefined for an unknown id. */
export async function lockApproval(tx: Tx, id: string): Promise<ApprovalRow | undefined> {
  const { rows } = await tx.query<ApprovalRow>(`select ${columns} from approvals where id = $1 for update`, [id]);
  return rows[0];
}

/** Decides an open, locked request, with an audit row. */
export async function decideApproval(
  tx: Tx,
  row: ApprovalRow,
  decision: { outcome: 'confirmed' | 'refused'; by: string; reason: string; requestId: string },
): Promise<ApprovalRow> {
  const { rows } = await tx.query<ApprovalRow>(
    `update approvals set outcome = $2, decided_by = $3, decided_at = clock_timestamp() where id = $1 returning ${columns}`,
    [row.id, decision.outcome, decision.by],
  );
  invariant(rows[0], 'a locked request is there');
  const { application_id: applicationId, operation, asked_by: askedBy } = row;
  const entry = { actor: decision.by, action: `approval.${decision.outcome}`, applicationId, subject: row.id };
  await audit(tx, { ...entry, reason: decision.reason, requestId: decision.requestId, change: { operation, askedBy } });
  return rows[0];
}

/** Notes what came of a confirmed request, with an audit row; what was done stays done. */
export async function noteResult(
  tx: Tx,
  { id, application_id: applicationId, operation }: ApprovalRow,
  { result, code, by, requestId }: { result: 'done' | 'refused' | 'unanswered'; code?: string; by: string; requestId: string },
): Promise<void> {
  const { rowCount } = await tx.query(
    `insert into approval_results as r (approval_id, result, code, by_actor) values ($1, $2, $3, $4)
     on conflict (approval_id) do update set result = excluded.result, code = excluded.code, by_actor = excluded.by_actor, at = clock_timestamp()
       where r.result <> 'done'`,
    [id, result, code ?? null, by],
  );
  if (rowCount === 0) return;
  const action = { done: 'approval.done', refused: 'approval.not_done', unanswered: 'approval.unanswered' }[result];
  await audit(tx, { actor: by, action, applicationId, subject: id, requestId, change: { operation, ...(code !== undefined && { code }) } });
}

/** One page of requests, newest first; those that still wait or were confirmed and not done, or all. */
export async function listApprovals(
  db: Queryable,
  filter: { openOnly: boolean; after?: Position | undefined; limit: number },
): Promise<Page<ApprovalRow>> {
  const { rows } = await db.query<ApprovalRow & { place_text: string }>(
    `select ${columns}, asked_at::text as place_text from approvals
     where (not $1 or (outcome is null and expires_at > clock_timestamp()) or ${undone}) and ($2::timestamptz is null or (asked_at, id) < ($2, $3))
     order by asked_at desc, id desc limit $4`,
    [filter.openOnly, filter.after?.createdAt ?? null, filter.after?.id ?? null, filter.limit + 1],
  );
  return pageOf(rows, filter.limit);
}
