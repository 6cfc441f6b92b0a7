// The OTP that approves a purchase, by command and by signal.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { CommandRefused } from '../../adapters/temporal/command-errors.ts';
import { vendorLimits } from '../../config/limits.ts';
import { eventually } from '../support/eventually.ts';
import { createStage } from './stage.ts';
import { aWorld } from './world.ts';
import type { World } from './world.ts';

const guess = async ({ commands, ref }: World, id: string) => commands.submitOtp(ref, id, { code: '000000' });

/** A workflow task may be written down late on a busy machine; a command that was taken leaves an event of its own. */
const takenBy = async (world: World): Promise<number> => (await world.events()).get('workflowExecutionUpdateAccepted') ?? 0;

test('a wrong code says how many tries are left, and the right one approves', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('otp');
  assert.deepEqual(await world.commands.submitOtp(world.ref, 'wrong', { code: '000000' }), { kind: 'wrong', attemptsLeft: 4 });
  assert.deepEqual(await world.commands.submitOtp(world.ref, 'right', { code: '123456' }), { kind: 'verified' });
  await world.reaches({ step: 'handOff' });
});

test('a bank that answers within its time-out is asked once, however slow it is', async (t) => {
  for (const step of ['requestOtp', 'verifyOtp'] as const) {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    t.after(() => answer());
    const script = createStage().activities;
    const answers = async (name: string): Promise<void> => (name === step ? answered : undefined);
    const stage = createStage({
      requestOtp: async (...args) => answers('requestOtp').then(async () => script.requestOtp(...args)),
      verifyOtp: async (...args) => answers('verifyOtp').then(async () => script.verifyOtp(...args)),
    });
    const world = await aWorld(t, { stage });
    await world.walksTo(step === 'requestOtp' ? 'purchase' : 'otp');
    const asked = step === 'requestOtp' ? world.walksOn() : world.commands.submitOtp(world.ref, 'guess', { code: '123456' });
    const atMs = Date.now() + vendorLimits.connectTimeoutMs + vendorLimits.way4TimeoutMs;
    await eventually('the bank has had its time', () => Date.now() > atMs);
    answer();
    await asked;
    assert.equal(stage.calls.filter(({ name }) => name === step).length, 1, step);
  }
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

test('a code that is malformed, or that nobody asked for, is refused without a trace in the history', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('purchase');
  const before = await takenBy(world);
  await assert.rejects(guess(world, 'early'), { code: 'OTP_NOT_AWAITED' });
  assert.equal(await takenBy(world), before);
  await world.walksOn();
  const awaited = await takenBy(world);
  await assert.rejects(world.commands.submitOtp(world.ref, 'short', { code: '12345' }), { code: 'OTP_MALFORMED' });
  await assert.rejects(world.commands.submitOtp(world.ref, 'text', { code: "1' or 1=1" }), { code: 'OTP_MALFORMED' });
  assert.equal(await takenBy(world), awaited);
});

for (const kind of ['locked', 'expired'] as const) {
  test(`a code that is ${kind} takes no further guess and leaves no trace of it, by command or by signal, until a new one is sent`, async (t) => {
    const stage = createStage({ verifyOtp: async (_ref, { challengeId }) => ({ kind: challengeId === 'otp_1' ? kind : 'verified' }) });
    const world = await aWorld(t, { stage });
    await world.walksTo('otp');
    assert.deepEqual(await guess(world, 'last'), { kind, resendsLeft: 2 });
    const before = await takenBy(world);
    await assert.rejects(guess(world, 'late'), { code: `OTP_${kind.toUpperCase()}`, resendsLeft: 2 });
    assert.equal(await takenBy(world), before);
    for (let count = 0; count < 3; count += 1) await world.signalsOtp({ code: '123456' });
    await world.commands.resendOtp(world.ref, 'again');
    assert.equal(stage.timesDone('verifyOtp'), 1);
    assert.deepEqual(await guess(world, 'new'), { kind: 'verified' });
  });
}

test('a customer who guesses and approves without end leaves no trace, and keeps nobody from canceling', async (t) => {
  const world = await aWorld(t, { stage: createStage({ verifyOtp: async () => ({ kind: 'locked' }) }) });
  await world.walksTo('otp');
  await guess(world, 'last');
  const before = await world.events();
  const sum = (events: Map<string, number>): number => [...events.values()].reduce((total, count) => total + count, 0);
  const inVain = async (send: (id: string) => Promise<unknown>, code: string): Promise<void> => {
    for (let count = 0; count < 250; count += 1) await assert.rejects(send(`${code} ${count}`), { code });
  };
  const approve = async (id: string) => world.commands.approveTransaction(world.ref, id, { amountVnd: world.ref.amountVnd });
  await Promise.all([inVain(async (id) => guess(world, id), 'OTP_LOCKED'), inVain(approve, 'OTP_SENT')]);
  const after = await world.events();
  assert.equal(after.get('workflowExecutionUpdateAccepted'), before.get('workflowExecutionUpdateAccepted'));
  // A task that a worker has just lost sight of is given once more: that, and nothing of the flood of 500, may show.
  assert.ok(sum(after) - sum(before) < 100);
  await world.commands.cancel(world.ref, 'cancel', { by: 'operations', actor: 'staff:mai', approvedBy: 'staff:lan' });
  assert.equal((await world.result()).status, 'canceled');
});

test('ten guesses are taken at one code, even when the bank can check none of them', async (t) => {
  const stage = createStage({ verifyOtp: async () => ({ kind: 'unavailable' }) });
  const world = await aWorld(t, { stage });
  await world.walksTo('otp');
  for (let count = 1; count <= 10; count += 1) assert.deepEqual(await guess(world, `${count}`), { kind: 'unavailable' });
  await assert.rejects(guess(world, '11'), { code: 'OTP_LOCKED' });
  await world.commands.resendOtp(world.ref, 'again');
  assert.deepEqual(await guess(world, '12'), { kind: 'unavailable' });
});

test('one guess is looked at at a time, and another one meanwhile costs no try', async (t) => {
  const { promise, resolve } = Promise.withResolvers<{ kind: 'verified' }>();
  const stage = createStage({ verifyOtp: async () => promise });
  const world = await aWorld(t, { stage });
  await world.walksTo('otp');
  const first = guess(world, 'first');
  await eventually('the bank looks at it', () => stage.calls.some(({ name }) => name === 'verifyOtp'));
  await assert.rejects(guess(world, 'second'), { code: 'OTP_BEING_CHECKED' });
  resolve({ kind: 'verified' });
  assert.deepEqual(await first, { kind: 'verified' });
  assert.equal(stage.timesDone('verifyOtp'), 1);
});

test('a purchase is approved once: the same approval again gets the first answer, another one is refused', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('purchase');
  const first = await world.walksOn();
  assert.deepEqual(await world.walksOn(), first);
  const again = world.commands.approveTransaction(world.ref, 'again', { amountVnd: world.ref.amountVnd });
  await assert.rejects(again, { code: 'OTP_SENT', currentStatus: 'awaiting_approval' });
  assert.equal(world.stage.timesDone('requestOtp'), 1);
});

test('once the history is long, customer and signals are not heard any more, and staff are', async (t) => {
  const world = await aWorld(t, { policy: { maxEvents: 70, otpMaxGuesses: 99 } });
  await world.walksTo('otp');
  await eventually('the history is full', async () => {
    const answer: unknown = await guess(world, randomUUID()).catch((error: unknown) => error);
    return answer instanceof CommandRefused && answer.code === 'TRIES_SPENT';
  });
  const guesses = world.stage.timesDone('verifyOtp');
  await assert.rejects(world.commands.resendOtp(world.ref, 'customer'), { code: 'TRIES_SPENT' });
  await world.signalsOtp({ code: '123456' });
  await world.commands.resendOtp(world.ref, 'staff', { actor: 'staff:mai', requestId: 'req_1' });
  assert.equal(world.stage.timesDone('verifyOtp'), guesses);
  await world.commands.cancel(world.ref, 'cancel', { by: 'customer', actor: 'customer' });
  assert.equal((await world.result()).status, 'canceled');
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
