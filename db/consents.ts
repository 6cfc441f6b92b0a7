// What customers agreed to. A consent names the exact text by version and digest; nothing is asked of CIC or Rekognition without one.

import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export type ConsentKind = 'data_processing' | 'credit_bureau' | 'biometric' | 'contract';

export interface GrantedConsent {
  applicationId: string;
  kind: ConsentKind;
  textVersion: string;
  textSha256: string;
  language: 'vi' | 'en';
  channel: string;
}

/** Records a consent and returns its id. The same kind and version again returns the first: its time stands. */
export async function grantConsent(tx: Tx, consent: GrantedConsent): Promise<string> {
  const id = newId('consent');
  const { rows } = await tx.query<{ id: string }>(
    `insert into consents (id, application_id, kind, text_version, text_sha256, language, channel)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (application_id, kind, text_version) do nothing returning id`,
    [id, consent.applicationId, consent.kind, consent.textVersion, consent.textSha256, consent.language, consent.channel],
  );
  return rows[0]?.id ?? requiredConsent(tx, consent.applicationId, consent.kind, consent.textVersion);
}

/** The newest consent of this kind, or null when there is none. */
export async function consentOf(db: Queryable, applicationId: string, kind: ConsentKind): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    'select id from consents where application_id = $1 and kind = $2 order by granted_at desc, id desc limit 1',
    [applicationId, kind],
  );
  return rows[0]?.id ?? null;
}

/** True when this consent is of this application and kind. */
export async function isConsentOf(db: Queryable, consentId: string, applicationId: string, kind: ConsentKind): Promise<boolean> {
  const { rowCount } = await db.query('select 1 from consents where id = $1 and application_id = $2 and kind = $3', [
    consentId,
    applicationId,
    kind,
  ]);
  return rowCount === 1;
}

async function requiredConsent(db: Queryable, applicationId: string, kind: ConsentKind, textVersion: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>('select id from consents where application_id = $1 and kind = $2 and text_version = $3', [
    applicationId,
    kind,
    textVersion,
  ]);
  if (!rows[0]) throw new Error('a consent that conflicts does not exist');
  return rows[0].id;
}
