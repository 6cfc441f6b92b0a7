// Where the policy requires liveness, the identity check rests on the session behind the submission, and on nothing when there is none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLivenessSession, endLivenessSession, submitLivenessSession } from '../../db/liveness.ts';
import { newId } from '../../db/ids.ts';
import { identityPolicies } from '../../domain/identity/checks.ts';
import { aWorld } from './world.ts';
import type { Applicant } from './applicant.ts';

const world = await aWorld({ identityPolicy: identityPolicies.required });
const { store, database, vendors } = world;

/** A session that ended with this confidence, put behind the applicant's submission; the digest of its picture. */
async function showsFace({ applicationId, submission }: Applicant, confidence: number): Promise<string> {
  const id = newId('livenessSession');
  const at = new Date();
  return store.withTransaction(async (tx) => {
    await addLivenessSession(tx, { id, applicationId, sessionId: crypto.randomUUID(), expiresAt: at });
    const content = Buffer.from(`live in ${applicationId}`);
    const picture = await store.documents.add(
      tx,
      await store.documents.keep({ applicationId, kind: 'liveness', mediaType: 'image/jpeg', content }),
    );
    await endLivenessSession(tx, id, { state: 'ended', confidence, referenceDocumentId: picture.documentId }, at);
    assert.ok(await submitLivenessSession(tx, id, submission.selfie.documentId));
    return picture.sha256;
  });
}

async function verify(confidence: number | null) {
  const applicant = await (await world.anApplicant()).walksTo('verifyIdentity');
  const picture = confidence === null ? null : await showsFace(applicant, confidence);
  const verdict = await applicant.run('verifyIdentity');
  const { rows } = await database.query<{ verdict: string; input_sha256: string[]; policy_version: string }>(
    `select verdict, input_sha256, policy_version from identity_checks where application_id = $1 and kind in ('liveness', 'liveness_match') order by kind`,
    [applicant.applicationId],
  );
  return { applicant, verdict, picture, checks: rows };
}

test('a live face that is the one on the selfie identifies, and the record names picture, policy and provider', async () => {
  const { applicant, verdict, picture, checks } = await verify(97);
  assert.deepEqual(verdict, { kind: 'verified' });
  const common = { verdict: 'pass', policy_version: identityPolicies.required.version };
  assert.deepEqual(checks, [
    { ...common, input_sha256: [picture] },
    { ...common, input_sha256: [applicant.submission.selfie.sha256, picture] },
  ]);
});

test('a photo held to the camera is asked for again, doubt and a missing session go to a person', async () => {
  const reasonsOf = (verdict: unknown) => JSON.stringify(verdict);
  assert.match(reasonsOf((await verify(6)).verdict), /resubmit.*IDENTITY_NOT_LIVE/);
  assert.match(reasonsOf((await verify(72)).verdict), /refer.*IDENTITY_LIVENESS_UNCERTAIN/);
  assert.match(reasonsOf((await verify(null)).verdict), /refer.*IDENTITY_EVIDENCE_MISSING/);
});

test('a live face with the selfie of somebody else is no match', async () => {
  vendors.says.similarity = 10;
  const { verdict, checks } = await verify(97);
  vendors.says.similarity = 99;
  assert.match(JSON.stringify(verdict), /resubmit.*IDENTITY_FACE_MISMATCH/);
  assert.deepEqual(
    checks.map((check) => check.verdict),
    ['pass', 'fail'],
  );
});
