// The clock of those who are waited for stands still while a step waits for staff or for the database: that time is ours. Days pass in a moment here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities/index.ts';
import { eventually } from '../support/eventually.ts';
import { day, daysPass, hour, walkMs } from './days.ts';
import type { Place } from './days.ts';
import { createStage } from './stage.ts';
import { photos, reach } from './world.ts';
import type { WalkTo } from './world.ts';

const { live, skip, nowMs } = daysPass();
const mai = { actor: 'staff:mai', requestId: 'req_1' };

// What the customer did an hour after they could, the step that a vendor or we then failed at, and how much time was left.
const held: Record<string, { at: WalkTo; left: number; reason: string; goesOn: (place: Place) => Promise<unknown> }> = {
  requestOtp: {
    at: 'purchase',
    left: 23 * hour,
    reason: 'APPROVAL_EXPIRED',
    goesOn: async ({ commands, ref }) => commands.approveTransaction(ref, 'approve', { amountVnd: ref.amountVnd }),
  },
  verifyIdentity: {
    at: 'identity',
    left: 23 * hour,
    reason: 'CUSTOMER_INACTIVE',
    goesOn: async ({ commands, ref }) => commands.submitIdentity(ref, 'photos', photos),
  },
  prepareContract: {
    at: 'offer',
    left: day,
    reason: 'SIGNATURE_EXPIRED',
    goesOn: async ({ commands, ref }) => commands.acceptOffer(ref, 'offer', { offerHash: 'offer' }),
  },
  sealContract: {
    at: 'contract',
    left: day,
    reason: 'APPROVAL_EXPIRED',
    goesOn: async ({ commands, ref }) => commands.signContract(ref, 'sign', { documentSha256: 'paper', consentId: 'cst_1' }),
  },
};

for (const [step, { at, left, reason, goesOn }] of Object.entries(held)) {
  test(`a customer whose ${step} waited for staff for 25 hours has the time that was left, in the row and in the run`, async () => {
    const written: number[] = [];
    const writes = async (_ref: unknown, { deadlineAt }: { deadlineAt: string }) => void written.push(Date.parse(deadlineAt));
    const script = createStage().activities;
    const stage = createStage({
      verifyIdentity: async (ref, input) =>
        step === 'verifyIdentity'
          ? (await writes(ref, input), { kind: 'resubmit', reasons: ['IDENTITY_NO_FACE'], attemptsLeft: 2 })
          : { kind: 'verified' },
      prepareContract: async (ref, input) => (await writes(ref, input), script.prepareContract(ref, input)),
      sealContract: async (ref, input) => (await writes(ref, input), script.sealContract(ref, input)),
      requestOtp: async (ref, input) => (await writes(ref, input), script.requestOtp(ref, input)),
    });
    const { result, passedMs } = await live(`app_held_${step}`, at, {
      stage,
      async meanwhile(place) {
        await skip('1 hours');
        stage.trouble.set(step as keyof Activities, { times: 1, kind: 'rejected' }); // the names above
        const answer = goesOn(place);
        await reach(place.handle, { awaits: 'staff', deadlineAt: null });
        await skip('25 hours');
        await place.commands.retryStep(place.ref, 'retry', mai);
        await answer;
        const { deadlineAt } = await reach(place.handle, { awaits: 'customer' });
        const leftMs = Date.parse(deadlineAt ?? '') - (await nowMs());
        assert.ok(Math.abs(leftMs - left) < walkMs, `${leftMs} ms are left`);
        assert.ok(Math.abs(Date.parse(deadlineAt ?? '') - (written.at(-1) ?? 0)) < 1_000, 'the row says the same');
      },
    });
    assert.deepEqual([result.status, result.reasons], ['expired', [reason]]);
    assert.ok(Math.abs(passedMs - 26 * hour - left) < walkMs, `${passedMs} ms passed`);
  });
}

