// The OTP that approves a purchase, by command and by signal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStage } from './stage.ts';
import { aWorld } from './world.ts';

test('a wrong code says how many tries are left, and the right one approves', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('otp');
  assert.deepEqual(await world.commands.submitOtp(world.ref, 'wrong', { code: '000000' }), { kind: 'wrong', attemptsLeft: 4 });
  assert.deepEqual(await world.commands.submitOtp(world.ref, 'right', { code: '123456' }), { kind: 'verified' });
  await world.reaches({ step: 'handOff' });
});

test('the same submission sent twice is one guess with one answer', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('otp');
  const [first, second] = await Promise.all([
    world.commands.submitOtp(world.ref, 'same', { code: '000000' }),
    world.commands.submitOtp(world.ref, 'same', { code: '000000' }),
  ]);
  assert.deepEqual(first, second);
  assert.equal(world.stage.timesDone('verifyOtp'), 1);
});

test('a code that comes as a signal approves as well', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('otp');
  await world.signalsOtp({ code: '123456' });
  await world.reaches({ step: 'handOff' });
});

test('a signal that is no code is ignored, and the run goes on', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('otp');
  for (const junk of [undefined, null, '123456', {}, { code: 123_456 }, { code: '12345' }]) await world.signalsOtp(junk);
  assert.equal(world.stage.timesDone('verifyOtp'), 0);
  await world.signalsOtp({ code: '123456' });
  await world.reaches({ step: 'handOff' });
});

test('a code that is not six digits, or that nobody asked for, is refused without a trace in the history', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('purchase');
  const events = async () => [...(await world.events()).values()].reduce((sum, count) => sum + count, 0);
  const before = await events();
  await assert.rejects(world.commands.submitOtp(world.ref, 'early', { code: '123456' }), { code: 'OTP_NOT_AWAITED' });
  assert.equal(await events(), before);
  await world.walksOn();
  await assert.rejects(world.commands.submitOtp(world.ref, 'short', { code: '12345' }), { code: 'OTP_MALFORMED' });
  await assert.rejects(world.commands.submitOtp(world.ref, 'text', { code: "1' or 1=1" }), { code: 'OTP_MALFORMED' });
});

test('a new code can be asked for as often as the cap allows, and then no more', async (t) => {
  const world = await aWorld(t, { policy: { otpMaxChallenges: 2 } });
  await world.walksTo('otp');
  const again = await world.commands.resendOtp(world.ref, 'again');
  assert.deepEqual([again.challengeId, again.resendsLeft], ['otp_2', 0]);
  await assert.rejects(world.commands.resendOtp(world.ref, 'once more'), { code: 'RESENDS_SPENT' });
});

test('when every code is locked and none can be sent, the application fails and leaves nothing behind', async (t) => {
  const stage = createStage({ verifyOtp: async () => ({ kind: 'locked' }) });
  const world = await aWorld(t, { stage, policy: { otpMaxChallenges: 1 } });
  await world.walksTo('otp');
  assert.deepEqual(await world.commands.submitOtp(world.ref, 'guess', { code: '000000' }), { kind: 'locked', resendsLeft: 0 });
  const result = await world.result();
  assert.deepEqual([result.status, result.reasons], ['failed', ['OTP_ATTEMPTS_SPENT']]);
  assert.equal(stage.contracts.size + stage.clients.size, 0);
});

test('when the last code has run out and none can be sent, the application expires and leaves nothing behind', async (t) => {
  const world = await aWorld(t, { policy: { otpMaxChallenges: 1, otpGraceMs: 100 } });
  await world.walksTo('otp');
  const result = await world.result();
  assert.deepEqual([result.status, result.reasons], ['expired', ['APPROVAL_EXPIRED']]);
  assert.equal(world.stage.contracts.size + world.stage.clients.size, 0);
});

test('an approval of another amount than the order is refused', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('purchase');
  await assert.rejects(world.commands.approveTransaction(world.ref, 'approve', { amountVnd: 1 }), { code: 'AMOUNT_MISMATCH' });
});

test('a bank that cannot check the code says so at once and the customer can try again', async (t) => {
  const stage = createStage();
  stage.trouble.set('verifyOtp', { times: 99, kind: 'unavailable' });
  const world = await aWorld(t, { stage });
  await world.walksTo('otp');
  assert.deepEqual(await world.commands.submitOtp(world.ref, 'one', { code: '123456' }), { kind: 'unavailable' });
  stage.trouble.clear();
  assert.deepEqual(await world.commands.submitOtp(world.ref, 'two', { code: '123456' }), { kind: 'verified' });
});

test('an offer or a document that was not the one shown is refused', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('offer');
  await assert.rejects(world.commands.acceptOffer(world.ref, 'a', { offerHash: 'another' }), { code: 'OFFER_MISMATCH' });
  await world.commands.acceptOffer(world.ref, 'b', { offerHash: 'offer' });
  await world.reaches({ step: 'contract' });
  await assert.rejects(world.commands.signContract(world.ref, 'c', { documentSha256: 'another', consentId: 'cst_1' }), {
    code: 'DOCUMENT_MISMATCH',
  });
});
