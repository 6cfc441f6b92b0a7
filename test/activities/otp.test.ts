// One code, bound to one purchase, guessed at most so many times, good for one approval.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otpLimits } from '../../config/limits.ts';
import type { GuessAnswer } from '../../activities/otp.ts';
import { rightCode } from './vendors.ts';
import { aWorld } from './world.ts';
import type { Applicant } from './applicant.ts';

const world = await aWorld();
const { vendors } = world;

async function guess(applicant: Applicant, round: number, code: string): Promise<GuessAnswer> {
  return world.activities.verifyOtp(applicant.ref('verifyOtp', round), { challengeId: applicant.outcome('requestOtp').challengeId, code });
}

async function challengeOf(applicant: Applicant) {
  const challenge = await world.store.otp.latestChallenge(world.store, applicant.applicationId);
  assert.ok(challenge);
  return challenge;
}

async function anApplicantWithCode(): Promise<Applicant> {
  return (await world.anApplicant()).walksTo('verifyOtp');
}

test('a request whose answer is lost sends one SMS and makes one challenge', async () => {
  const applicant = await (await world.anApplicant()).walksTo('requestOtp');
  const before = vendors.core.smsSent;
  vendors.trouble.set('requestOtp', { kind: 'lostAnswer', times: 1 });
  await assert.rejects(applicant.run('requestOtp'), { type: 'CARD_CORE_OUTCOME_UNKNOWN', nonRetryable: false });
  await applicant.run('requestOtp');
  assert.equal(vendors.core.smsSent - before, 1);
});

test('a code lives no longer than the circular allows, whatever the bank says', async () => {
  vendors.says.otpLifetimeMs = 3_600_000;
  const applicant = await anApplicantWithCode();
  vendors.says.otpLifetimeMs = 180_000;
  const { expires_at: expiresAt } = await challengeOf(applicant);
  assert.ok(expiresAt.getTime() <= Date.now() + otpLimits.lifetimeMs);
  assert.equal(applicant.outcome('requestOtp').expiresAt, expiresAt.toISOString(), 'the customer is told the same');
});

test('an application waits for its last code as long as the code lives and the grace after it, and the row says so', async () => {
  const applicant = await (await world.anApplicant()).walksTo('requestOtp');
  const wanted = { deadlineAt: new Date(Date.now() + 86_400_000).toISOString(), graceMs: 15_000 };
  const { expiresAt } = await world.activities.requestOtp(applicant.ref('requestOtp'), wanted);
  const row = await world.store.applications.readApplication(world.store, applicant.applicationId);
  assert.equal(row?.deadline_at?.getTime(), Date.parse(expiresAt) + wanted.graceMs);
});

test('a wrong code says how many tries are left, the last one locks, and then even the right code is worth nothing', async () => {
  const applicant = await anApplicantWithCode();
  for (let round = 1; round < otpLimits.maxAttempts; round += 1) {
    assert.deepEqual(await guess(applicant, round, '000000'), { kind: 'wrong', attemptsLeft: otpLimits.maxAttempts - round });
  }
  assert.deepEqual(await guess(applicant, otpLimits.maxAttempts, '000000'), { kind: 'locked' });
  const asked = vendors.timesAsked('verifyOtp');
  assert.deepEqual(await guess(applicant, 99, rightCode), { kind: 'locked' });
  assert.equal(vendors.timesAsked('verifyOtp'), asked, 'the bank is not even asked');
  assert.equal((await challengeOf(applicant)).status, 'locked');
});

test('fifty guesses at once: the bank sees no more than the limit', async () => {
  const applicant = await anApplicantWithCode();
  const before = vendors.timesAsked('verifyOtp');
  const answers = await Promise.all(Array.from({ length: 50 }, async (_, index) => guess(applicant, index + 1, '000000')));
  assert.equal(vendors.timesAsked('verifyOtp') - before, otpLimits.maxAttempts);
  assert.equal(answers.filter(({ kind }) => kind === 'wrong').length, otpLimits.maxAttempts - 1);
  assert.equal(answers.filter(({ kind }) => kind === 'locked').length, 50 - otpLimits.maxAttempts + 1);
});

