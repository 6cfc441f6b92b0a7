// Nothing fails silently: a step whose tries are spent waits for staff, who can try it again or end the application.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { ApplicationPolicy } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { createStage } from './stage.ts';
import type { Stage, Trouble } from './stage.ts';
import { aWorld, photos } from './world.ts';
import type { World } from './world.ts';

/** An application that is being activated while one of its steps is in trouble. */
async function activating(
  t: TestContext,
  step: 'createClient' | 'createContract',
  trouble: Trouble,
  policy: Partial<ApplicationPolicy> = {},
): Promise<{ world: World; stage: Stage }> {
  const stage = createStage();
  stage.trouble.set(step, trouble);
  const world = await aWorld(t, { stage, policy });
  await world.walksTo('offer');
  await world.commands.acceptOffer(world.ref, 'offer', { offerHash: 'offer' });
  return { world, stage };
}

test('a vendor that stays away puts the application in need of attention, and staff free it by a retry', async (t) => {
  const { world, stage } = await activating(t, 'createContract', { times: 3, kind: 'unavailable' });
  const waiting = await eventually('staff are asked', async () => {
    const view = await world.view();
    return view.attention && view;
  });
  assert.equal(waiting.awaits, 'staff');
  assert.deepEqual([waiting.attention?.activity, waiting.attention?.code], ['createContract', 'CARD_CORE_UNAVAILABLE']);
  await eventually('staff see it', () => stage.attention.length === 1);
  await world.commands.retryStep(world.ref, 'retry', { actor: 'staff:mai', requestId: 'req_1' });
  await world.reaches({ step: 'contract', attention: null });
  assert.deepEqual(stage.attention, ['createContract:CARD_CORE_UNAVAILABLE', null]);
});

test('a vendor that says no for good is not asked again before staff say so', async (t) => {
  const { world, stage } = await activating(t, 'createClient', { times: 1, kind: 'rejected' });
  await world.reaches({ awaits: 'staff' });
  assert.equal(stage.calls.filter((call) => call.name === 'createClient').length, 1);
});

test('staff can end an application that waits for them, and what was done is undone', async (t) => {
  const { world, stage } = await activating(t, 'createContract', { times: 99, kind: 'unavailable' });
  await world.reaches({ awaits: 'staff' });
  await world.commands.cancel(world.ref, 'cancel', { by: 'operations', actor: 'staff:mai', approvedBy: 'staff:lan' });
  const result = await world.result();
  assert.deepEqual([result.status, result.reasons], ['canceled', ['CANCELED_BY_STAFF']]);
  assert.equal(stage.clients.size, 0);
  assert.equal((await world.view()).attention, null, 'what has ended waits for nobody');
  assert.equal(stage.attention.at(-1), null);
});

test('one person alone cancels until the bank may know the customer; from then on it takes two, whatever was read before', async (t) => {
  const { world, stage } = await activating(t, 'createContract', { times: 99, kind: 'unavailable' });
  await world.reaches({ awaits: 'staff' });
  // A workflow task may be written down late on a busy machine; a command that was taken leaves an event of its own.
  const taken = async () => (await world.events()).get('workflowExecutionUpdateAccepted');
  const before = await taken();
  const alone = Array.from({ length: 3 }, async (_, index) =>
    world.commands.cancel(world.ref, `alone ${index}`, { by: 'operations', actor: 'staff:mai' }),
  );
  for (const refused of await Promise.allSettled(alone))
    assert.equal(refused.status === 'rejected' && Object(refused.reason).code, 'SECOND_PERSON_NEEDED');
  assert.equal(await taken(), before, 'without a trace in the history');
  assert.ok(before, 'what was taken does leave one');
  await world.commands.cancel(world.ref, 'two', { by: 'operations', actor: 'staff:mai', approvedBy: 'staff:lan' });
  await assert.rejects(world.commands.cancel(world.ref, 'late', { by: 'merchant', actor: 'merchant:1' }), { code: 'WRONG_STATE' });
  assert.equal((await world.result()).status, 'canceled');
  assert.equal(stage.clients.size, 0);
});

test('a retry cuts a long back-off short', async (t) => {
  const { world, stage } = await activating(
    t,
    'createClient',
    { times: 2, kind: 'unavailable' },
    { vendorAttempts: 3, vendorBackoffMs: 600_000, vendorBackoffMaxMs: 600_000 },
  );
  await eventually('the step backs off', () => stage.calls.filter((call) => call.name === 'createClient').length === 2);
  await world.commands.retryStep(world.ref, 'retry', { actor: 'staff:mai', requestId: 'req_1' });
  await world.reaches({ step: 'contract' });
});

test('of many retries at once one is taken, and the vendor is asked once more', async (t) => {
  for (const trouble of [
    { times: 99, kind: 'rejected' },
    { times: 1, kind: 'rejected' },
  ] as const) {
    const { world, stage } = await activating(t, 'createClient', { ...trouble });
    await world.reaches({ awaits: 'staff' });
    assert.equal(await retriesTaken(world), 1);
    assert.equal(stage.calls.filter((call) => call.name === 'createClient').length, 2);
  }
});

test('of many retries during a back-off one is taken', async (t) => {
  const { world, stage } = await activating(
    t,
    'createClient',
    { times: 99, kind: 'unavailable' },
    { vendorAttempts: 9, vendorBackoffMs: 600_000, vendorBackoffMaxMs: 600_000 },
  );
  const tries = (): number => stage.calls.filter((call) => call.name === 'createClient').length;
  await eventually('the step backs off', () => tries() === 2);
  assert.equal(await retriesTaken(world), 1);
  await eventually('it was tried again, beside the run and on its queue', () => tries() === 4);
});

