// A photo or PDF for the eyes of one member of staff: a link that works for minutes and names its holder, sealed so that nobody can make
// one up, extend it, or turn it to another document. Whoever asks for a link stands in the audit log, and so does every view of it.

import { z } from 'zod';
import { identityLimits } from '../../config/identity-limits.ts';
import { staffLimits } from '../../config/staff-limits.ts';
import { audit } from '../../db/audit.ts';
import type { DocumentHead, StoredDocument } from '../../db/documents.ts';
import { isId } from '../../domain/ids.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem } from '../problems.ts';
import { allowed } from './allowed.ts';

type Deps = Pick<ApiDeps, 'database' | 'documents' | 'boxes' | 'now' | 'publicUrl'>;

interface By {
  actor: string;
  requestId: string;
  purpose: string;
}

const ticket = z.object({ actor: z.string(), expiresAt: z.number() });

/** Makes a link for this member of staff. Throws NOT_FOUND and TOO_MANY_REQUESTS. */
export async function linkToDocument(deps: Deps, documentId: string, by: By): Promise<{ url: string; expiresAt: Date }> {
  const { applicationId, kind } = await headOf(deps, documentId);
  const { actor, requestId, purpose } = by;
  const entry = { actor, requestId, action: 'document.link_made', applicationId, subject: documentId, reason: purpose, change: { kind } };
  await deps.database.withTransaction(async (tx) => allowed(tx, entry, staffLimits.documentLinksMax));
  const expiresAt = new Date(deps.now().getTime() + identityLimits.documentLinkMs);
  const key = deps.boxes.seal(
    place(documentId),
    JSON.stringify({ actor, expiresAt: expiresAt.getTime() } satisfies z.output<typeof ticket>),
  );
  return { url: `${deps.publicUrl}/documents/${documentId}?key=${key.toString('base64url')}`, expiresAt };
}

/** Opens a link: the view is recorded under the name in the link before anything is read. Throws LINK_NOT_VALID and NOT_FOUND. */
export async function viewDocument(deps: Deps, documentId: string, key: string, requestId: string): Promise<StoredDocument> {
  const actor = holderOf(deps, documentId, key);
  const { applicationId, kind } = await headOf(deps, documentId);
  const entry = { actor, requestId, action: 'document.viewed', applicationId, subject: documentId, change: { kind } };
  await deps.database.withTransaction(async (tx) => audit(tx, entry));
  const document = await deps.documents.read(deps.database, documentId);
  if (!document) throw notFound();
  return document;
}

function holderOf({ boxes, now }: Deps, documentId: string, key: string): string {
  const open = (): z.output<typeof ticket> =>
    ticket.parse(JSON.parse(boxes.open(place(documentId), Buffer.from(key, 'base64url')).toString()));
  let held: z.output<typeof ticket>;
  try {
    held = open();
  } catch (cause) {
    throw new Problem('LINK_NOT_VALID', { detail: 'This is no link to this document.', cause });
  }
  if (held.expiresAt <= now().getTime()) throw new Problem('LINK_NOT_VALID', { detail: 'The link has expired. Ask for a new one.' });
  return held.actor;
}

async function headOf({ database, documents }: Deps, documentId: string): Promise<DocumentHead> {
  const head = isId('document', documentId) ? await documents.head(database, documentId) : null;
  if (!head) throw notFound();
  return head;
}

function notFound(): Problem {
  return new Problem('NOT_FOUND', { detail: 'There is no document with this id, or it has been deleted.' });
}

function place(documentId: string): string {
  return `documents.link:${documentId}`;
}
