// Every wait has a deadline. Days pass in a moment here: the server skips the time in which nothing happens.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/index.ts';
import { createCommands } from '../../adapters/temporal/commands.ts';
import type { ApplicationRef, Commands } from '../../adapters/temporal/commands.ts';
import { createDataConverter } from '../../adapters/temporal/data-converter.ts';
import { applicationPolicy } from '../../api/policy.ts';
import { temporalLimits } from '../../config/limits.ts';
import { applicationWorkflowId, taskQueues } from '../../workflows/messages.ts';
import type { ApplicationResult } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { testPayloads } from '../support/payloads.ts';
import { defineSearchAttributes, skipTime } from '../support/temporal.ts';
import { createStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { photos, reach, walk, workflowBundle } from './world.ts';
import type { WalkTo } from './world.ts';

const day = 86_400_000;
const hour = 3_600_000;
const dataConverter = createDataConverter(testPayloads());
let environment: TestWorkflowEnvironment;

before(async () => {
  const path = process.env['TEMPORAL_TEST_SERVER'];
  assert.ok(path, 'TEMPORAL_TEST_SERVER names the time-skipping server; npm test sets it');
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
    client: { dataConverter },
  });
  await defineSearchAttributes(environment.connection, 'default');
});

after(async () => environment.teardown());

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
    assert.ok(Math.abs(passedMs - days * day) < 60_000, `${passedMs} ms passed`);
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
      await skipTime(environment, '31 seconds');
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
      await skipTime(environment, '30 hours');
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
  assert.ok(Math.abs(passedMs - 3 * day) < 60_000, `${passedMs} ms passed`);
});

test('a customer who is asked again and does not answer has the application expired a day later', async () => {
  const { result, passedMs } = await live('app_asked', 'offer', {
    async meanwhile({ commands, ref }) {
      await skipTime(environment, '12 hours');
      const asked = { step: 'identity', reason: 'IDENTITY_POOR_PHOTO', actor: 'staff:mai', requestId: 'req_1' } as const;
      await commands.requestResubmission(ref, 'again', asked);
    },
  });
  assert.deepEqual([result.status, result.reasons], ['expired', ['CUSTOMER_INACTIVE']]);
  assert.ok(Math.abs(passedMs - 1.5 * day) < 60_000, `${passedMs} ms passed`);
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
        await skipTime(environment, '1 hours');
        const { status, step, awaits, attention } = await reach(handle, { step: 'creditReport' });
        assert.deepEqual(
          { status, step, awaits, attention },
          { status: 'in_progress', step: 'creditReport', awaits: 'system', attention: null },
        );
        await skipTime(environment, '2 hours');
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
      await skipTime(environment, '1 hours');
      await reach(handle, { step: 'creditReport' });
      await skipTime(environment, '1 hours');
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
    const nowMs = await environment.currentTimeMs();
    sinceMs ??= nowMs;
    if (nowMs - sinceMs < lastsMs) throw ApplicationFailure.retryable('CREDIT_BUREAU_UNAVAILABLE', 'CREDIT_BUREAU_UNAVAILABLE');
    return { kind: 'answered' };
  };
}

interface Live {
  stage?: Stage;
  /** What happens at that step, before the wait for the end. */
  meanwhile?: (at: { commands: Commands; ref: ApplicationRef; handle: WorkflowHandle }) => Promise<void>;
}

/** Walks one application to this step and waits for its end, however many days that takes. */
async function live(
  applicationId: string,
  step: WalkTo | 'start',
  { stage = createStage(), meanwhile }: Live = {},
): Promise<{ result: ApplicationResult; stage: Stage; passedMs: number }> {
  const { client, nativeConnection: connection } = environment;
  const offerExpiresAt = new Date((await environment.currentTimeMs()) + day).toISOString();
  stage.offerExpiresAt = () => offerExpiresAt;
  const worker = await Worker.create({
    connection,
    taskQueue: taskQueues.applications,
    workflowBundle: await workflowBundle,
    activities: stage.activities,
    dataConverter,
  });
  const vendorOf = async (taskQueue: string) => Worker.create({ connection, taskQueue, activities: stage.activities, dataConverter });
  const [provider, bureau] = [await vendorOf(taskQueues.identity), await vendorOf(taskQueues.bureau)];
  return provider.runUntil(
    bureau.runUntil(
      worker.runUntil(async () => {
        const ref: ApplicationRef = { applicationId, merchantId: 'mrc_1', amountVnd: 3_000_000, status: 'created' };
        const commands = createCommands(client, { policy: applicationPolicy, timeoutMs: 15_000, atOnce: temporalLimits.commandsAtOnce });
        await commands.start(ref);
        const handle = client.workflow.getHandle(applicationWorkflowId(applicationId));
        if (step !== 'start') await walk({ commands, ref, handle }, step);
        await meanwhile?.({ commands, ref, handle });
        const result: ApplicationResult = await handle.result();
        // From the run itself: once it has ended, the server skips on to whatever comes next.
        const { startTime, closeTime } = await handle.describe();
        return { result, stage, passedMs: (closeTime?.getTime() ?? 0) - startTime.getTime() };
      }),
    ),
  );
}