test('a check of photos that Rekognition could not make is tried again as soon as staff say so, and its first try is let be', async (t) => {
  const stage = createStage();
  stage.trouble.set('verifyIdentity', { times: 1, kind: 'unavailable' });
  const world = await aWorld(t, { stage, policy: { vendorAttempts: 9, vendorBackoffMs: 600_000, vendorBackoffMaxMs: 600_000 } });
  await world.walksTo('identity');
  await world.commands.submitIdentity(world.ref, 'photos', photos);
  await eventually('it backs off', async () => (await world.handle.describe()).raw.pendingActivities?.[0]?.nextAttemptScheduleTime);
  assert.equal(await retriesTaken(world), 1);
  await world.reaches({ step: 'offer' });
  assert.equal(stage.timesDone('verifyIdentity'), 1);
});

test('a healthy try is let be', async (t) => {
  const { promise, resolve } = Promise.withResolvers<{ kind: 'verified' }>();
  const stage = createStage({ verifyIdentity: async () => promise });
  const world = await aWorld(t, { stage });
  await world.walksTo('identity');
  await world.commands.submitIdentity(world.ref, 'photos', photos);
  const tries = (): number => stage.calls.filter((call) => call.name === 'verifyIdentity').length;
  await eventually('Rekognition looks at the photos', () => tries() === 1);
  const taken = await retriesTaken(world);
  resolve({ kind: 'verified' });
  assert.equal(taken, 0);
  await world.reaches({ step: 'offer' });
  assert.equal(tries(), 1);
});

/** Forty members of staff press the button, each for themselves; how many were heard. */
async function retriesTaken({ commands, ref }: World): Promise<number> {
  const presses = Array.from({ length: 40 }, async (_, n) =>
    commands.retryStep(ref, `press ${n}`, { actor: 'staff:mai', requestId: `req_${n}` }),
  );
  const answers = await Promise.allSettled(presses);
  for (const answer of answers) if (answer.status === 'rejected') assert.match(String(answer.reason), /NOTHING_TO_RETRY|CommandBusy/);
  return answers.filter(({ status }) => status === 'fulfilled').length;
}

test('a retry is refused when nothing waits', async (t) => {
  const world = await aWorld(t);
  await assert.rejects(world.commands.retryStep(world.ref, 'retry', { actor: 'staff:mai', requestId: 'req_1' }), {
    code: 'NOTHING_TO_RETRY',
  });
});

test('a double click on retry has one effect', async (t) => {
  const { world, stage } = await activating(t, 'createClient', { times: 1, kind: 'rejected' });
  await world.reaches({ awaits: 'staff' });
  await Promise.all([
    world.commands.retryStep(world.ref, 'same-click', { actor: 'staff:mai', requestId: 'req_1' }),
    world.commands.retryStep(world.ref, 'same-click', { actor: 'staff:mai', requestId: 'req_1' }),
  ]);
  await world.reaches({ step: 'contract' });
  assert.equal(stage.calls.filter((call) => call.name === 'createClient').length, 2);
});

test('an undo that fails waits for staff too, and ends clean after their retry', async (t) => {
  const stage = createStage();
  stage.trouble.set('closeContract', { times: 3, kind: 'unavailable' });
  const world = await aWorld(t, { stage });
  await world.walksTo('contract');
  await world.commands.cancel(world.ref, 'cancel', { by: 'customer', actor: 'customer' });
  await world.reaches({ awaits: 'staff' });
  await world.commands.retryStep(world.ref, 'retry', { actor: 'staff:mai', requestId: 'req_1' });
  assert.equal((await world.result()).status, 'canceled');
  assert.equal(stage.contracts.size + stage.clients.size, 0);
});

test('a customer whose OTP could not be sent is told so when the application ends, and the run closes', async (t) => {
  const stage = createStage();
  stage.trouble.set('requestOtp', { times: 99, kind: 'unavailable' });
  const world = await aWorld(t, { stage });
  await world.walksTo('purchase');
  const approval = assert.rejects(world.walksOn(), { code: 'WRONG_STATE' });
  await world.reaches({ awaits: 'staff' });
  await world.commands.cancel(world.ref, 'cancel', { by: 'operations', actor: 'staff:mai', approvedBy: 'staff:lan' });
  await approval;
  assert.equal((await world.result()).status, 'canceled');
});

test('an application that is being undone takes no more commands', async (t) => {
  const stage = createStage();
  stage.trouble.set('closeContract', { times: 3, kind: 'unavailable' });
  const world = await aWorld(t, { stage });
  await world.walksTo('purchase');
  await world.commands.cancel(world.ref, 'cancel', { by: 'customer', actor: 'customer' });
  await world.reaches({ awaits: 'staff' });
  await assert.rejects(world.walksOn(), { code: 'WRONG_STATE' });
  await assert.rejects(world.commands.cancel(world.ref, 'again', { by: 'merchant', actor: 'merchant:1' }), { code: 'WRONG_STATE' });
  await world.commands.retryStep(world.ref, 'retry', { actor: 'staff:mai', requestId: 'req_1' });
  assert.deepEqual((await world.result()).reasons, ['CANCELED_BY_CUSTOMER']);
});
