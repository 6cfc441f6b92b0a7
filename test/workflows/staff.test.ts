// What staff can do to an application that is not stuck: ask the customer again, give more time, grant less, have a code sent again. Each
// command is taken where it fits, once, and nowhere else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { aWorld, impatientPolicy, photos } from './world.ts';
import type { World } from './world.ts';

const mai = { actor: 'staff:mai', requestId: 'req_1' };
const poorPhoto = { step: 'identity', reason: 'IDENTITY_POOR_PHOTO', ...mai } as const;
const unclear = { step: 'basicInfo', reason: 'BASIC_INFO_UNCLEAR', ...mai } as const;

const referring = (parts: Parameters<typeof createStage>[0] = {}): Stage =>
  createStage({ decide: async () => ({ kind: 'referred', reasons: ['THIN_FILE'], taskId: 'rvt_1' }), ...parts });

async function sendsPhotos({ commands, ref, reaches }: World, id: string): Promise<void> {
  await reaches({ step: 'identity', awaits: 'customer' });
  await commands.submitIdentity(ref, id, photos);
}

test('a customer who is asked for new photos at the offer is judged anew, and CIC is not asked twice', async (t) => {
  const begunAfter: (number | undefined)[] = [];
  const world = await aWorld(t, {
    stage: createStage({
      verifyIdentity: async ({ asks }) => (begunAfter.push(asks), { kind: 'verified' }),
      askAgain: async ({ asks }) => (begunAfter.push(asks), { kind: 'done' }),
    }),
  });
  const { commands, ref, stage } = world;
  await world.walksTo('offer');
  const asked = await commands.requestResubmission(ref, 'again', poorPhoto);
  assert.deepEqual([asked.status, asked.step, asked.awaits], ['in_progress', 'identity', 'customer']);
  await assert.rejects(commands.acceptOffer(ref, 'old', { offerHash: 'offer' }), { code: 'WRONG_STATE' });
  await sendsPhotos(world, 'new photos');
  await world.reaches({ step: 'offer' });
  assert.deepEqual(begunAfter, [0, 1, 1], 'a step that staff overtake is known by this');
  assert.deepEqual([stage.timesDone('verifyIdentity'), stage.timesDone('decide'), stage.timesDone('requestCreditReport')], [2, 2, 1]);
  await world.commands.acceptOffer(ref, 'offer', { offerHash: 'offer' });
  await world.reaches({ step: 'contract' });
});

test('a customer who is asked for new data has everything that follows from them looked at again', async (t) => {
  const stage = referring();
  const world = await aWorld(t, { stage });
  await world.walksTo('identity');
  await sendsPhotos(world, 'photos');
  await world.reaches({ awaits: 'staff' });
  await world.commands.requestResubmission(world.ref, 'again', unclear);
  const late = world.commands.decideReview(world.ref, 'late', { taskId: 'rvt_1', answer: 'approve', ...mai });
  await assert.rejects(late, { code: 'WRONG_STATE' }, 'the question is withdrawn');
  await world.commands.submitBasicInfo(world.ref, 'new data', { customerId: 'cus_2' });
  await sendsPhotos(world, 'new photos');
  await world.reaches({ status: 'in_review' });
  for (const step of ['recordBasicInfo', 'verifyIdentity', 'requestCreditReport', 'decide'] as const)
    assert.equal(stage.timesDone(step), 2, step);
});

test('a step that waits for staff is left behind when they ask the customer again', async (t) => {
  const stage = createStage();
  stage.trouble.set('decide', { times: 1, kind: 'rejected' });
  const world = await aWorld(t, { stage });
  await world.walksTo('identity');
  await sendsPhotos(world, 'photos');
  await world.reaches({ awaits: 'staff' });
  await world.commands.requestResubmission(world.ref, 'again', unclear);
  assert.equal((await world.view()).attention, null);
  await world.commands.submitBasicInfo(world.ref, 'new data', { customerId: 'cus_2' });
  await sendsPhotos(world, 'new photos');
  await world.reaches({ step: 'offer' });
});

test('a customer is asked again three times at most, and never once the offer is accepted', async (t) => {
  const world = await aWorld(t);
  const { commands, ref } = world;
  await world.walksTo('identity');
  await assert.rejects(
    commands.requestResubmission(ref, 'twice', poorPhoto),
    { code: 'WRONG_STATE' },
    'the customer is asked for photos now',
  );
  for (const round of [1, 2, 3]) {
    await sendsPhotos(world, `photos ${round}`);
    await world.reaches({ step: 'offer' });
    await commands.requestResubmission(ref, `again ${round}`, poorPhoto);
  }
  await sendsPhotos(world, 'last photos');
  await world.reaches({ step: 'offer' });
  await assert.rejects(commands.requestResubmission(ref, 'fourth', poorPhoto), { code: 'ASKS_SPENT', currentStatus: 'offer_ready' });
  await commands.acceptOffer(ref, 'offer', { offerHash: 'offer' });
  await world.reaches({ step: 'contract' });
  await assert.rejects(commands.requestResubmission(ref, 'late', unclear), { code: 'WRONG_STATE' });
});