test('the right code sent twenty times at once approves once', async () => {
  const applicant = await anApplicantWithCode();
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, index) => guess(applicant, index + 1, rightCode)));
  assert.equal(answers.filter(({ kind }) => kind === 'verified').length, 1);
});

test('the same submission sent twice is one guess with one answer', async () => {
  const applicant = await anApplicantWithCode();
  assert.deepEqual(await guess(applicant, 1, '000000'), await guess(applicant, 1, '000000'));
  assert.equal((await challengeOf(applicant)).attempts, 1);
});

test('one typed code is one guess, also when a try of it is given up while it is under way and another follows', async () => {
  const applicant = await anApplicantWithCode();
  const tries = await Promise.all(Array.from({ length: 5 }, async () => guess(applicant, 1, '000000')));
  assert.deepEqual(new Set(tries.map((answer) => JSON.stringify(answer))).size, 1);
  assert.equal((await challengeOf(applicant)).attempts, 1);
  assert.deepEqual(await guess(applicant, 2, '000000'), { kind: 'wrong', attemptsLeft: otpLimits.maxAttempts - 2 });
});

test('a guess that never reached the bank does not count; one whose answer was lost does', async () => {
  const applicant = await anApplicantWithCode();
  vendors.trouble.set('verifyOtp', { kind: 'unavailable', times: 1 });
  assert.deepEqual(await guess(applicant, 1, rightCode), { kind: 'unavailable' });
  assert.equal((await challengeOf(applicant)).attempts, 0);
  vendors.trouble.set('verifyOtp', { kind: 'unknown', times: 1 });
  assert.deepEqual(await guess(applicant, 2, '000000'), { kind: 'unavailable' });
  assert.equal((await challengeOf(applicant)).attempts, 1);
  assert.deepEqual(await guess(applicant, 3, rightCode), { kind: 'verified' });
});

test('a code whose approval was lost on the way back is spent: it is expired for us too, and a new one can be sent', async () => {
  const applicant = await anApplicantWithCode();
  vendors.trouble.set('verifyOtp', { kind: 'lostAnswer', times: 1 });
  assert.deepEqual(await guess(applicant, 1, rightCode), { kind: 'unavailable' });
  assert.deepEqual(await guess(applicant, 2, rightCode), { kind: 'expired' });
  assert.equal((await challengeOf(applicant)).status, 'expired');
  await world.activities.requestOtp(applicant.ref('requestOtp', 2), { deadlineAt: new Date(Date.now() + 60_000).toISOString() });
  assert.equal((await challengeOf(applicant)).status, 'open');
});

test('a code is sealed for its application: one sealed for another is refused, and costs no guess', async () => {
  const applicant = await anApplicantWithCode();
  const sealed = (id: string) => `sealed:${world.store.boxes.seal(`otp:${id}`, rightCode).toString('base64url')}`;
  for (const code of [sealed('app_of_another'), 'sealed:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
    await assert.rejects(guess(applicant, 1, code), { type: 'INVARIANT_BROKEN', nonRetryable: true });
  }
  assert.equal((await challengeOf(applicant)).attempts, 0);
  assert.deepEqual(await guess(applicant, 1, sealed(applicant.applicationId)), { kind: 'verified' });
});

test('a new code makes the old one worthless', async () => {
  const applicant = await anApplicantWithCode();
  await world.activities.requestOtp(applicant.ref('requestOtp', 2), { deadlineAt: new Date(Date.now() + 60_000).toISOString() });
  assert.deepEqual(await guess(applicant, 1, rightCode), { kind: 'expired' });
});

test('an expired code is expired before the bank is asked', async () => {
  vendors.says.otpLifetimeMs = -1;
  const applicant = await anApplicantWithCode();
  vendors.says.otpLifetimeMs = 180_000;
  const asked = vendors.timesAsked('verifyOtp');
  assert.deepEqual(await guess(applicant, 1, rightCode), { kind: 'expired' });
  assert.equal(vendors.timesAsked('verifyOtp'), asked);
});
