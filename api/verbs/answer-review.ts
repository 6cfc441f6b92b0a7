// An answer to a review task. The question of an application goes to its workflow, which records the answer; a question about the books is
// answered here. Either way the answer and its reason are in the audit log before anybody else sees them.

import { CommandRefused } from '../../adapters/temporal/command-errors.ts';
import { staffLimits } from '../../config/staff-limits.ts';
import { readApplication } from '../../db/applications.ts';
import type { ApprovalRow } from '../../db/approvals.ts';
import { audit } from '../../db/audit.ts';
import { answerReviewTask, derivedLimit, readReviewTask } from '../../db/reviews.ts';
import type { ReviewTaskRow } from '../../db/reviews.ts';
import { askedBefore, repeatOf } from '../../db/staff-keys.ts';
import type { StaffKey } from '../../db/staff-keys.ts';
import { overrideNeedsTwo } from '../../domain/four-eyes.ts';
import { isId } from '../../domain/ids.ts';
import { reviews } from '../../domain/reviews.ts';
import type { StaffMember } from '../../domain/staff.ts';
import type { ReviewAnswer } from '../../workflows/messages.ts';
import type { ApiDeps } from '../environment.ts';
import { etagOf, isMeant } from '../etag.ts';
import { Problem } from '../problems.ts';
import { askSecondPerson } from './four-eyes.ts';
import { staffCommand } from './staff-command.ts';

export interface GivenAnswer {
  taskId: string;
  answer: string;
  /** A lower limit than the ruleset derived. */
  limitVnd: number | undefined;
  reason: string;
  /** The version of the task that they saw, as the If-Match header says it. */
  ifMatch: string | undefined;
  requestId: string;
  commandId: string;
  key: StaffKey;
}

/** Answers the task, or returns the request that a second person has to confirm first. Repeat with the same
 *  key: the first answer, or that request, whatever came of it. Throws NOT_FOUND, ROLE_MISSING, VERSION_MISMATCH, REVIEW_ANSWERED, REVIEW_CLAIMED,
 *  ANSWER_NOT_ALLOWED, LIMIT_NOT_ALLOWED, and what the command throws. */
export async function answerReview(deps: ApiDeps, staff: StaffMember, given: GivenAnswer): Promise<ApprovalRow | null> {
  const { database } = deps;
  const task = isId('reviewTask', given.taskId) ? await readReviewTask(database, given.taskId) : null;
  if (!task) throw new Problem('NOT_FOUND', { detail: 'There is no review task with this id.' });
  if (!staff.roles.includes(reviews[task.kind].role)) throw notForYou(task);
  const repeat = await repeatOf(database, given.key);
  if (repeat?.kind === 'asked') return repeat.approval;
  if (!repeat) refuseWhatDoesNotFit(task, staff, given);
  if (task.kind === 'reconciliation') await answerHere(deps, staff, task, given);
  else if (!repeat && (await needsTwo(deps, task, given))) return askForApproval(deps, staff, task, given);
  else await answerApplication(deps, staff, task, given);
  return null;
}

async function needsTwo({ database }: ApiDeps, task: ReviewTaskRow, { answer, limitVnd }: GivenAnswer): Promise<boolean> {
  const applicationId = task.application_id ?? '';
  const derivedVnd = await derivedLimit(database, applicationId);
  if (limitVnd !== undefined) refuseMoreThanDerived(limitVnd, derivedVnd);
  if (task.kind !== 'decision' || answer !== 'approve') return false;
  const application = await readApplication(database, applicationId);
  return overrideNeedsTwo(limitVnd ?? derivedVnd ?? application?.amount_vnd ?? 0, staffLimits);
}

async function askForApproval(deps: ApiDeps, { actor }: StaffMember, task: ReviewTaskRow, given: GivenAnswer): Promise<ApprovalRow> {
  const { limitVnd, reason, requestId, key } = given;
  const request = { taskId: task.id, ...(limitVnd !== undefined && { limitVnd }) };
  const asked = { operation: 'review.approve', applicationId: task.application_id, subject: task.id, request } as const;
  return askSecondPerson(deps, { ...asked, reason, askedBy: actor, requestId, key });
}

function refuseWhatDoesNotFit(task: ReviewTaskRow, { actor }: StaffMember, { answer, ifMatch }: GivenAnswer): void {
  if (task.answer !== null)
    throw new Problem('REVIEW_ANSWERED', { detail: `It was answered with ${task.answer} by ${String(task.answered_by)}.` });
  if (!isMeant(ifMatch, etagOf(task))) throw otherVersionOfTask();
  if (task.claimed_by !== null && task.claimed_by !== actor)
    throw new Problem('REVIEW_CLAIMED', { detail: `${task.claimed_by} works on it.` });
  if (!task.allowed.includes(answer)) throw new Problem('ANSWER_NOT_ALLOWED');
}

async function answerHere({ database }: ApiDeps, { actor }: StaffMember, task: ReviewTaskRow, given: GivenAnswer): Promise<void> {
  const { answer, reason, requestId, key } = given;
  await database.withTransaction(async (tx) => {
    if ((await askedBefore(tx, key, requestId)) !== null) return;
    // Somebody may have answered, or the books may agree again, since we looked.
    if (!(await answerReviewTask(tx, task.id, answer, actor))) throw new Problem('REVIEW_ANSWERED');
    const entry = { actor, action: 'review.answered', applicationId: task.application_id, subject: task.id, reason, requestId };
    await audit(tx, { ...entry, change: { answer } });
  });
}

async function answerApplication(deps: ApiDeps, { actor }: StaffMember, task: ReviewTaskRow, given: GivenAnswer): Promise<void> {
  const { answer, limitVnd, reason, requestId, commandId, key } = given;
  const stands = task.answer === answer && task.answered_by === actor;
  const limit = limitVnd !== undefined && { limitVnd };
  const act = { actor, action: 'review.answered', applicationId: task.application_id ?? '', subject: task.id, reason, requestId, key };
  const sent = { taskId: task.id, answer: answer as ReviewAnswer['answer'], ...limit }; // among the allowed answers
  // What stands is sent again, too: it frees a run that has forgotten it. One that has it, or was reminded, takes no other.
  const taken = (error: unknown): void => {
    if (!stands || !(error instanceof CommandRefused)) throw error;
  };
  await staffCommand<unknown>(deps, { ...act, change: { answer, ...limit } }, async (ref, by) =>
    deps.commands.decideReview(ref, commandId, { ...sent, ...by }).catch(taken),
  );
}

function refuseMoreThanDerived(limitVnd: number, derivedVnd: number | null): void {
  if (derivedVnd !== null && limitVnd <= derivedVnd) return;
  const detail =
    derivedVnd === null
      ? 'The ruleset derived no limit: approve without one, and the order is covered.'
      : 'It is more than the ruleset derived.';
  throw new Problem('LIMIT_NOT_ALLOWED', { detail, more: derivedVnd === null ? {} : { derived_vnd: derivedVnd } });
}

/** The problem of somebody whose roles do not answer a task of this kind. */
export function notForYou({ kind }: Pick<ReviewTaskRow, 'kind'>): Problem {
  return new Problem('ROLE_MISSING', { detail: `A task of kind ${kind} is answered by the role ${reviews[kind].role}.` });
}

/** The problem of somebody who looked at an older version of a task. */
export function otherVersionOfTask(): Problem {
  return new Problem('VERSION_MISMATCH', { detail: 'Nothing was done. Read the task again, and decide on what it is now.' });
}
