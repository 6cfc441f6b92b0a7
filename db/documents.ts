// Photos and PDFs, encrypted. A document is never changed: another content is another document.

import { createHash } from 'node:crypto';
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

export interface Documents {
  /** Stores a new document and returns its id and digest. */
  add(
    tx: Tx,
    document: { applicationId: string; kind: DocumentKind; mediaType: string; content: Uint8Array },
  ): Promise<{ documentId: string; sha256: string }>;
  /** Null for an unknown id, and for what was deleted. */
  head(db: Queryable, documentId: string): Promise<DocumentHead | null>;
  /** Null for an unknown id, and for what was deleted. Throws when the stored bytes were changed. */
  read(db: Queryable, documentId: string): Promise<StoredDocument | null>;
}

/** SHA-256 in hex, as it stands in offers, contracts and evidence. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Stores documents in boxes of this maker. */
export function createDocuments(boxes: Boxes): Documents {
  const place = (id: string): string => `documents.content:${id}`;
  return {
    async add(tx, { applicationId, kind, mediaType, content }) {
      const documentId = newId('document');
      const digest = sha256(content);
      await tx.query(
        `insert into documents (id, application_id, kind, media_type, sha256, size_bytes, content) values ($1, $2, $3, $4, $5, $6, $7)`,
        [documentId, applicationId, kind, mediaType, digest, content.byteLength, boxes.seal(place(documentId), content)],
      );
      return { documentId, sha256: digest };
    },
    async head(db, documentId) {
      const { rows } = await db.query<{ application_id: string; kind: DocumentKind }>(
        'select application_id, kind from documents where id = $1 and deleted_at is null',
        [documentId],
      );
      return rows[0] ? { applicationId: rows[0].application_id, kind: rows[0].kind } : null;
    },
    async read(db, documentId) {
      const { rows } = await db.query<{ application_id: string; kind: DocumentKind; media_type: string; sha256: string; content: Buffer }>(
        'select application_id, kind, media_type, sha256, content from documents where id = $1 and deleted_at is null',
        [documentId],
      );
      const row = rows[0];
      if (!row) return null;
      const content = boxes.open(place(documentId), row.content);
      if (sha256(content) !== row.sha256) throw new Error('a stored document does not match its digest');
      return { applicationId: row.application_id, kind: row.kind, mediaType: row.media_type, sha256: row.sha256, content };
    },
  };
}
