// Four eyes: what one member of staff asked for is done when another one confirms it, exactly as it was asked for. Who asks twice has asked
// once.

import { z } from 'zod';
import { deliveryLimits } from '../../config/limits.ts';
import { takeVersion } from '../../db/applications.ts';
import { askApproval, decideApproval, lockApproval, noteResult } from '../../db/approvals.ts';
import type { ApprovalRow, NewApproval } from '../../db/approvals.ts';
import { renewParked, replayAll } from '../../db/parked.ts';
import type { Renewed } from '../../db/parked.ts';
import type { Tx } from '../../db/pool.ts';
import { keepApproval, repeatOf } from '../../db/staff-keys.ts';
import type { StaffKey } from '../../db/staff-keys.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { fourEyes } from '../../domain/four-eyes.ts';
import type { FourEyesOperation } from '../../domain/four-eyes.ts';
import { isId } from '../../domain/ids.ts';
import type { StaffMember } from '../../domain/staff.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem, isRetryable, mayBeDone } from '../problems.ts';
import { command, otherVersion } from './command.ts';

/** Asks for a second person, or returns the open request for the very same. Repeat under the same key: the first request, whatever came of it.
 *  Throws APPROVAL_OPEN when something else is asked about it. */
export async function askSecondPerson(
  { database }: Pick<ApiDeps, 'database'>,
  { key, ...asked }: NewApproval & { key?: StaffKey },
): Promise<ApprovalRow> {
  return database.withTransaction(async (tx) => {
    const before = key && (await repeatOf(tx, key));
    if (before?.kind === 'asked') return before.approval;
    const { row } = await askApproval(tx, asked);
    if (canonicalJson(row.request) !== canonicalJson(asked.request)) {
      throw new Problem('APPROVAL_OPEN', {
        detail: `${row.asked_by} asked for something else about it: confirm or refuse ${row.id} first.`,
      });
    }
    if (key) await keepApproval(tx, key, row.id);
    return row;
  });
}

export interface Deciding {
  id: string;
  outcome: 'confirmed' | 'refused';
  reason: string;
  requestId: string;
}

/** Confirms a request and does what was asked for, or refuses it. Repeat by the same person, and by anybody who may confirm it where what was
 *  confirmed was left undone: it is done once. Throws NOT_FOUND, ROLE_MISSING, SECOND_PERSON_NEEDED, APPROVAL_CLOSED, VERSION_MISMATCH, and
 *  what the thing itself throws; then the audit log says that it was not done, or that nobody knows. */
export async function decideRequest(deps: ApiDeps, staff: StaffMember, deciding: Deciding): Promise<ApprovalRow> {
  const row = await deps.database.withTransaction(async (tx) => {
    const open = isId('approval', deciding.id) ? await lockApproval(tx, deciding.id) : undefined;
    if (!open) throw new Problem('NOT_FOUND', { detail: 'There is no request with this id.' });
    refuseTheWrongPerson(open, staff, deciding);
    const isRepeat = open.outcome === deciding.outcome && (open.decided_by === staff.actor || open.left_undone);
    if (isRepeat) return open;
    if (open.outcome !== null) throw new Problem('APPROVAL_CLOSED', { detail: `The request is ${open.outcome}.` });
    if (deciding.outcome === 'confirmed') await refuseAnotherVersion(tx, open);
    return decideApproval(tx, open, { ...deciding, by: staff.actor });
  });
  if (row.outcome === 'confirmed' && row.result !== 'done') return perform(deps, row, staff.actor, deciding.requestId);
  return row;
}

function refuseTheWrongPerson(row: ApprovalRow, { actor, roles }: StaffMember, { outcome }: Deciding): void {
  if (row.asked_by === actor) {
    if (outcome === 'confirmed')
      throw new Problem('SECOND_PERSON_NEEDED', { detail: 'You asked for it yourself; somebody else has to confirm it.' });
    return; // who asked may take it back
  }
  const role = fourEyes[row.operation];
  if (!roles.includes(role)) throw new Problem('ROLE_MISSING', { detail: `This is decided by the role ${role}.` });
}

