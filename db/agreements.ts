// What was agreed with the customer: the account at WAY4 and the contract on paper.

import { invariant } from '../domain/failures.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';
import { stoppedList } from './status-lists.ts';

export interface AccountRow {
  id: string;
  application_id: string;
  client_number: string;
  contract_number: string;
  limit_vnd: number;
  client_status: 'planned' | 'active' | 'closed';
  contract_status: 'planned' | 'active' | 'closed';
}

/** Fixes the numbers of client and contract before WAY4 hears of them. Repeat: the numbers stand. */
export async function planAccount(tx: Tx, applicationId: string, limitVnd: number): Promise<AccountRow> {
  const { rows } = await tx.query<AccountRow>(
    `insert into accounts (id, application_id, client_number, contract_number, limit_vnd)
     values ($1, $2, 'C' || lpad(nextval('way4_client_numbers')::text, 8, '0'), 'TS' || lpad(nextval('way4_contract_numbers')::text, 10, '0'), $3)
     on conflict (application_id) do update set updated_at = accounts.updated_at returning *`,
    [newId('account'), applicationId, limitVnd],
  );
  invariant(rows[0], 'a planned account exists');
  return rows[0];
}

/** The account of an application. Throws when none was planned. */
export async function requiredAccount(db: Queryable, applicationId: string): Promise<AccountRow> {
  const { rows } = await db.query<AccountRow>('select * from accounts where application_id = $1', [applicationId]);
  invariant(rows[0], 'an activated application has an account');
  return rows[0];
}

/** Notes that WAY4 has the client or the contract. False when it was closed before: what was undone is not opened again. */
export async function markActive(tx: Tx, applicationId: string, half: 'client' | 'contract'): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update accounts set ${half}_status = 'active', updated_at = now() where application_id = $1 and ${half}_status <> 'closed'`,
    [applicationId],
  );
  return rowCount === 1;
}

/** Notes that WAY4 has it no longer, or never had it. */
export async function markClosed(tx: Tx, applicationId: string, half: 'client' | 'contract'): Promise<void> {
  await tx.query(`update accounts set ${half}_status = 'closed', updated_at = now() where application_id = $1`, [applicationId]);
}

/** `is_stopped`: its application came to nothing. */
export type AccountToClose = AccountRow & { is_stopped: boolean };

/** Accounts of which a half is to be closed: it was within the last `sinceMs`, or its application came to nothing within that time and whoever
 *  should have closed it did not know of it. A page of at most `limit` in the order of their ids. */
export async function accountsToClose(
  db: Queryable,
  { sinceMs, after, limit }: { sinceMs: number; after: string; limit: number },
): Promise<AccountToClose[]> {
  const { rows } = await db.query<AccountToClose>(
    `select c.*, a.status in (${stoppedList}) as is_stopped from accounts c join applications a on a.id = c.application_id
     where c.id > $2 and ('closed' in (c.client_status, c.contract_status) and c.updated_at > now() - $1 * interval '1 millisecond'
       or a.status in (${stoppedList}) and (c.client_status, c.contract_status) <> ('closed', 'closed') and a.updated_at > now() - $1 * interval '1 millisecond')
     order by c.id limit $3`,
    [sinceMs, after, limit],
  );
  return rows;
}

export interface ContractRow {
  id: string;
  application_id: string;
  offer_id: string;
  contract_number: string;
  template_version: string;
  document_id: string;
  document_sha256: string;
  sealed_document_id: string | null;
  sealed_sha256: string | null;
  consent_id: string | null;
  signed_at: Date | null;
  sealed_at: Date | null;
  voided_at: Date | null;
}

export interface NewContractPaper {
  id: string;
  applicationId: string;
  offerId: string;
  contractNumber: string;
  templateVersion: string;
  document: { documentId: string; sha256: string };
}

/** Adds the paper that the customer is to sign. */
export async function addContract(tx: Tx, paper: NewContractPaper): Promise<void> {
  await tx.query(
    `insert into contracts (id, application_id, offer_id, contract_number, template_version, document_id, document_sha256)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      paper.id,
      paper.applicationId,
      paper.offerId,
      paper.contractNumber,
      paper.templateVersion,
      paper.document.documentId,
      paper.document.sha256,
    ],
  );
}

/** The newest paper of an application that is not void, or null. */
export async function latestContract(db: Queryable, applicationId: string): Promise<ContractRow | null> {
  const { rows } = await db.query<ContractRow>(
    'select * from contracts where application_id = $1 and voided_at is null order by created_at desc, id desc limit 1',
    [applicationId],
  );
  return rows[0] ?? null;
}

/** The signature under the newest paper, or null while there is none. */
export async function latestSignature(db: Queryable, applicationId: string): Promise<{ documentSha256: string; consentId: string } | null> {
  const { document_sha256: documentSha256, consent_id: consentId } = (await latestContract(db, applicationId)) ?? {};
  return documentSha256 && consentId ? { documentSha256, consentId } : null;
}

/** Notes the signature and the sealed file in one go. */
export async function markSealed(
  tx: Tx,
  contractId: string,
  sealed: { consentId: string; signedAt: Date; document: { documentId: string; sha256: string } },
): Promise<void> {
  await tx.query(
    'update contracts set consent_id = $2, signed_at = $3, sealed_at = now(), sealed_document_id = $4, sealed_sha256 = $5 where id = $1',
    [contractId, sealed.consentId, sealed.signedAt, sealed.document.documentId, sealed.document.sha256],
  );
}

/** Makes every paper of the application void. Repeat: the first time stands. */
export async function voidContracts(tx: Tx, applicationId: string): Promise<void> {
  await tx.query('update contracts set voided_at = now() where application_id = $1 and voided_at is null', [applicationId]);
}
