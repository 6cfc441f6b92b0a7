// A customer is identified by their own photos, with their consent, and a vendor's fault is nobody's fault.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkoutView } from '../../db/views.ts';
import { aWorld } from './world.ts';
import type { Applicant } from './applicant.ts';

const world = await aWorld();
const { vendors, activities, database } = world;
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();

async function statusOf({ applicationId }: Applicant) {
  const application = await world.store.applications.readApplication(world.store, applicationId);
  return application && { status: application.status, step: application.step, reasons: application.reasons };
}

async function verify(applicant: Applicant, round: number, attemptsLeft: number) {
  const { submission } = applicant;
  return activities.verifyIdentity(applicant.ref('verifyIdentity', round), {
    submission,
    attemptsLeft,
    deadlineAt: soon(),
    reviewDueAt: soon(),
  });
}

test('no face is looked at without the consent to biometric data', async () => {
  const applicant = await world.anApplicant({ consents: ['data_processing', 'credit_bureau'] });
  await assert.rejects(applicant.run('verifyIdentity'), { type: 'INVARIANT_BROKEN' });
  assert.equal(vendors.calls.length, 0, 'Rekognition was not asked');
});

test('photos of another application are never looked at', async () => {
  const [applicant, other] = [await (await world.anApplicant()).walksTo('verifyIdentity'), await world.anApplicant()];
  const asked = vendors.calls.length;
  const foreign = { ...applicant, submission: { ...applicant.submission, selfie: other.submission.selfie } };
  await assert.rejects(verify(foreign, 1, 2), { type: 'INVARIANT_BROKEN' });
  const changed = { ...applicant, submission: { ...applicant.submission, selfie: { ...applicant.submission.selfie, sha256: 'other' } } };
  await assert.rejects(verify(changed, 1, 2), { type: 'INVARIANT_BROKEN' });
  assert.equal(vendors.calls.length, asked);
});

test('a Rekognition that is down is tried again and leaves no mark on the customer', async () => {
  const applicant = await (await world.anApplicant()).walksTo('verifyIdentity');
  vendors.trouble.set('compareFaces', { kind: 'unavailable', times: 1 });
  await assert.rejects(applicant.run('verifyIdentity'), { type: 'IDENTITY_PROVIDER_UNAVAILABLE', nonRetryable: false });
  assert.equal((await world.rowsOf(applicant.applicationId)).get('identity_checks')?.length, 0);
  assert.deepEqual(await applicant.run('verifyIdentity'), { kind: 'verified' });
});

test('a Rekognition that stays down leaves its code for the auditor, counts as no attempt, and is forgotten by a retry that works', async () => {
  const applicant = await (await world.anApplicant()).walksTo('verifyIdentity');
  vendors.trouble.set('detectText', { kind: 'unavailable', times: 2, code: 'THROTTLED' });
  world.tries.isLast = true;
  await assert.rejects(applicant.run('verifyIdentity'), { type: 'IDENTITY_PROVIDER_UNAVAILABLE' });
  world.tries.isLast = false;
  // What staff have tried again may fail again, and a fault of ours is tried only once.
  vendors.trouble.set('compareFaces', { kind: 'rejected', times: 1, code: 'CONFIG_ACCESS_DENIED' });
  vendors.trouble.delete('detectText');
  await assert.rejects(applicant.run('verifyIdentity'), { type: 'IDENTITY_PROVIDER_REJECTED' });
  const { rows } = await database.query(
    'select verdict, error_code, provider, reason_codes, input_sha256 from identity_checks where application_id = $1 order by created_at',
    [applicant.applicationId],
  );
  const { idFront, idBack, selfie } = applicant.submission;
  const error = {
    verdict: 'error',
    provider: 'rekognition',
    reason_codes: [],
    input_sha256: [idFront.sha256, idBack.sha256, selfie.sha256],
  };
  assert.deepEqual(rows, [
    { ...error, error_code: 'THROTTLED' },
    { ...error, error_code: 'CONFIG_ACCESS_DENIED' },
  ]);
  assert.equal((await checkoutView(database, applicant.applicationId))?.identityRounds, 0);
  assert.equal((await world.store.identity.verdict(world.store, applicant.applicationId))?.verdict, 'refer', 'an error identifies nobody');
  assert.deepEqual(await statusOf(applicant), { status: 'in_progress', step: 'identity', reasons: [] });
  assert.deepEqual(await applicant.run('verifyIdentity'), { kind: 'verified' });
  assert.equal((await world.store.identity.verdict(world.store, applicant.applicationId))?.verdict, 'verified');
});

