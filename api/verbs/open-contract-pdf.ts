// A contract holds personal data, so whoever opens it stands in the audit log: no line, no document.

import { latestContract } from '../../db/agreements.ts';
import { audit } from '../../db/audit.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem } from '../problems.ts';

/** The newest contract of the application as PDF: sealed when it is, else as it is to be signed. Throws NOT_FOUND when there is none. */
export async function openContractPdf(
  { database, documents }: Pick<ApiDeps, 'database' | 'documents'>,
  applicationId: string,
  requestId: string,
): Promise<{ content: Buffer; contractNumber: string }> {
  const contract = await latestContract(database, applicationId);
  const documentId = contract?.sealed_document_id ?? contract?.document_id;
  const document = documentId === undefined ? null : await documents.read(database, documentId);
  if (!contract || !document || documentId === undefined) throw new Problem('NOT_FOUND', { detail: 'There is no contract yet.' });
  await database.withTransaction(async (tx) =>
    audit(tx, { actor: 'customer', action: 'document.read', applicationId, subject: documentId, requestId }),
  );
  return { content: document.content, contractNumber: contract.contract_number };
}
