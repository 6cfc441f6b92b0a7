// The turns that the story can take while a purchase waits for its code, played once to record their histories, as test/replay/paths.ts is for
// the rest.

import type { ApplicationPolicy } from '../../workflows/messages.ts';
import { createStage } from '../workflows/stage.ts';
import type { Stage } from '../workflows/stage.ts';
import type { World } from '../workflows/world.ts';

export interface ApplicationPath {
  stage?: () => Stage;
  policy?: Partial<ApplicationPolicy>;
  /** Takes the application to its end, or as far as staff or the bank let it come. */
  walk: (world: World) => Promise<unknown>;
}

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
