// The customer shows to a camera that they are there. The session is opened here and read here: a page only carries its id, and can state
// nothing. What was seen is kept as it was said; what it means is judged with the photos of the submission that uses the session up.

import { identityLimits } from '../../config/identity-limits.ts';
import { readApplication } from '../../db/applications.ts';
import { consentOf } from '../../db/consents.ts';
import { newId } from '../../db/ids.ts';
import { addLivenessSession, countLivenessSessions, endLivenessSession, latestLivenessSession } from '../../db/liveness.ts';
import type { LivenessSession } from '../../db/liveness.ts';
import { lockedStep } from '../../db/views.ts';
import { invariant } from '../../domain/failures.ts';
import type { LivenessReading } from '../../domain/ports.ts';
import type { ApplicationStatus, Step } from '../../domain/states.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem } from '../problems.ts';
import { wrongState } from './command.ts';

type Deps = Pick<ApiDeps, 'database' | 'documents' | 'liveness' | 'readImage' | 'now'>;

export interface SessionView {
  sessionId: string;
  region: string;
  expiresAt: Date;
  state: LivenessSession['state'] | 'submitted';
}

/** Opens a session in place of any before it. Throws LIVENESS_NOT_ASKED, WRONG_STATE and TOO_MANY_SESSIONS. */
export async function openSession(deps: Deps, applicationId: string): Promise<SessionView> {
  const { provider, region } = asked(deps);
  const { database, now } = deps;
  const application = await readApplication(database, applicationId);
  if (application) refuseOtherSteps(application);
  await refuseMore(deps, applicationId);
  invariant(await consentOf(database, applicationId, 'biometric'), 'a face is looked at only with the consent of the customer');
  const id = newId('livenessSession');
  const expiresAt = new Date(now().getTime() + identityLimits.livenessSessionMs);
  const { sessionId } = await provider.openLiveness(id, { reference: applicationId });
  await database.withTransaction(async (tx) => {
    const place = await lockedStep(tx, applicationId);
    if (!place) throw new Problem('NOT_FOUND');
    refuseOtherSteps(place);
    await refuseMore({ database: tx }, applicationId);
    await addLivenessSession(tx, { id, applicationId, sessionId, expiresAt });
  });
  return { sessionId, region, expiresAt, state: 'open' };
}

/** How the newest session stands; what the provider says of an open one is kept. Throws LIVENESS_NOT_ASKED and NOT_FOUND. */
export async function sessionNow(deps: Deps, applicationId: string): Promise<SessionView> {
  const { region } = asked(deps);
  const session = await upToDate(deps, applicationId);
  if (!session) throw new Problem('NOT_FOUND', { detail: 'No session was opened yet.' });
  const { session_id: sessionId, expires_at: expiresAt, state } = session;
  return { sessionId, region, expiresAt, state: session.submitted_with === null ? state : 'submitted' };
}

/** The session that the next submission uses up. Throws LIVENESS_NEEDED when there is none that ended just now and was not used. */
export async function endedSession(deps: Deps, applicationId: string): Promise<LivenessSession> {
  const session = await upToDate(deps, applicationId);
  if (session?.state !== 'ended' || session.submitted_with !== null || !session.ended_at) throw livenessNeeded();
  if (deps.now().getTime() - session.ended_at.getTime() > identityLimits.livenessFreshMs) throw livenessNeeded();
  return session;
}

/** Faces and photos are taken in one step alone. Throws WRONG_STATE. */
export function refuseOtherSteps({ step, status }: { step: Step; status: ApplicationStatus }): void {
  if (step !== 'identity' || status !== 'in_progress') throw wrongState(status);
}

export function livenessNeeded(): Problem {
  return new Problem('LIVENESS_NEEDED', { detail: 'Open a liveness session, let the camera finish, then send the photos.' });
}

function asked({ liveness }: Deps): NonNullable<ApiDeps['liveness']> {
  if (!liveness) throw new Problem('LIVENESS_NOT_ASKED', { detail: 'Send the photos; nothing else is asked for.' });
  return liveness;
}

async function refuseMore({ database }: { database: Parameters<typeof countLivenessSessions>[0] }, applicationId: string): Promise<void> {
  if ((await countLivenessSessions(database, applicationId)) >= identityLimits.livenessSessionsMax)
    throw new Problem('TOO_MANY_SESSIONS', { detail: 'Please contact support.' });
}

async function upToDate(deps: Deps, applicationId: string): Promise<LivenessSession | null> {
  const { database, now } = deps;
  const session = await latestLivenessSession(database, applicationId);
  if (session?.state !== 'open') return session;
  // After three minutes nobody knows the session any more, so nobody is asked.
  const isOver = session.expires_at.getTime() <= now().getTime();
  const reading: LivenessReading = isOver
    ? { kind: 'expired' }
    : await asked(deps).provider.readLiveness(session.session_id, { reference: applicationId });
  if (reading.kind === 'open') return session;
  await keep(deps, session, reading);
  return latestLivenessSession(database, applicationId);
}

/** Keeps what was seen, once: whoever asks at the same time finds the session ended. */
async function keep(deps: Deps, session: LivenessSession, reading: Exclude<LivenessReading, { kind: 'open' }>): Promise<void> {
  const { database, documents, now } = deps;
  const content = reading.kind === 'ended' && reading.referenceImage ? await cleanPicture(deps, reading.referenceImage) : null;
  const image = { applicationId: session.application_id, kind: 'liveness', mediaType: 'image/jpeg' } as const;
  const kept = content && (await documents.keep({ ...image, content }));
  await database.withTransaction(async (tx) => {
    await lockedStep(tx, session.application_id);
    const latest = await latestLivenessSession(tx, session.application_id);
    if (latest?.id !== session.id || latest.state !== 'open') return;
    if (reading.kind !== 'ended') return void (await endLivenessSession(tx, session.id, { state: reading.kind }, now()));
    const document = kept && (await documents.add(tx, kept));
    const { confidence } = reading;
    await endLivenessSession(tx, session.id, { state: 'ended', confidence, referenceDocumentId: document?.documentId ?? null }, now());
  });
}

/** The picture as any photo is kept; null for one that cannot be used, which then proves nothing. */
async function cleanPicture({ readImage }: Deps, picture: Uint8Array): Promise<Uint8Array | null> {
  const image = await readImage(picture);
  if (image.kind === 'busy') throw new Problem('TEMPORARILY_UNAVAILABLE', { detail: 'Too many photos are being read. Try again.' });
  return image.kind === 'ok' ? image.jpeg : null;
}