test('a reviewer may grant less than the ruleset derived, but not less than the order needs', async (t) => {
  const granted: (number | undefined)[] = [];
  const offer = { offerId: 'ofr_1', hash: 'offer', limitVnd: 3_000_000, expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
  const stage = referring({ approveByReview: async (_ref, { limitVnd }) => (granted.push(limitVnd), offer) });
  const world = await aWorld(t, { stage });
  const { commands, ref } = world;
  await world.walksTo('identity');
  await sendsPhotos(world, 'photos');
  await world.reaches({ awaits: 'staff' });
  const answer = { taskId: 'rvt_1', answer: 'approve', ...mai } as const;
  const refused = { code: 'LIMIT_NOT_ALLOWED' };
  await assert.rejects(commands.decideReview(ref, 'too little', { ...answer, limitVnd: ref.amountVnd - 1 }), refused);
  await assert.rejects(commands.decideReview(ref, 'no limit for a no', { ...answer, answer: 'decline', limitVnd: 5_000_000 }), refused);
  await commands.decideReview(ref, 'less', { ...answer, limitVnd: 3_500_000 });
  await world.reaches({ step: 'offer' });
  assert.deepEqual(granted, [3_500_000]);
});

test('of many answers to one question at once exactly one counts, and the others are told so', async (t) => {
  const stage = referring();
  const world = await aWorld(t, { stage });
  await world.walksTo('identity');
  await sendsPhotos(world, 'photos');
  await world.reaches({ awaits: 'staff' });
  const answers = await Promise.allSettled(
    Array.from({ length: 40 }, async (_, index) =>
      world.commands.decideReview(world.ref, `answer ${index}`, { taskId: 'rvt_1', answer: index % 2 ? 'approve' : 'decline', ...mai }),
    ),
  );
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const answer of answers) if (answer.status === 'rejected') assert.match(String(answer.reason), /CommandRefused|CommandBusy/);
  await world.reaches({ attention: null });
  assert.equal(stage.timesDone('recordReview'), 1);
});

test('more time is given up to what the policy allows, to a wait that is open, and never for an offer', async (t) => {
  const world = await aWorld(t, { policy: { extensionMaxMs: 60_000 } });
  const { commands, ref } = world;
  // The run sleeps until its first command, and its deadline counts from the start all the same.
  const deadlineMs = (await world.handle.describe()).startTime.getTime() + impatientPolicy.basicInfoMs;
  const at = (ms: number) => ({ deadlineAt: new Date(deadlineMs + ms).toISOString(), ...mai });
  for (const wrong of [at(-1), at(0), at(60_001), { deadlineAt: 'soon', ...mai }])
    await assert.rejects(commands.extendDeadline(ref, wrong.deadlineAt, wrong), { code: 'DEADLINE_NOT_ALLOWED' });
  const extended = await commands.extendDeadline(ref, 'first', at(30_000));
  assert.equal(extended.deadlineAt, at(30_000).deadlineAt);
  assert.deepEqual(await commands.extendDeadline(ref, 'first', at(30_000)), extended, 'a double click returns the first answer');
  await commands.extendDeadline(ref, 'second', at(60_000));
  await assert.rejects(commands.extendDeadline(ref, 'third', at(60_001)), { code: 'DEADLINE_FIXED' });
  assert.equal(world.stage.timesDone('extendDeadline'), 2);
  await world.walksTo('offer');
  await assert.rejects(commands.extendDeadline(ref, 'offer', at(99_999_999)), { code: 'DEADLINE_FIXED' });
});

test('a code that staff have sent again makes the old one worthless, and the record knows who asked', async (t) => {
  const asked: unknown[] = [];
  const stage = createStage({
    requestOtp: async ({ round }, { by }) => {
      asked.push(by);
      return { challengeId: `otp_${round}`, expiresAt: new Date().toISOString(), maskedPhone: '+84*****456' };
    },
  });
  const world = await aWorld(t, { stage });
  await world.walksTo('otp');
  const sent = await world.commands.resendOtp(world.ref, 'staff', mai);
  assert.equal(sent.challengeId, 'otp_2');
  assert.deepEqual(asked, [undefined, mai]);
});