test('a judgement that waited for staff makes an offer and a question of full length', async () => {
  const decided = { offer: 'OFFER_EXPIRED', question: 'REVIEW_EXPIRED' } as const;
  for (const [outcome, reason] of Object.entries(decided)) {
    const dueMs: number[] = [];
    const stage = createStage({
      decide: async (_ref, { offerExpiresAt, reviewDueAt }) => {
        dueMs.push(Date.parse(outcome === 'offer' ? offerExpiresAt : reviewDueAt));
        if (outcome === 'question') return { kind: 'referred', reasons: ['THIN_FILE'], taskId: 'rvt_1' };
        return { kind: 'approved', offer: { offerId: 'ofr_1', hash: 'offer', limitVnd: 5_000_000, expiresAt: offerExpiresAt } };
      },
    });
    stage.trouble.set('decide', { times: 1, kind: 'rejected' });
    const { result, passedMs } = await live(`app_judged_${outcome}`, 'identity', {
      stage,
      async meanwhile({ commands, ref, handle }) {
        await commands.submitIdentity(ref, 'photos', photos);
        await reach(handle, { awaits: 'staff', status: 'in_progress' });
        await skip('60 hours');
        const freedMs = await nowMs();
        await commands.retryStep(ref, 'retry', mai);
        await eventually('it is judged', () => dueMs.length === 1);
        const fullMs = outcome === 'offer' ? day : 2 * day;
        assert.ok(Math.abs((dueMs[0] ?? 0) - freedMs - fullMs) < walkMs, `due ${(dueMs[0] ?? 0) - freedMs} ms after`);
      },
    });
    assert.deepEqual(result.reasons, [reason]);
    assert.ok(passedMs > 60 * hour + day - walkMs);
  }
});

test('more time that staff gave lasts as long as they said when recording it had to wait for them, and they are told so', async () => {
  const stage = createStage();
  const { result, passedMs } = await live('app_held_extension', 'contract', {
    stage,
    async meanwhile({ commands, ref, handle }) {
      const { deadlineAt } = await reach(handle, { step: 'contract' });
      stage.trouble.set('extendDeadline', { times: 1, kind: 'rejected' });
      const given = new Date(Date.parse(deadlineAt ?? '') + hour).toISOString();
      const answer = commands.extendDeadline(ref, 'more time', { deadlineAt: given, ...mai });
      await reach(handle, { awaits: 'staff' });
      await skip('30 hours');
      await commands.retryStep(ref, 'retry', mai);
      assert.equal(Date.parse((await answer).deadlineAt ?? '') > Date.parse(given) + 29 * hour, true);
    },
  });
  assert.deepEqual(result.reasons, ['SIGNATURE_EXPIRED']);
  assert.ok(Math.abs(passedMs - 30 * hour - 25 * hour) < walkMs, `${passedMs} ms passed`);
});

test('a customer whose step waited for the database has the time that was left', async () => {
  const stage = createStage();
  let away = true;
  stage.activities.requestOtp = awayWhile(() => away, stage.activities.requestOtp);
  const { result, passedMs } = await live('app_no_database', 'purchase', {
    stage,
    async meanwhile({ commands, ref, handle }) {
      const answer = commands.approveTransaction(ref, 'approve', { amountVnd: ref.amountVnd });
      await eventually('it was tried', () => tries > 0);
      await skip('2 hours');
      away = false;
      await skip('60 seconds');
      await answer;
      await reach(handle, { awaits: 'customer', attention: null });
    },
  });
  assert.deepEqual([result.reasons, stage.attention], [['APPROVAL_EXPIRED'], []]);
  assert.ok(Math.abs(passedMs - 26 * hour) < 120_000, `${passedMs} ms passed`);
});

let tries = 0;

/** A step that finds no database for so long. */
function awayWhile<A extends unknown[], R>(isAway: () => boolean, work: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    tries += 1;
    if (isAway()) throw ApplicationFailure.nonRetryable('the database is away', 'DATABASE_UNAVAILABLE');
    return work(...args);
  };
}
