// Photos and PDFs, encrypted. A document is never changed: another content is another document. Its bytes go to an object store first, and
// its row follows with what else is committed: an object without a row is nobody's and is swept (db/retention.ts), a row without its object
// cannot be.

import { createHash } from 'node:crypto';
import type { ObjectStore } from '../domain/ports.ts';
import type { Boxes } from './boxes.ts';
import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export type DocumentKind = 'id_front' | 'id_back' | 'selfie' | 'liveness' | 'contract' | 'sealed_contract';

export interface StoredDocument {
  applicationId: string;
  kind: DocumentKind;
  mediaType: string;
  /** Hex digest of the content in the clear. */
  sha256: string;
  content: Buffer;
}

/** What is known of a document without opening it. */
export type DocumentHead = Pick<StoredDocument, 'applicationId' | 'kind'>;

/** A document whose bytes are stored, on its way to its row. */
export interface KeptDocument extends Omit<StoredDocument, 'content'> {
  documentId: string;
  sizeBytes: number;
  store: ObjectStore['name'];
}

/** The object stores at hand: the first takes what is new, all are read. */
export type ObjectStores = readonly [ObjectStore, ...ObjectStore[]];

export interface Documents {
  /** Stores the bytes of a new document. Not within a transaction: another system may be asked. Throws what the store throws. */
  keep(document: Omit<StoredDocument, 'sha256' | 'content'> & { content: Uint8Array }): Promise<KeptDocument>;
  /** Adds the row of a document that was kept, and returns its id and digest. */
  add(tx: Tx, document: KeptDocument): Promise<{ documentId: string; sha256: string }>;
  /** Null for an unknown id, and for what was deleted. */
  head(db: Queryable, documentId: string): Promise<DocumentHead | null>;
  /** Null for an unknown id, and for what was deleted. Throws when the stored bytes were changed or are gone, and what the store throws. */
  read(db: Queryable, documentId: string): Promise<StoredDocument | null>;
}

/** What the keys of all documents begin with. */
export const documentKeys = 'documents/';

/** Where the bytes of a document lie. The id names nobody. */
export function documentKey(documentId: string): string {
  return `${documentKeys}${documentId}`;
}

/** SHA-256 in hex, as it stands in offers, contracts and evidence. */
export function sha256(content: Uint8Array | string): string {
  return digest(content).toString('hex');
}

/** SHA-256, by which secrets are found and requests are told apart. */
export function digest(content: Uint8Array | string): Buffer {
  return createHash('sha256').update(content).digest();
}

/** Stores documents in boxes of this maker. */
export function createDocuments(boxes: Boxes, stores: ObjectStores): Documents {
  const place = (id: string): string => `documents.content:${id}`;
  return {
    async keep({ content, ...document }) {
      const documentId = newId('document');
      const [store] = stores;
      await store.put(documentKey(documentId), boxes.seal(place(documentId), content));
      return { ...document, documentId, sha256: sha256(content), sizeBytes: content.byteLength, store: store.name };
    },
    async add(tx, { documentId, applicationId, kind, mediaType, sha256: hash, sizeBytes, store }) {
      await tx.query(
        `insert into documents (id, application_id, kind, media_type, sha256, size_bytes, object_store) values ($1, $2, $3, $4, $5, $6, $7)`,
        [documentId, applicationId, kind, mediaType, hash, sizeBytes, store],
      );
      return { documentId, sha256: hash };
    },
    async head(db, documentId) {
      const { rows } = await db.query<{ application_id: string; kind: DocumentKind }>(
        'select application_id, kind from documents where id = $1 and deleted_at is null',
        [documentId],
      );
      return rows[0] ? { applicationId: rows[0].application_id, kind: rows[0].kind } : null;
    },
    async read(db, documentId) {
      const { rows } = await db.query<DocumentRow>(
        'select application_id, kind, media_type, sha256, content, object_store from documents where id = $1 and deleted_at is null',
        [documentId],
      );
      const row = rows[0];
      if (!row) return null;
      const content = boxes.open(place(documentId), row.content ?? (await sealedBytes(stores, documentId, row.object_store)));
      if (sha256(content) !== row.sha256) throw new Error('a stored document does not match its digest');
      return { applicationId: row.application_id, kind: row.kind, mediaType: row.media_type, sha256: row.sha256, content };
    },
  };
}

interface DocumentRow extends Record<string, unknown> {
  application_id: string;
  kind: DocumentKind;
  media_type: string;
  sha256: string;
  /** Of a document from before there were object stores. */
  content: Buffer | null;
  object_store: ObjectStore['name'] | null;
}

async function sealedBytes(stores: ObjectStores, documentId: string, name: string | null): Promise<Uint8Array> {
  const store = stores.find((known) => known.name === name);
  if (!store) throw new Error(`a document lies in the object store ${name ?? 'of nobody'}, which is not configured here`);
  const sealed = await store.get(documentKey(documentId));
  if (!sealed) throw new Error('the bytes of a document are gone');
  return sealed;
}