test('a face that does not match is asked for again, and goes to a person when the attempts are spent', async () => {
  const applicant = await (await world.anApplicant()).walksTo('verifyIdentity');
  vendors.says.similarity = 10;
  const first = await verify(applicant, 1, 1);
  assert.deepEqual(first, { kind: 'resubmit', reasons: ['IDENTITY_FACE_MISMATCH'], attemptsLeft: 1 });
  assert.deepEqual(await statusOf(applicant), { status: 'in_progress', step: 'identity', reasons: ['IDENTITY_FACE_MISMATCH'] });
  const second = await verify(applicant, 2, 0);
  vendors.says.similarity = 99;
  assert.ok(second.kind === 'refer');
  assert.deepEqual(second.reasons, ['IDENTITY_FACE_MISMATCH', 'IDENTITY_ATTEMPTS_SPENT']);
  assert.equal((await statusOf(applicant))?.status, 'in_review');
  const task = { taskId: second.taskId, step: 'identity', answer: 'approve', actor: 'staff:mai' } as const;
  await activities.recordReview(applicant.ref('recordReview'), task);
  await assert.rejects(activities.recordReview(applicant.ref('recordReview', 2), { ...task, answer: 'decline' }), {
    type: 'INVARIANT_BROKEN',
  });
  assert.equal((await statusOf(applicant))?.step, 'creditReport');
  assert.equal((await world.store.identity.verdict(world.store, applicant.applicationId))?.verdict, 'verified');
});

test('a person who is known with another phone goes to a reviewer, one who comes again with the same phone does not', async () => {
  const first = await world.anApplicant();
  await first.walksTo('requestCreditReport');
  const again = await (await world.anApplicant({ profile: first.profile })).walksTo('verifyIdentity');
  assert.equal((await verify(again, 1, 2)).kind, 'verified');
  const elsewhere = await (await world.anApplicant({ profile: { ...first.profile, phone: '+84907654321' } })).walksTo('verifyIdentity');
  const verdict = await verify(elsewhere, 1, 2);
  assert.ok(verdict.kind === 'refer');
  assert.deepEqual(verdict.reasons, ['IDENTITY_DUPLICATE']);
});

test('somebody who only typed the number of another person gets nobody into trouble', async () => {
  const victim = await (await world.anApplicant()).walksTo('verifyIdentity');
  await world.anApplicant({ profile: { ...victim.profile, phone: '+84907654322' } });
  assert.equal((await verify(victim, 1, 2)).kind, 'verified');
});

test('a photo that was used for somebody else goes to a reviewer, who sees how often', async () => {
  const [owner, thief] = [await world.anApplicant(), await (await world.anApplicant()).walksTo('verifyIdentity')];
  const stolen = await world.store.documents.read(world.store, owner.submission.selfie.documentId);
  assert.ok(stolen);
  const selfie = await database.withTransaction(async (tx) =>
    world.store.documents.add(tx, await world.store.documents.keep({ ...stolen, applicationId: thief.applicationId, kind: 'selfie' })),
  );
  const verdict = await verify({ ...thief, submission: { ...thief.submission, selfie } }, 1, 2);
  assert.ok(verdict.kind === 'refer');
  assert.deepEqual(verdict.reasons, ['IDENTITY_DUPLICATE']);
  const { rows } = await database.query(`select scores from identity_checks where application_id = $1 and kind = 'duplicates'`, [
    thief.applicationId,
  ]);
  assert.deepEqual(rows, [{ scores: { otherPhones: 0, reusedPhotos: 1 } }]);
});

test('the code of another card is told to the customer, and a reader that is away holds nobody up', async () => {
  const [one, other] = [
    await (await world.anApplicant()).walksTo('verifyIdentity'),
    await (await world.anApplicant()).walksTo('verifyIdentity'),
  ];
  vendors.says.codes = [`${other.profile.nationalId}||${other.profile.fullName}|12041995`];
  const verdict = await verify(one, 1, 2);
  vendors.says.codes = null;
  assert.deepEqual(verdict, { kind: 'resubmit', reasons: ['IDENTITY_QR_MISMATCH'], attemptsLeft: 2 });
  assert.equal((await verify(other, 1, 2)).kind, 'verified');
  assert.equal((await world.store.identity.verdict(world.store, other.applicationId))?.verdict, 'verified');
  vendors.says.codes = [];
});

test('each check names the photos that it looked at, by their digests, and who saw what is in them', async () => {
  const applicant = await (await world.anApplicant()).walksTo('verifyIdentity');
  await verify(applicant, 1, 2);
  const { idFront, selfie } = applicant.submission;
  const { rows } = await database.query<{ kind: string; provider: string; input_sha256: string[]; policy_version: string }>(
    `select kind, provider, input_sha256, policy_version from identity_checks where application_id = $1 and kind in ('face_match', 'duplicates') order by kind`,
    [applicant.applicationId],
  );
  assert.deepEqual(
    rows.map(({ kind, provider, input_sha256 }) => [kind, provider, input_sha256.length]),
    [
      ['duplicates', 'trasau', 3],
      ['face_match', 'rekognition', 2],
    ],
  );
  assert.deepEqual(rows[1]?.input_sha256, [idFront.sha256, selfie.sha256]);
});
