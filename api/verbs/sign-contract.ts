// A signature is a consent to one document: the consent is stored first, and only for the paper that stands, then the workflow is told.

import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import { latestContract, latestSignature } from '../../db/agreements.ts';
import { readApplication } from '../../db/applications.ts';
import { lockedStep } from '../../db/views.ts';
import type { Language } from '../../domain/reasons.ts';
import type { ApplicationView } from '../../workflows/messages.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem } from '../problems.ts';
import { command, wrongState } from './command.ts';
import { grantShownConsent } from './take-basic-info.ts';

/** Stores the consent and submits the signature. Throws WRONG_STATE or DOCUMENT_MISMATCH with nothing stored. */
export async function signContract(
  deps: Pick<ApiDeps, 'database' | 'commands'>,
  applicationId: string,
  id: string,
  { documentSha256, language }: { documentSha256: string; language: Language | undefined },
): Promise<ApplicationView> {
  const consentId = await deps.database.withTransaction(async (tx) => {
    const place = await lockedStep(tx, applicationId);
    const application = await readApplication(tx, applicationId);
    if (!place || !application) throw new Problem('NOT_FOUND');
    if (place.step !== 'contract') throw wrongState(place.status);
    const contract = await latestContract(tx, applicationId);
    if (contract?.document_sha256 !== documentSha256) throw new Problem('DOCUMENT_MISMATCH', { currentStatus: place.status });
    return grantShownConsent(tx, applicationId, 'contract', language ?? application.language);
  });
  return command(deps, applicationId, async (ref) => deps.commands.signContract(ref, id, { documentSha256, consentId }));
}

/** Sends a signature again that is stored already: that of this document. Null when there is none. */
export async function storedSignature(
  { database, commands }: Pick<ApiDeps, 'database' | 'commands'>,
  applicationId: string,
  id: string,
  documentSha256: string,
) {
  const signature = await latestSignature(database, applicationId);
  return signature?.documentSha256 === documentSha256 ? async (ref: ApplicationRef) => commands.signContract(ref, id, signature) : null;
}
