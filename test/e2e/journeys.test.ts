// Every customer of the sentinel table, from the shop's call to the end that the table promises, through the real processes.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiProblem } from '../../infra/local/demo-client.ts';
import { bureauSentinels, coreSentinels, nationalIdFor, phoneSentinels } from '../../sandbox/sentinels.ts';
import { eventually } from '../support/eventually.ts';
import { startSystem } from '../support/system.ts';
import { call, openReviewTask, staffCancel, staffDo, staffSee } from './support/actors.ts';
import { endedFor, isBookedOnce, isCleanAtTheBank } from './support/expect.ts';
import { aJourney } from './support/journey.ts';

const system = await startSystem();

// Some at once: the applications have nothing to do with each other, and a few of them wait for time-outs.
describe('every sentinel', { concurrency: true }, () => {
  describe('what CIC knows decides', { concurrency: 2 }, () => {
    for (const bureau of ['pollOnly', 'good', 'atOnce'] as const) {
      test(`a customer with a clean report gets the order and owes it once (${bureau})`, async () => {
        const journey = await aJourney(system, { bureau });
        const { status, reasons } = await journey.walksToTheEnd();
        assert.equal(status, 'completed');
        assert.deepEqual(reasons, []);
        await isBookedOnce(system, journey);
      });
    }

    for (const bureau of ['badDebt', 'recentBadDebt', 'lowScore', 'manyInquiries'] as const) {
      test(`a customer who is declined reads why in both languages, and the shop does not (${bureau})`, async () => {
        const journey = await aJourney(system, { bureau });
        await journey.walksToTheEnd();
        const [first, ...others] = bureauSentinels[bureau].ends.reasons;
        await endedFor(system, journey, 'declined', [first ?? assert.fail('a decline has a reason'), ...others]);
        await isCleanAtTheBank(system, journey);
      });
    }

    test('two orders of one person at the same time are one inquiry at CIC, and both are decided', async () => {
      const born = { dateOfBirth: '1991-04-02', gender: 'female' as const };
      const person = { ...born, nationalId: nationalIdFor('good', { ...born, unique: 900 }), monthlyIncomeVnd: 8_000_000 };
      const both = await Promise.all([1, 2].map(async () => aJourney(system, { person, phone: '+84907654321', amountVnd: 2_000_000 })));
      await Promise.all(both.map(async (journey) => journey.walksTo('submit_identity')));
      await Promise.all(both.map(async (journey) => journey.sendsPhotos()));
      for (const journey of both) await journey.reaches({ action: 'accept_offer' });
      const { inquiries } = await system.sandbox.state();
      const theirs = inquiries.filter(({ requestId }) => both.some(({ applicationId }) => requestId.startsWith(applicationId)));
      assert.equal(theirs.length, 1, 'billed once, whether the other came while it was under way or a moment later');
    });

    test('a customer without a credit history gets a small order at once', async () => {
      const journey = await aJourney(system, { bureau: 'thinFile', amountVnd: 2_400_000 });
      assert.equal((await journey.walksToTheEnd()).status, 'completed');
      await isBookedOnce(system, journey);
    });

    test('a customer without a credit history gets a large order when a reviewer approves it', async () => {
      const journey = await aJourney(system, { bureau: 'thinFile', amountVnd: 3_600_000 });
      assert.equal((await journey.walksToTheEnd()).status, 'in_review');
      assert.deepEqual(await staffReasons(journey), ['THIN_FILE']);
      const answered = await staffDo(system, `/reviews/${await openReviewTask(system, journey)}`, { answer: 'approve' });
      assert.equal(answered.status, 202);
      const { offer } = await journey.reaches({ action: 'accept_offer' });
      assert.ok((offer?.limit.value ?? 0) >= journey.amountVnd);
      assert.equal((await journey.walksToTheEnd()).status, 'completed');
      await isBookedOnce(system, journey);
    });

    test('a customer whom staff ask for photos and then for data again has all attempts again, and buys in the end', async () => {
      const journey = await aJourney(system);
      const ask = async (step: string, code: string) =>
        staffDo(system, `/applications/${journey.applicationId}/resubmission`, { step, reason_code: code });
      await journey.walksTo('accept_offer');
      assert.equal((await ask('identity', 'IDENTITY_POOR_PHOTO')).status, 202);
      const asked = await journey.reaches({ action: 'submit_identity' });
      assert.deepEqual([asked.reasons.map(({ code }) => code), asked.identity.attempts_left], [['IDENTITY_POOR_PHOTO'], 3]);
      await journey.sendsPhotos();
      await journey.reaches({ action: 'accept_offer' });
      assert.equal((await ask('basicInfo', 'BASIC_INFO_UNCLEAR')).status, 202);
      await journey.reaches({ action: 'submit_basic_info' });
      await journey.customer.submitBasicInfo({ ...journey.person, monthlyIncomeVnd: 19_000_000 });
      await journey.reaches({ action: 'submit_identity' });
      await journey.sendsPhotos();
      assert.equal((await journey.walksToTheEnd()).status, 'completed');
      await isBookedOnce(system, journey);
    });

    test('a customer who asks support for a link gets it on their phone, and it opens the checkout once', async () => {
      const journey = await aJourney(system);
      assert.equal((await staffDo(system, `/applications/${journey.applicationId}/link`)).status, 202);
      const token = await eventually('the link is on the phone', async () => {
        const messages = await system.sandbox.messages(journey.phone);
        return messages.map(({ text }) => /\/c#([\w-]+) /.exec(text)?.[1]).find((found) => found !== undefined);
      });
      const open = async () => (await call(system, '/checkout/sessions', { json: { token } })).status;
      assert.deepEqual([await open(), await open()], [201, 401]);
    });

    for (const bureau of ['multipleMatch', 'error'] as const) {
      test(`nobody is declined because CIC could not say: a person looks (${bureau})`, async () => {
        const journey = await aJourney(system, { bureau });
        assert.equal((await journey.walksToTheEnd()).status, 'in_review');
        assert.deepEqual(await staffReasons(journey), bureauSentinels[bureau].ends.reasons);
      });
    }

    test('a reviewer who declines ends the application, and the customer is told so', async () => {
      const journey = await aJourney(system, { bureau: 'multipleMatch' });
      await journey.walksToTheEnd();
      await staffDo(system, `/reviews/${await openReviewTask(system, journey)}`, { answer: 'decline' });
      await endedFor(system, journey, 'declined', ['DECLINED_BY_REVIEWER']);
    });

    test('a customer whose report never comes waits, and is neither approved nor declined', async () => {
      const journey = await aJourney(system, { bureau: 'silent' });
      await journey.walksTo('submit_identity');
      await journey.sendsPhotos();
      const { next } = await journey.reaches({ step: 'creditReport' });
      assert.equal(next.action, 'wait');
      await journey.customer.cancel();
      await endedFor(system, journey, 'canceled', ['CANCELED_BY_CUSTOMER']);
    });
  });

  describe('what WAY4 answers decides', { concurrency: 2 }, () => {
    for (const name of ['lostAnswer', 'slow'] as const) {
      test(`a purchase whose answer is lost is booked once, and cannot be canceled meanwhile (${name})`, async () => {
        const journey = await aJourney(system, { amountVnd: coreSentinels[name].amountVnd });
        await journey.walksTo('submit_otp');
        await journey.customer.submitOtp(await journey.otp());
        await journey.reaches({ status: 'settling' });
        await assert.rejects(journey.customer.cancel(), { code: 'POINT_OF_NO_RETURN' });
        assert.equal((await journey.reaches({ status: 'completed' })).next.action, 'none');
        await isBookedOnce(system, journey);
      });
    }

    for (const name of ['limitExceeded', 'doNotHonour'] as const) {
      test(`a purchase that the bank rejects leaves no debt and no open contract (${name})`, async () => {
        const journey = await aJourney(system, { amountVnd: coreSentinels[name].amountVnd });
        await journey.walksToTheEnd();
        await endedFor(system, journey, 'failed', ['PURCHASE_REJECTED']);
        await isCleanAtTheBank(system, journey);
      });
    }
  });

  describe('who the customer is decides', { concurrency: 1 }, () => {
    for (const [selfie, code] of [
      ['nobody', 'IDENTITY_NO_FACE'],
      ['two', 'IDENTITY_MANY_FACES'],
      ['other', 'IDENTITY_FACE_MISMATCH'],
      ['blurred', 'IDENTITY_POOR_PHOTO'],
    ] as const) {
      test(`a selfie that will not do is asked for again, with the reason, and a good one goes through (${selfie})`, async () => {
        const journey = await aJourney(system);
        await journey.walksTo('submit_identity');
        await journey.sendsPhotos(selfie);
        const asked = await isAskedAgain(journey, 2);
        assert.deepEqual(
          asked.reasons.map((reason) => reason.code),
          [code],
        );
        await journey.sendsPhotos();
        assert.deepEqual((await journey.reaches({ action: 'accept_offer' })).reasons, []);
      });
    }

    test('after three selfies of somebody else a reviewer decides, not the machine', async () => {
      const journey = await aJourney(system);
      await journey.walksTo('submit_identity');
      for (const attemptsLeft of [2, 1]) {
        await journey.sendsPhotos('other');
        await isAskedAgain(journey, attemptsLeft);
      }
      await journey.sendsPhotos('other');
      await journey.reaches({ status: 'in_review' });
      assert.deepEqual(await staffReasons(journey), ['IDENTITY_FACE_MISMATCH', 'IDENTITY_ATTEMPTS_SPENT']);
      await staffDo(system, `/reviews/${await openReviewTask(system, journey)}`, { answer: 'decline' });
      await endedFor(system, journey, 'declined', ['DECLINED_BY_REVIEWER']);
    });

    test('a reviewer who recognises the customer lets them go on', async () => {
      const journey = await aJourney(system);
      await journey.walksTo('submit_identity');
      await journey.sendsPhotos('uncertain');
      await journey.reaches({ status: 'in_review' });
      assert.deepEqual(await staffReasons(journey), ['IDENTITY_FACE_UNCERTAIN']);
      await staffDo(system, `/reviews/${await openReviewTask(system, journey)}`, { answer: 'approve' });
      await journey.reaches({ action: 'accept_offer' });
      assert.equal((await journey.walksToTheEnd()).status, 'completed');
      await isBookedOnce(system, journey);
    });
  });

  describe('the one-time password decides', { concurrency: 1 }, () => {
    test('a wrong code is refused with the tries that are left, and the right one then books the purchase', async () => {
      const journey = await aJourney(system);
      await journey.walksTo('submit_otp');
      const code = await journey.otp();
      await assert.rejects(
        journey.customer.submitOtp(otherThan(code)),
        (error: ApiProblem) => error.code === 'OTP_WRONG' && error.problem['attempts_left'] === 4,
      );
      await journey.customer.submitOtp(code);
      await journey.reaches({ status: 'completed' });
      await isBookedOnce(system, journey);
    });

    for (const { phone } of Object.values(phoneSentinels)) {
      test(`a phone that takes no code (${phone}) needs staff, who can cancel, and nothing stays open`, async () => {
        const journey = await aJourney(system, { phone });
        await journey.walksTo('approve_purchase');
        const approval = assert.rejects(journey.customer.approve(journey.amountVnd), { name: 'ApiProblem' });
        const attention = await eventually('staff see it', async () => (await staffSee(system, journey)).attention);
        assert.deepEqual([attention.activity, attention.code], ['requestOtp', 'CARD_CORE_REJECTED']);
        await staffCancel(system, journey);
        await endedFor(system, journey, 'canceled', ['CANCELED_BY_STAFF']);
        await isCleanAtTheBank(system, journey);
        await approval;
      });
    }
  });
});

const otherThan = (code: string): string => (code === '000000' ? '111111' : '000000');

async function staffReasons(journey: Awaited<ReturnType<typeof aJourney>>): Promise<string[]> {
  return (await staffSee(system, journey)).reasons.map(({ code }) => code);
}

/** Waits until the photos are judged and further ones are asked for. */
async function isAskedAgain(journey: Awaited<ReturnType<typeof aJourney>>, attemptsLeft: number) {
  return journey.reachesWhere(`asked again, ${attemptsLeft} left`, ({ next, identity }) => {
    return next.action === 'submit_identity' && identity.attempts_left === attemptsLeft;
  });
}
