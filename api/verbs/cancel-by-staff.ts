// Staff cancel an application. Once the bank may know the customer, a second person has to confirm; before, one is enough.

import { previewCancel } from '../../db/cancel-preview.ts';
import type { CancelPreview } from '../../db/cancel-preview.ts';
import type { ApprovalRow } from '../../db/approvals.ts';
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

/** Cancels, or asks for the second person. Throws what the command throws. */
export async function cancelByStaff(deps: ApiDeps, act: StaffAct, commandId: string): Promise<StaffCancel> {
  const { actor, applicationId, reason, requestId, ifMatch } = act;
  const preview = await previewCancel(deps.database, applicationId);
  if (!preview) throw new Problem('NOT_FOUND', { detail: 'There is no application with this id.' });
  const { application, account } = preview;
  if (canCancel(application.status) && cancelNeedsTwo(account)) {
    if (!isMeant(ifMatch, etagOf(application))) throw otherVersion(application);
    const asked = {
      operation: 'application.cancel',
      applicationId,
      subject: applicationId,
      request: {},
      reason,
      askedBy: actor,
      requestId,
    } as const;
    return { kind: 'asked', preview, approval: await askSecondPerson(deps, asked) };
  }
  const view = await staffCommand(deps, act, async (ref, by) => deps.commands.cancel(ref, commandId, { by: 'operations', ...by }));
  return { kind: 'canceled', view };
}
