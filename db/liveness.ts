// Liveness sessions: opened for one application, ended once, and used up by one submission of photos.

import type { DocumentRef } from '../domain/application.ts';
import type { Queryable, Tx } from './pool.ts';

export interface LivenessSession {
  id: string;
  application_id: string;
  /** The provider's, for the customer's camera. */
  session_id: string;
  state: 'open' | 'ended' | 'failed' | 'expired';
  submitted_with: string | null;
  expires_at: Date;
  ended_at: Date | null;
}

/** Adds an open session. */
export async function addLivenessSession(
  tx: Tx,
  { id, applicationId, sessionId, expiresAt }: { id: string; applicationId: string; sessionId: string; expiresAt: Date },
): Promise<void> {
  await tx.query('insert into liveness_sessions (id, application_id, session_id, expires_at) values ($1, $2, $3, $4)', [
    id,
    applicationId,
    sessionId,
    expiresAt,
  ]);
}

/** How many sessions were opened for the application. */
export async function countLivenessSessions(db: Queryable, applicationId: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*) as count from liveness_sessions where application_id = $1', [
    applicationId,
  ]);
  return rows[0]?.count ?? 0;
}

/** The newest session of the application, which is the only one that counts; null before the first. */
export async function latestLivenessSession(db: Queryable, applicationId: string): Promise<LivenessSession | null> {
  const { rows } = await db.query<LivenessSession>(
    `select id, application_id, session_id, state, submitted_with, expires_at, ended_at from liveness_sessions
     where application_id = $1 order by created_at desc, id desc limit 1`,
    [applicationId],
  );
  return rows[0] ?? null;
}

export type LivenessEnd = { state: 'failed' | 'expired' } | { state: 'ended'; confidence: number; referenceDocumentId: string | null };

/** Ends an open session. False, and nothing is changed, when it has ended before. */
export async function endLivenessSession(tx: Tx, id: string, end: LivenessEnd, at: Date): Promise<boolean> {
  const { confidence, referenceDocumentId } = end.state === 'ended' ? end : { confidence: null, referenceDocumentId: null };
  const { rowCount } = await tx.query(
    `update liveness_sessions set state = $2, confidence = $3, reference_document_id = $4, ended_at = $5 where id = $1 and state = 'open'`,
    [id, end.state, confidence, referenceDocumentId, at],
  );
  return rowCount === 1;
}

/** Puts an ended session behind the submission with this selfie. False when it stands behind another one. */
export async function submitLivenessSession(tx: Tx, id: string, selfieDocumentId: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update liveness_sessions set submitted_with = $2 where id = $1 and state = 'ended' and submitted_with is null`,
    [id, selfieDocumentId],
  );
  return rowCount === 1;
}

/** What the session behind this submission of the application said; null when there is none. */
export async function livenessBehind(
  db: Queryable,
  applicationId: string,
  selfieDocumentId: string,
): Promise<{ confidence: number; reference: DocumentRef | null } | null> {
  const { rows } = await db.query<{ confidence: number; document_id: string | null; sha256: string | null }>(
    `select s.confidence, d.id as document_id, d.sha256 from liveness_sessions s left join documents d on d.id = s.reference_document_id
     where s.application_id = $1 and s.submitted_with = $2`,
    [applicationId, selfieDocumentId],
  );
  const row = rows[0];
  if (!row) return null;
  const { confidence, document_id: documentId, sha256 } = row;
  return { confidence, reference: documentId !== null && sha256 !== null ? { documentId, sha256 } : null };
}
