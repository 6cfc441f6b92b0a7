// Staff cancel an application. Once the bank may know the customer, a second person has to confirm; before, one is enough.

import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import type { ApprovalRow } from '../../db/approvals.ts';
import { previewCancel } from '../../db/cancel-preview.ts';
import type { CancelPreview } from '../../db/cancel-preview.ts';
import { repeatOf } from '../../db/staff-keys.ts';
import type { StaffRequest } from '../../domain/application.ts';
import { cancelNeedsTwo } from '../../domain/four-eyes.ts';
import { canCancel } from '../../domain/states.ts';
import type { ApplicationView } from '../../workflows/messages.ts';
import type { ApiDeps } from '../environment.ts';
import { etagOf, isMeant } from '../etag.ts';
import { Problem } from '../problems.ts';
import { otherVersion } from './command.ts';
import { askSecondPerson } from './four-eyes.ts';
import { staffCommand } from './staff-command.ts';
import type { StaffAct } from './staff-command.ts';

export type StaffCancel = { kind: 'canceled'; view: ApplicationView } | { kind: 'asked'; preview: CancelPreview; approval: ApprovalRow };

/** Cancels, or asks for the second person: also when the bank came to know the customer since we looked. Repeat with the same key: the request
 *  for the second person, whatever came of it, or the first answer. Throws what the command throws. */
export async function cancelByStaff(deps: ApiDeps, act: StaffAct, commandId: string): Promise<StaffCancel> {
  const before = await previewed(deps, act);
  const repeat = await repeatOf(deps.database, act.key);
  if (repeat?.kind === 'asked') return { kind: 'asked', preview: before, approval: repeat.approval };
  if (!repeat && before.isPossible && cancelNeedsTwo(before.account)) return askForAnother(deps, act, before);
  try {
    const send = async (ref: ApplicationRef, by: StaffRequest) => deps.commands.cancel(ref, commandId, { by: 'operations', ...by });
    return { kind: 'canceled', view: await staffCommand(deps, act, send) };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'SECOND_PERSON_NEEDED') throw error;
    const now = await previewed(deps, act);
    if (!canCancel(now.application.status) || !cancelNeedsTwo(now.account)) throw error;
    return askForAnother(deps, { ...act, ifMatch: undefined }, now); // this act has taken the version that it meant
  }
}

async function previewed({ database }: ApiDeps, { applicationId }: StaffAct): Promise<CancelPreview> {
  const preview = await previewCancel(database, applicationId);
  if (!preview) throw new Problem('NOT_FOUND', { detail: 'There is no application with this id.' });
  return preview;
}

/** What is asked for is the cancel of this version: on another one the second person is told so instead. */
async function askForAnother(deps: ApiDeps, act: StaffAct, preview: CancelPreview): Promise<StaffCancel> {
  const { application } = preview;
  if (!isMeant(act.ifMatch, etagOf(application))) throw otherVersion(application);
  const approval = await askSecondPerson(deps, {
    operation: 'application.cancel',
    applicationId: application.id,
    subject: application.id,
    request: { version: application.version },
    reason: act.reason,
    askedBy: act.actor,
    requestId: act.requestId,
    key: act.key,
  });
  return { kind: 'asked', preview, approval };
}
