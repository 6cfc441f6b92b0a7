// The turns that the story can take while a purchase waits for its code, played once to record their histories, as test/replay/paths.ts is for
// the rest.

import { createStage } from '../workflows/stage.ts';
import { ended, leaves, troubled } from './turns.ts';
import type { ApplicationPath } from './turns.ts';

export const otpPaths: Record<string, ApplicationPath> = {
  'wrong code, new code, code by signal': {
    async walk(world) {
      await world.walksTo('otp');
      await world.commands.submitOtp(world.ref, 'wrong', { code: '000000' });
      await world.commands.resendOtp(world.ref, 'again');
      await world.signalsOtp({ code: '123456' });
      await world.reaches({ step: 'handOff' });
      await world.settles('posted');
      await world.result();
    },
  },
  'guess in vain': {
    stage: () => createStage({ verifyOtp: async (_ref, { challengeId }) => ({ kind: challengeId === 'otp_1' ? 'locked' : 'verified' }) }),
    async walk(world) {
      await world.walksTo('otp');
      await world.commands.submitOtp(world.ref, 'last', { code: '000000' });
      await world.signalsOtp({ code: '123456' });
      await world.commands.resendOtp(world.ref, 'again');
      await world.commands.submitOtp(world.ref, 'right', { code: '123456' });
      await world.reaches({ step: 'handOff' });
      await world.settles('posted');
      await world.result();
    },
  },
  'guess that the bank could not check': {
    stage: () => troubled('verifyOtp', 3),
    async walk(world) {
      await world.walksTo('otp');
      await world.commands.submitOtp(world.ref, 'unchecked', { code: '123456' });
      await world.commands.submitOtp(world.ref, 'again', { code: '123456' });
      await world.reaches({ step: 'handOff' });
      await world.settles('posted');
      await world.result();
    },
  },
  'code that Temporal forgot, told by the outcome': {
    walk: leaves('otp', async (world) => {
      await world.settles('posted');
      await world.result();
    }),
  },
  'canceled by the shop while a code is sent': {
    stage: () => troubled('requestOtp', 99, 'rejected'),
    async walk(world) {
      await world.walksTo('purchase');
      const sent = world.walksOn().catch(() => undefined);
      await world.reaches({ awaits: 'staff' });
      await world.commands.cancel(world.ref, 'cancel', { by: 'merchant', actor: 'merchant:mrc_1' });
      await sent;
      await world.result();
    },
  },
  'outcome looked for in vain at first': {
    stage() {
      const stage = createStage({ readSettlement: async ({ transactionId }) => ({ transactionId, status: 'posted' }) });
      stage.trouble.set('readSettlement', { times: 1, kind: 'rejected' });
      return stage;
    },
    policy: { settledPollMs: 300 },
    walk: leaves('handOff', ended),
  },
  'codes spent': {
    stage: () => createStage({ verifyOtp: async () => ({ kind: 'locked' }) }),
    policy: { otpMaxChallenges: 1 },
    async walk(world) {
      await world.walksTo('otp');
      await world.commands.submitOtp(world.ref, 'guess', { code: '000000' });
      await world.result();
    },
  },
};
