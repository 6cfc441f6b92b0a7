// The paths an application can take, played once to record their histories (test/replay/record.ts). One path for every turn of the
// story: what no path walks, no replay guards.

import { ApplicationFailure } from '@temporalio/common';
import { eventually } from '../support/eventually.ts';
import { lookedHistory } from '../workflows/late-accounts-world.ts';
import { reconciledHistory } from '../workflows/reconciliation-world.ts';
import { retainedHistory } from '../workflows/retention-world.ts';
import { createStage } from '../workflows/stage.ts';
import { photos } from '../workflows/world.ts';
import { otpPaths } from './otp-paths.ts';
import { asking, canceled, ended, leaves, referred, settled, staff, submitted, troubled, waitsForStaff } from './turns.ts';
import type { ApplicationPath } from './turns.ts';

/** Of something else than an application. */
interface OtherPath {
  history: typeof reconciledHistory;
}

/** By the name of the recorded file. */
export const paths: Record<string, ApplicationPath | OtherPath> = {
  reconciliation: { history: reconciledHistory },
  retention: { history: retainedHistory },
  'late accounts': { history: lookedHistory },
  completed: { walk: async (world) => settled(world, 'posted') },
  'rejected by the bank': { walk: async (world) => settled(world, 'rejected') },
  declined: {
    stage: () => createStage({ decide: async () => ({ kind: 'declined', reasons: ['BAD_DEBT'] }) }),
    async walk(world) {
      await submitted(world);
      await world.result();
    },
  },
  ...Object.fromEntries(
    (['approve', 'decline'] as const).map((answer): [string, ApplicationPath] => [
      `photos ${answer}d by a reviewer`,
      {
        stage: () =>
          createStage({ verifyIdentity: async () => ({ kind: 'refer', reasons: ['IDENTITY_FACE_UNCERTAIN'], taskId: 'rvt_1' }) }),
        walk: async (world) =>
          referred(world, async () => {
            await world.commands.decideReview(world.ref, 'review', { taskId: 'rvt_1', answer, ...staff });
            await (answer === 'decline' ? world.result() : world.reaches({ step: 'offer' }));
          }),
      },
    ]),
  ),
  'resubmitted, reviewed and asked again': {
    stage: () => {
      let round = 0;
      return createStage({
        verifyIdentity: async () => {
          round += 1;
          if (round === 1) return { kind: 'resubmit', reasons: ['IDENTITY_NO_FACE'], attemptsLeft: 2 };
          return round === 2 ? { kind: 'refer', reasons: ['IDENTITY_FACE_UNCERTAIN'], taskId: 'rvt_1' } : { kind: 'verified' };
        },
      });
    },
    async walk(world) {
      await submitted(world);
      await world.reaches({ step: 'identity', awaits: 'customer' });
      await world.commands.submitIdentity(world.ref, 'second', photos);
      await world.reaches({ awaits: 'staff' });
      await world.commands.decideReview(world.ref, 'review', { taskId: 'rvt_1', answer: 'askAgain', ...staff });
      await world.reaches({ step: 'identity', awaits: 'customer' });
      await world.commands.submitIdentity(world.ref, 'third', photos);
      await world.reaches({ step: 'offer' });
    },
  },
  'referred and approved': {
    stage: asking,
    async walk(world) {
      await submitted(world);
      await world.reaches({ awaits: 'staff' });
      await world.commands.decideReview(world.ref, 'review', { taskId: 'rvt_1', answer: 'approve', ...staff });
      await world.reaches({ step: 'offer' });
    },
  },
  'report that never came': {
    stage: () =>
      createStage({
        requestCreditReport: async () => ({ kind: 'pending', inquiryId: 'inq_1' }),
        readCreditReport: async () => ({ kind: 'pending', inquiryId: 'inq_1' }),
      }),
    policy: { creditReportMs: 1_000, reportPollMs: 300 },
    walk: async (world) => world.walksTo('offer'),
  },
  'offer expired': {
    policy: {},
    stage: () => {
      const stage = createStage();
      stage.offerExpiresAt = () => new Date(Date.now() + 1_500).toISOString();
      return stage;
    },
    async walk(world) {
      await world.walksTo('offer');
      await world.result();
    },
  },
  ...otpPaths,
  'attention and retry': {
    stage: () => troubled('createContract', 3),
    async walk(world) {
      await waitsForStaff(world);
      await world.commands.retryStep(world.ref, 'retry', staff);
      await world.reaches({ step: 'contract' });
    },
  },
  'freed by staff after the deadline': {
    stage: () => troubled('requestOtp', 3),
    policy: { approvalMs: 2_500 },
    async walk(world) {
      await world.walksTo('purchase');
      const { deadlineAt } = await world.view();
      const sent = world.walksOn();
      await world.reaches({ awaits: 'staff' });
      await eventually('the deadline is over', () => Date.now() > Date.parse(deadlineAt ?? '') + 1_000);
      await world.commands.retryStep(world.ref, 'retry', staff);
      await sent;
      await world.result();
    },
  },
  'retry that cuts a back-off': {
    stage: () => troubled('createContract', 2),
    policy: { vendorAttempts: 3, vendorBackoffMs: 600_000, vendorBackoffMaxMs: 600_000 },
    async walk(world) {
      await world.walksTo('offer');
      await world.commands.acceptOffer(world.ref, 'offer', { offerHash: 'offer' });
      await eventually('the step backs off', async () => {
        await world.commands.retryStep(world.ref, 'retry', staff);
        return true;
      });
      await world.reaches({ step: 'contract' });
    },
  },
  'database away for all tries of a step': {
    stage: () => {
      let tries = 0;
      return createStage({
        recordBasicInfo: async () => {
          tries += 1;
          if (tries === 1) throw ApplicationFailure.nonRetryable('the database is away', 'DATABASE_UNAVAILABLE');
          return { kind: 'done' };
        },
      });
    },
    walk: async (world) => world.walksTo('identity'),
  },
  'more time for the customer': {
    walk: leaves('contract', async (world) => {
      const { deadlineAt } = await world.view();
      const later = new Date(Date.parse(deadlineAt ?? '') + 3_600_000).toISOString();
      await world.commands.extendDeadline(world.ref, 'later', { deadlineAt: later, ...staff });
      await canceled(world);
    }),
  },
  'canceled in Temporal itself': {
    walk: leaves('contract', async (world) => {
      await world.handle.cancel();
      await world.result();
    }),
  },
  'staff told late, for the database was away': {
    stage() {
      const stage = troubled('createContract', 99);
      stage.trouble.set('markAttention', { times: 1, kind: 'rejected' });
      return stage;
    },
    async walk(world) {
      await waitsForStaff(world);
      await eventually('staff are told', () => world.stage.attention.length > 0);
      await canceled(world);
    },
  },
  'attention and cancel': {
    stage: () => troubled('createContract', 99),
    async walk(world) {
      await waitsForStaff(world);
      await canceled(world);
    },
  },
  'undo that waits for staff': {
    stage: () => troubled('closeContract', 3),
    async walk(world) {
      await world.walksTo('contract');
      await world.commands.cancel(world.ref, 'cancel', { by: 'customer', actor: 'customer' });
      await world.reaches({ awaits: 'staff' });
      await world.commands.retryStep(world.ref, 'retry', staff);
      await world.result();
    },
  },
  'asked again, approved with less, and given more time': {
    stage: asking,
    async walk(world) {
      const { commands, ref } = world;
      await submitted(world);
      await world.reaches({ awaits: 'staff' });
      await commands.requestResubmission(ref, 'photos', { step: 'identity', reason: 'IDENTITY_POOR_PHOTO', ...staff });
      await commands.submitIdentity(ref, 'second', photos);
      await world.reaches({ awaits: 'staff' });
      await commands.requestResubmission(ref, 'data', { step: 'basicInfo', reason: 'BASIC_INFO_UNCLEAR', ...staff });
      await commands.submitBasicInfo(ref, 'again', { customerId: 'cus_2' });
      await world.reaches({ step: 'identity', awaits: 'customer' });
      await commands.submitIdentity(ref, 'third', photos);
      const { deadlineAt } = await world.reaches({ awaits: 'staff' });
      const later = new Date(Date.parse(deadlineAt ?? '') + 3_600_000).toISOString();
      await commands.extendDeadline(ref, 'later', { deadlineAt: later, ...staff });
      await commands.decideReview(ref, 'review', { taskId: 'rvt_1', answer: 'approve', limitVnd: 3_000_000, ...staff });
      await world.reaches({ step: 'offer' });
    },
  },
  ...Object.fromEntries(
    (['identity', 'offer', 'contract', 'purchase', 'otp'] as const).map((step) => [
      `canceled at ${step}`,
      { walk: leaves(step, canceled) },
    ]),
  ),
  'canceled before anything': { walk: canceled },
  'canceled while asked': { stage: asking, walk: async (world) => referred(world, canceled) },
  'nobody came': { policy: { basicInfoMs: 500 }, walk: ended },
  'no photos in time': { policy: { identityMs: 500 }, walk: leaves('identity', ended) },
  'no answer of a reviewer': { stage: asking, policy: { reviewMs: 500 }, walk: async (world) => referred(world, ended) },
  'not signed in time': { policy: { signatureMs: 500 }, walk: leaves('contract', ended) },
  'not approved in time': { policy: { approvalMs: 500 }, walk: leaves('purchase', ended) },
  'declined by a reviewer': {
    stage: asking,
    walk: async (world) =>
      referred(world, async () => {
        await world.commands.decideReview(world.ref, 'review', { taskId: 'rvt_1', answer: 'decline', ...staff });
        await world.result();
      }),
  },
  'outcome found by looking': {
    stage: () => createStage({ readSettlement: async ({ transactionId }) => ({ transactionId, status: 'posted' }) }),
    policy: { settledPollMs: 300 },
    walk: leaves('handOff', ended),
  },
  'report by callback': {
    stage: () => createStage({ requestCreditReport: async () => ({ kind: 'pending', inquiryId: 'inq_1' }) }),
    async walk(world) {
      await submitted(world);
      await world.reaches({ step: 'creditReport' });
      await world.commands.creditReportReady(world.ref.applicationId, 'inq_1');
      await world.reaches({ step: 'offer' });
    },
  },
  'asked again by the reviewer of a decision': {
    stage: asking,
    walk: async (world) =>
      referred(world, async () => {
        await world.commands.decideReview(world.ref, 'review', { taskId: 'rvt_1', answer: 'askAgain', ...staff });
        await world.reaches({ step: 'basicInfo', awaits: 'customer' });
        await world.commands.submitBasicInfo(world.ref, 'second', { customerId: 'cus_2' });
        await world.reaches({ step: 'identity', awaits: 'customer' });
        await canceled(world);
      }),
  },
  'report asked for less and less often': {
    stage: () => {
      const pending = async () => ({ kind: 'pending' as const, inquiryId: 'inq_1' });
      return createStage({ requestCreditReport: pending, readCreditReport: pending });
    },
    policy: { creditReportMs: 9_000, reportPollMs: 1_000 },
    walk: async (world) => world.walksTo('offer'),
  },
  'CIC away until patience ends': {
    stage: () => troubled('requestCreditReport', Number.POSITIVE_INFINITY),
    policy: { creditReportMs: 3_000 },
    walk: async (world) => world.walksTo('offer'),
  },
  'answer of the bank lost': {
    stage: () => troubled('createClient', 1, 'lostAnswer'),
    walk: async (world) => settled(world, 'posted'),
  },
};
