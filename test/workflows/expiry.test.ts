// Every wait has a deadline. Days pass in a moment here: the server skips the time in which nothing happens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities/index.ts';
import { eventually } from '../support/eventually.ts';
import { day, daysPass, hour, walkMs } from './days.ts';
import { createStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { photos, reach } from './world.ts';
import type { WalkTo } from './world.ts';

const { live, skip, nowMs } = daysPass();

const waits: { step: WalkTo | 'start'; reason: string; days: number; stage?: () => Stage }[] = [
  { step: 'start', reason: 'CUSTOMER_INACTIVE', days: 1 },
  { step: 'identity', reason: 'CUSTOMER_INACTIVE', days: 1 },
  { step: 'offer', reason: 'OFFER_EXPIRED', days: 1 },
  { step: 'contract', reason: 'SIGNATURE_EXPIRED', days: 1 },
  { step: 'purchase', reason: 'APPROVAL_EXPIRED', days: 1 },
  { step: 'otp', reason: 'APPROVAL_EXPIRED', days: 1 },
];

for (const [index, { step, reason, days }] of waits.entries()) {
  test(`a customer who stops at '${step}' has the application expired after ${days} day, and nothing is left at the bank`, async () => {
    const { result, stage, passedMs } = await live(`app_expiry${index}`, step);
    assert.deepEqual([result.status, result.reasons], ['expired', [reason]]);
    assert.ok(Math.abs(passedMs - days * day) < walkMs, `${passedMs} ms passed`);
    assert.equal(stage.contracts.size + stage.clients.size + stage.transactions.size, 0);
  });
}

test('a database that is away when an outcome is looked for never ends a run whose money is on its way', async () => {
  const stage = createStage({ readSettlement: async () => ({ transactionId: 'txn_app_patient', status: 'posted' }) });
  stage.trouble.set('readSettlement', { times: 1, kind: 'rejected' });
  const { result } = await live('app_patient', 'handOff', { stage });
  assert.equal(result.status, 'completed');
});

test('staff are asked even when the database was away in the moment in which the step gave up', async () => {
  const stage = createStage();
  stage.trouble.set('recordBasicInfo', { times: 1, kind: 'rejected' });
  stage.trouble.set('markAttention', { times: 1, kind: 'rejected' });
  const { result } = await live('app_unmarked', 'start', {
    stage,
    async meanwhile({ commands, ref }) {
      await commands.submitBasicInfo(ref, 'basicInfo', { customerId: 'cus_1' });
      await eventually('the first try to tell staff fails', () => stage.calls.some(({ name }) => name === 'markAttention'));
      await skip('31 seconds');
      await eventually('staff are told', () => stage.attention.length === 1);
      await commands.cancel(ref, 'cancel', { by: 'operations', actor: 'staff:mai' });
    },
  });
  assert.equal(result.status, 'canceled');
});

test('a customer who is asked again by a late reviewer has the whole time again', async () => {
  let rounds = 0;
  const stage = createStage({
    verifyIdentity: async () => ((rounds += 1) === 1 ? { kind: 'refer', reasons: [], taskId: 'rev_1' } : { kind: 'verified' }),
  });
  const { result } = await live('app_again', 'identity', {
    stage,
    async meanwhile({ commands, ref, handle }) {
      await commands.submitIdentity(ref, 'first', photos);
      await reach(handle, { step: 'identity', awaits: 'staff' });
      await skip('30 hours');
      await commands.decideReview(ref, 'review', { taskId: 'rev_1', answer: 'askAgain', actor: 'staff:mai' });
      await reach(handle, { step: 'identity', awaits: 'customer' });
      await commands.submitIdentity(ref, 'second', photos);
    },
  });
  assert.deepEqual(result.reasons, ['OFFER_EXPIRED']);
});

test('an application whose deadline staff have moved expires at the new time and not before', async () => {
  const { result, passedMs } = await live('app_extended', 'contract', {
    async meanwhile({ commands, ref, handle }) {
      const { deadlineAt } = await reach(handle, { step: 'contract' });
      const later = new Date(Date.parse(deadlineAt ?? '') + 2 * day).toISOString();
      await commands.extendDeadline(ref, 'more time', { deadlineAt: later, actor: 'staff:mai', requestId: 'req_1' });
    },
  });
  assert.deepEqual([result.status, result.reasons], ['expired', ['SIGNATURE_EXPIRED']]);
  assert.ok(Math.abs(passedMs - 3 * day) < walkMs, `${passedMs} ms passed`);
});

test('a customer who is asked again and does not answer has the application expired a day later', async () => {
  const { result, passedMs } = await live('app_asked', 'offer', {
    async meanwhile({ commands, ref }) {
      await skip('12 hours');
      const asked = { step: 'identity', reason: 'IDENTITY_POOR_PHOTO', actor: 'staff:mai', requestId: 'req_1' } as const;
      await commands.requestResubmission(ref, 'again', asked);
    },
  });
  assert.deepEqual([result.status, result.reasons], ['expired', ['CUSTOMER_INACTIVE']]);
  assert.ok(Math.abs(passedMs - 1.5 * day) < walkMs, `${passedMs} ms passed`);
});

// CIC out for two hours and more: it cannot be reached, it takes inquiries and never answers, or it goes away after it took one.
const outages: { name: string; parts: () => Partial<Activities> }[] = [
  { name: 'cannot be reached', parts: () => ({ requestCreditReport: awayFor(Number.POSITIVE_INFINITY) }) },
  { name: 'takes the inquiry and stays silent', parts: () => ({ requestCreditReport: pending, readCreditReport: pending }) },
  {
    name: 'goes away after it took the inquiry',
    parts: () => ({ requestCreditReport: pending, readCreditReport: awayFor(Number.POSITIVE_INFINITY) }),
  },
];

for (const [index, { name, parts }] of outages.entries()) {
  test(`when CIC ${name} for two hours, a person decides, nobody is declined, and staff were not called before`, async () => {
    const decide = async () => ({ kind: 'referred' as const, reasons: ['REPORT_UNAVAILABLE' as const], taskId: 'rev_1' });
    const stage = createStage({ ...parts(), decide });
    const { result, passedMs } = await live(`app_outage${index}`, 'identity', {
      stage,
      async meanwhile({ commands, ref, handle }) {
        await commands.submitIdentity(ref, 'photos', photos);
        await skip('1 hours');
        const { status, step, awaits, attention } = await reach(handle, { step: 'creditReport' });
        assert.deepEqual(
          { status, step, awaits, attention },
          { status: 'in_progress', step: 'creditReport', awaits: 'system', attention: null },
        );
        await skip('2 hours');
        await reach(handle, { status: 'in_review', step: 'decision', awaits: 'staff' });
      },
    });
    assert.deepEqual([stage.timesDone('giveUpCreditReport'), stage.timesDone('decide'), stage.attention], [1, 1, []]);
    assert.deepEqual([result.status, result.reasons], ['expired', ['REVIEW_EXPIRED']], 'the reviewer of this test never answers');
    assert.ok(Math.abs(passedMs - 2 * hour - 2 * day) < 30 * 60_000, `${passedMs} ms passed`);
  });
}

test('an application goes on by itself when CIC is back after an hour and a half', async () => {
  const stage = createStage({ requestCreditReport: awayFor(1.5 * hour) });
  const { result } = await live('app_back', 'identity', {
    stage,
    async meanwhile({ commands, ref, handle }) {
      await commands.submitIdentity(ref, 'photos', photos);
      await skip('1 hours');
      await reach(handle, { step: 'creditReport' });
      await skip('1 hours');
      await reach(handle, { step: 'offer' });
    },
  });
  assert.deepEqual([result.reasons, stage.timesDone('giveUpCreditReport'), stage.attention], [['OFFER_EXPIRED'], 0, []]);
});

const pending = async () => ({ kind: 'pending' as const, inquiryId: 'inq_1' });

/** A CIC that is away for so long from when it is first asked, by the clock of the server. */
function awayFor(lastsMs: number): () => Promise<{ kind: 'answered' }> {
  let sinceMs: number | undefined;
  return async () => {
    const atMs = await nowMs();
    sinceMs ??= atMs;
    if (atMs - sinceMs < lastsMs) throw ApplicationFailure.retryable('CREDIT_BUREAU_UNAVAILABLE', 'CREDIT_BUREAU_UNAVAILABLE');
    return { kind: 'answered' };
  };
}
