// Every command to an application takes this way: read the row, send, and turn a refusal into a problem that says where the application
// is. One that has ended takes no command, but a repeat gets the first answer whatever has happened since.

import { setTimeout as pause } from 'node:timers/promises';
import { CommandBusy, CommandRefused, CommandUnavailable } from '../../adapters/temporal/command-errors.ts';
import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import { apiLimits } from '../../config/limits.ts';
import { readApplication } from '../../db/applications.ts';
import type { ApplicationRow } from '../../db/applications.ts';
import { awaits, isTerminal } from '../../domain/states.ts';
import type { ApplicationView } from '../../workflows/messages.ts';
import type { ApiDeps } from '../environment.ts';
import { etagOf } from '../etag.ts';
import { problemKinds } from '../problem-kinds.ts';
import { Problem } from '../problems.ts';
import type { ProblemCode } from '../problem-kinds.ts';
import { remind } from './remind.ts';

/** What every command to an application may be refused with. */
export const commandProblems = ['WRONG_STATE', 'TOO_MANY_REQUESTS', 'IDEMPOTENCY_KEY_INVALID'] as const;

/** The same for what a customer does, other than to cancel. */
export const customerProblems = [...commandProblems, 'TRIES_SPENT'] as const;

type Deps = Pick<ApiDeps, 'database' | 'commands'>;

/** What the workflow has to know of a row. */
function refOf(row: ApplicationRow): ApplicationRef {
  return { applicationId: row.id, merchantId: row.merchant_id, amountVnd: row.amount_vnd, status: row.status };
}

/** Sends a command to an application that exists. One that is done as soon as a run was reminded of what it had forgotten says by `reminded` what
 *  its answer is then. Throws NOT_FOUND, the refusal as 409 with the status, TOO_MANY_REQUESTS while others to it are under way, or
 *  TEMPORARILY_UNAVAILABLE. */
export async function command<T>(
  deps: Deps,
  applicationId: string,
  send: (ref: ApplicationRef) => Promise<T>,
  reminded?: (row: ApplicationRow) => T,
): Promise<T> {
  const { database } = deps;
  const row = await readApplication(database, applicationId);
  if (!row) throw new Problem('NOT_FOUND');
  const isOver = isTerminal(row.status);
  try {
    if (isOver) return await send({ ...refOf(row), repeatsOnly: true });
    return await onceCaughtUp(deps, row, async () => send(refOf(row)), reminded);
  } catch (error) {
    if (error instanceof CommandBusy) throw tooMany(error);
    if (!(error instanceof CommandRefused)) throw asProblem(error);
    if (isOver) throw wrongState(row.status);
    const currentStatus = error.currentStatus ?? (await readApplication(database, applicationId))?.status;
    const more = error.resendsLeft !== undefined && { more: { resends_left: error.resendsLeft } };
    throw new Problem(isProblemCode(error.code) ? error.code : 'WRONG_STATE', { currentStatus, ...more, cause: error });
  }
}

/** Refusals that come of where the run stands, which the row may be ahead of. */
const behind: ReadonlySet<string> = new Set(['WRONG_STATE', 'NOTHING_TO_RETRY', 'DEADLINE_FIXED']);

/** Sends again while the run is behind the row. A step is stored a moment before its run hears of it, and a customer who was shown the next
 *  one may be quicker. A run that does not catch up has forgotten a command, and is reminded of it. "Not now" and not "no" for one that is behind
 *  all the same: whoever was shown the next step must not be told that it is not possible. */
async function onceCaughtUp<T>(
  deps: Deps,
  { id }: ApplicationRow,
  send: () => Promise<T>,
  reminded?: (row: ApplicationRow) => T,
): Promise<T> {
  let until = performance.now() + apiLimits.catchUpMs;
  for (let isReminded = false; ;) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      const { code, currentStatus: stands } = error;
      const mayBeBehind = behind.has(code);
      if (!stands || !(mayBeBehind || code === 'OTP_NOT_AWAITED')) throw error;
      const row = await readApplication(deps.database, id);
      if (!row || (mayBeBehind && stands === row.status)) throw error;
      if (mayBeBehind && performance.now() <= until) {
        await pause(apiLimits.catchUpPauseMs);
        continue;
      }
      // It does again, from what is recorded, what it had forgotten; one that is still not there is too busy to say what it would say to this.
      if (isReminded) throw mayBeBehind ? new CommandUnavailable('the run is behind its row', { cause: error }) : error;
      const recalled = await remind(deps, row, refOf(row), stands);
      if (recalled === 'nothing' || (recalled === 'knew' && !mayBeBehind)) throw error;
      if (recalled === 'reminded' && reminded) return reminded(row);
      isReminded = true;
      until = performance.now() + apiLimits.catchUpMs;
    }
  }
}

/** Where an application stands as it is stored, in the words of its workflow. */
export function standing({ status, step, deadline_at: deadlineAt, attention }: ApplicationRow): ApplicationView {
  return { status, step, awaits: awaits({ status, attention, deadlineAt }), deadlineAt: deadlineAt?.toISOString() ?? null, attention };
}

/** Runs what stores something before it sends this command. Where the application is past it, a repeat gets the first answer; where it is past it
 *  and the run has forgotten the command, `again` sends it once more, if it was this one that was stored. */
export async function orFirstAnswer(
  deps: Deps,
  { applicationId, commandId }: { applicationId: string; commandId: string },
  run: () => Promise<ApplicationView>,
  again: () => Promise<((ref: ApplicationRef) => Promise<ApplicationView>) | null> = async () => null,
): Promise<ApplicationView> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'WRONG_STATE') throw error;
    const first = await deps.commands.firstAnswer(applicationId, commandId).catch((failure: unknown) => Promise.reject(asProblem(failure)));
    if (first !== undefined) return first;
    const send = await again();
    if (!send) throw error;
    return command(deps, applicationId, send);
  }
}

/** The problem of a command that was meant for another version. */
export function otherVersion(row: ApplicationRow): Problem {
  return new Problem('VERSION_MISMATCH', {
    detail: 'Nothing was done. Read the application again, and decide on what it is now.',
    currentStatus: row.status,
    more: { current_version: row.version },
    headers: { etag: etagOf(row) },
  });
}

/** Starts the workflow of an application that is stored. Repeat: keeps the one there is. Throws TEMPORARILY_UNAVAILABLE. */
export async function startApplication(start: (ref: ApplicationRef) => Promise<void>, row: ApplicationRow): Promise<void> {
  try {
    await start(refOf(row));
  } catch (error) {
    throw asProblem(error);
  }
}

/** The problem of a command that does not fit where the application is. */
export function wrongState(currentStatus: ApplicationRow['status']): Problem {
  return new Problem('WRONG_STATE', { detail: `The application is ${currentStatus}; this is not possible now.`, currentStatus });
}

/** The problem of one command too many. */
export function tooMany(cause?: CommandBusy): Problem {
  return new Problem('TOO_MANY_REQUESTS', {
    detail:
      'Nothing was done: too many commands to this application are under way. Wait as long as Retry-After says, and look where the application is before you repeat.',
    cause,
  });
}

function asProblem(error: unknown): unknown {
  if (!(error instanceof CommandUnavailable)) return error;
  return new Problem('TEMPORARILY_UNAVAILABLE', {
    detail: 'The application did not answer in time. Repeat the request with the same Idempotency-Key: it takes effect once.',
    cause: error,
  });
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemKinds, code);
}
