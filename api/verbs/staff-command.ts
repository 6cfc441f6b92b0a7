// What staff do to an application. Who and why goes into the audit log before anything is sent, in the commit that takes the version it is
// meant for; what came of it, when it was not taken at once, goes there after it. Without the line there is no command. A repeat under the
// same key is the same act: it adds no line, and it is sent under the request where the reason stands.

import { staffLimits } from '../../config/staff-limits.ts';
import { takeVersion } from '../../db/applications.ts';
import type { ApplicationRow } from '../../db/applications.ts';
import { audit } from '../../db/audit.ts';
import { askedBefore, noteOutcome, noteSending } from '../../db/staff-keys.ts';
import type { StaffKey, StaffOutcome } from '../../db/staff-keys.ts';
import type { StaffRequest } from '../../domain/application.ts';
import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import type { ApiDeps } from '../environment.ts';
import { etagOf, isMeant } from '../etag.ts';
import { Problem, mayBeDone } from '../problems.ts';
import { command, otherVersion, tooMany } from './command.ts';

export interface StaffAct {
  actor: string;
  /** verb.noun, e.g. `application.retry_asked`. */
  action: string;
  applicationId: string;
  /** What is acted on, when it is not the application itself. */
  subject?: string;
  reason: string;
  change?: Record<string, unknown>;
  requestId: string;
  key: StaffKey;
  /** The version that it is meant for, as the If-Match header says it. */
  ifMatch?: string | undefined;
}

/** Records the act, then sends it as asked by `by`; `reminded` as for any command. Throws NOT_FOUND, VERSION_MISMATCH and what the command throws,
 *  having recorded what became of it: `….refused` was not done; `….unanswered` may have been; `….taken` was, after one of these. */
export async function staffCommand<T>(
  deps: Pick<ApiDeps, 'database' | 'commands' | 'log'>,
  act: StaffAct,
  send: (ref: ApplicationRef, by: StaffRequest) => Promise<T>,
  reminded?: (row: ApplicationRow) => T,
): Promise<T> {
  return oneOfFew(act.applicationId, async () => {
    const by = { actor: act.actor, requestId: await ask(deps, act) };
    try {
      const answer = await command(deps, act.applicationId, async (ref) => send(ref, by), reminded);
      await tell(deps, act, 'taken');
      return answer;
    } catch (error) {
      const code = error instanceof Problem ? error.code : 'INTERNAL';
      await tell(deps, act, mayBeDone(code) ? 'unanswered' : 'refused', { change: { code } });
      throw error;
    }
  });
}

// By application, in this process.
const underWay = new Map<string, number>();

/** Runs one of the few acts of staff on an application that may be under way at once. Throws TOO_MANY_REQUESTS for one that would wait for the row
 *  behind the others and hold the connections of everybody else meanwhile. Nothing is recorded of it. */
export async function oneOfFew<T>(applicationId: string, run: () => Promise<T>): Promise<T> {
  const count = underWay.get(applicationId) ?? 0;
  if (count >= staffLimits.commandsAtOnce) throw tooMany();
  underWay.set(applicationId, count + 1);
  try {
    return await run();
  } finally {
    const left = (underWay.get(applicationId) ?? 1) - 1;
    if (left > 0) underWay.set(applicationId, left);
    else underWay.delete(applicationId);
  }
}

/** Takes the version and writes the line, once per key. What was refused takes the version again: the one that is meant, or that it left itself.
 *  Returns the request under which the line stands. */
async function ask(deps: Pick<ApiDeps, 'database' | 'log'>, act: StaffAct): Promise<string> {
  const { subject = act.applicationId, ifMatch, key, ...entry } = act;
  try {
    return await deps.database.withTransaction(async (tx) => {
      const before = await askedBefore(tx, key, act.requestId);
      if (before && !before.isRefused) return before.requestId;
      const row = await takeVersion(tx, act.applicationId);
      if (!row) throw new Problem('NOT_FOUND', { detail: 'There is no application with this id.' });
      if (row.version !== before?.version && !isMeant(ifMatch, etagOf(row))) throw otherVersion(row);
      await noteSending(tx, key, row.version + 1);
      if (before) return before.requestId;
      await audit(tx, { ...entry, subject });
      return act.requestId;
    });
  } catch (error) {
    if (error instanceof Problem && error.code === 'VERSION_MISMATCH')
      await tell(deps, act, 'refused', { change: { code: error.code }, reason: act.reason });
    throw error;
  }
}

/** Records what came of it, if that is news: a repeat may have been quicker. It never hides the answer from the one who asked. */
async function tell(
  { database, log }: Pick<ApiDeps, 'database' | 'log'>,
  act: StaffAct,
  outcome: StaffOutcome,
  more: { change?: { code: string }; reason?: string } = {},
): Promise<void> {
  const { actor, applicationId, subject = applicationId, requestId } = act;
  const entry = { actor, action: `${act.action}.${outcome}`, applicationId, subject, requestId, ...more };
  try {
    await database.withTransaction(async (tx) => {
      const before = await noteOutcome(tx, act.key, outcome);
      const isNews = outcome === 'taken' ? before !== null : before !== 'taken';
      if (isNews && before !== outcome) await audit(tx, entry);
    });
  } catch (error) {
    const what = error instanceof Error ? error.name : typeof error;
    log.error({ action: entry.action, applicationId, requestId, error: what }, 'what came of a command is not in the audit log');
  }
}
