// The customer's data and consents are stored, then the workflow is told. What cannot be accepted now is not stored.

import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import { consentTexts } from '../../domain/consents.ts';
import type { ConsentKind } from '../../domain/consents.ts';
import { basicConsents } from '../../domain/consents.ts';
import type { Language } from '../../domain/reasons.ts';
import { isTerminal } from '../../domain/states.ts';
import { readApplication } from '../../db/applications.ts';
import { grantConsent } from '../../db/consents.ts';
import { sha256 } from '../../db/documents.ts';
import type { Tx } from '../../db/pool.ts';
import { lockedStep } from '../../db/views.ts';
import type { ApplicationView } from '../../workflows/messages.ts';
import type { ApiDeps } from '../environment.ts';
import { problemKinds } from '../problem-kinds.ts';
import { Problem } from '../problems.ts';
import type { BasicInfo } from '../routes/checkout/basic-info.ts';
import { command, wrongState } from './command.ts';

/** Stores statement and consents in one commit and submits them; the statement becomes the customer when the workflow takes it.
 *  Throws WRONG_STATE in any other step, or when another statement came first; the refused one is forgotten. */
export async function takeBasicInfo(deps: ApiDeps, applicationId: string, id: string, stated: BasicInfo): Promise<ApplicationView> {
  const customerId = await deps.database.withTransaction(async (tx) => {
    const place = await lockedStep(tx, applicationId);
    if (place?.step !== 'basicInfo' || isTerminal(place.status)) throw place ? wrongState(place.status) : new Problem('NOT_FOUND');
    const application = await readApplication(tx, applicationId);
    if (!application) throw new Problem('NOT_FOUND');
    const phone = stated.phone ?? (await deps.customers.phone(tx, application.customer_id));
    const language = stated.language ?? application.language;
    for (const kind of basicConsents) await grantShownConsent(tx, applicationId, kind, language);
    const profile = {
      fullName: stated.full_name,
      dateOfBirth: stated.date_of_birth,
      nationalId: stated.national_id,
      gender: stated.gender,
      phone,
      address: stated.address,
      email: stated.email,
      monthlyIncomeVnd: stated.monthly_income.value,
      occupation: stated.occupation,
    };
    return deps.customers.state(tx, statementOf(applicationId, id), profile, stated.device_id);
  });
  try {
    return await command(deps, applicationId, async (ref) => deps.commands.submitBasicInfo(ref, id, { customerId }));
  } catch (error) {
    // Only a refusal is final: what may have arrived keeps its statement.
    if (error instanceof Problem && problemKinds[error.code].status === 409) await deps.customers.forget(deps.database, customerId);
    throw error;
  }
}

/** Sends a statement again that is stored already: the one of this command. Null when another was, or none. */
export async function storedStatement(deps: ApiDeps, applicationId: string, id: string) {
  const { database, customers, commands } = deps;
  const customerId = await customers.adoptedFrom(database, applicationId, statementOf(applicationId, id));
  return customerId === null ? null : async (ref: ApplicationRef) => commands.submitBasicInfo(ref, id, { customerId });
}

function statementOf(applicationId: string, commandId: string): string {
  return `${applicationId}:${commandId}`;
}

/** Records the consent to today's text of this kind; the digest proves which words were read. */
export async function grantShownConsent(tx: Tx, applicationId: string, kind: ConsentKind, language: Language): Promise<string> {
  const { version, text } = consentTexts[kind];
  return grantConsent(tx, { applicationId, kind, textVersion: version, textSha256: sha256(text[language]), language, channel: 'checkout' });
}
