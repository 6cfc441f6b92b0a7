// What staff do to an application: who and why goes into the audit log before anything is sent, and a refusal after it. Without the
// line there is no command.

import { audit } from '../../db/audit.ts';
import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem } from '../problems.ts';
import { command } from './command.ts';

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
  /** The version that it is meant for, as the If-Match header says it. */
  ifMatch?: string | undefined;
}

/** Records the act, then sends it. Throws what the command throws, having recorded that it was refused. */
export async function staffCommand<T>(
  { database }: Pick<ApiDeps, 'database'>,
  act: StaffAct,
  send: (ref: ApplicationRef) => Promise<T>,
): Promise<T> {
  const { subject = act.applicationId, ifMatch, ...entry } = act;
  await database.withTransaction(async (tx) => audit(tx, { ...entry, subject }));
  try {
    return await command(database, act.applicationId, send, { ifMatch });
  } catch (error) {
    const code = error instanceof Problem ? error.code : 'INTERNAL';
    const refused = {
      actor: act.actor,
      action: `${act.action}.refused`,
      applicationId: act.applicationId,
      subject,
      requestId: act.requestId,
    };
    await database.withTransaction(async (tx) => audit(tx, { ...refused, change: { code } }));
    throw error;
  }
}