/** What was asked for on one version is not done on another: what would be undone may be more now. */
async function refuseAnotherVersion(tx: Tx, row: ApprovalRow): Promise<void> {
  if (row.operation !== 'application.cancel') return;
  const { version } = cancelRequest.parse(row.request);
  const application = version !== undefined && (await takeVersion(tx, row.subject));
  if (application && application.version !== version) throw otherVersion(application);
}

/** Does it, under the name of the one who confirmed it first, and notes what came of it: which never hides the answer itself. */
async function perform(deps: ApiDeps, row: ApprovalRow, by: string, requestId: string): Promise<ApprovalRow> {
  const note = async (came: { result: 'done' | 'refused' | 'unanswered'; code?: string }) =>
    deps.database
      .withTransaction(async (tx) => noteResult(tx, row, { ...came, by, requestId }))
      .catch((error: unknown) => {
        const what = error instanceof Error ? error.name : typeof error;
        deps.log.error({ approvalId: row.id, requestId, error: what }, 'what came of an approval is not noted');
      });
  try {
    await doers[row.operation](deps, row, row.decided_by ?? by);
  } catch (error) {
    const code = error instanceof Problem ? error.code : 'INTERNAL';
    // What was only put off stays in the list like what may have been done.
    await note({ result: mayBeDone(code) || isRetryable(code) ? 'unanswered' : 'refused', code });
    throw error;
  }
  await note({ result: 'done' });
  return { ...row, result: 'done', left_undone: false };
}

// Those that were asked before there was a version in it are done as they were asked.
const cancelRequest = z.object({ version: z.int().optional() });
const approveRequest = z.object({ taskId: z.string(), limitVnd: z.int().optional() });
const replayRequest = z.object({ ids: z.array(z.int()), per_second: z.int().default(deliveryLimits.replayPerSecond) });
const renewRequest = z.object({ id: z.int() });

/** Why a purchase does not get a new RRN. */
export function notRenewable(why: Extract<Renewed, { kind: 'refused' }>['why']): Problem {
  const detail =
    why === 'AT_WORK'
      ? 'A request of an earlier attempt may still reach WAY4. Try again in a minute.'
      : 'Only a purchase without an outcome whose message is parked for OTHER_BOOKING gets a new RRN.';
  return new Problem('NOTHING_TO_RENEW', { detail });
}

function signed({ asked_by: actor, reason, request_id: requestId }: ApprovalRow, approvedBy: string) {
  return { actor, reason, requestId, approvedBy };
}

/** Each may be done again with the same row, and is then done once. */
const doers: Record<FourEyesOperation, (deps: ApiDeps, row: ApprovalRow, approvedBy: string) => Promise<void>> = {
  async 'application.cancel'(deps, row, approvedBy) {
    const by = { by: 'operations', actor: row.asked_by, requestId: row.request_id, approvedBy } as const;
    await command(deps, row.subject, async (ref) => deps.commands.cancel(ref, `approval:${row.id}`, by));
  },
  async 'review.approve'(deps, row, approvedBy) {
    const { taskId, limitVnd } = approveRequest.parse(row.request);
    const limit = limitVnd !== undefined && { limitVnd };
    const answer = { taskId, answer: 'approve', ...limit, actor: row.asked_by, requestId: row.request_id, approvedBy } as const;
    await command(deps, row.application_id ?? '', async (ref) => deps.commands.decideReview(ref, `approval:${row.id}`, answer));
  },
  async 'parked.replay'({ database }, row, approvedBy) {
    const { ids, per_second: perSecond } = replayRequest.parse(row.request);
    await replayAll(database, ids, { ...signed(row, approvedBy), perSecond });
  },
  async 'parked.renew'({ database }, row, approvedBy) {
    const resolving = { ...renewRequest.parse(row.request), ...signed(row, approvedBy) };
    const resolved = await database.withTransaction(async (tx) => renewParked(tx, resolving));
    if (resolved.kind === 'refused') throw notRenewable(resolved.why);
    if (resolved.kind === 'resolved before' && resolved.resolution !== 'renewed') throw notRenewable('NOT_RENEWABLE');
  },
};
