// The turns that the paths of a recording have in common (test/replay/paths.ts).

import type { ApplicationPolicy } from '../../workflows/messages.ts';
import { createStage } from '../workflows/stage.ts';
import type { Stage, Trouble } from '../workflows/stage.ts';
import { photos } from '../workflows/world.ts';
import type { WalkTo, World } from '../workflows/world.ts';

export interface ApplicationPath {
  stage?: () => Stage;
  policy?: Partial<ApplicationPolicy>;
  /** Takes the application to its end, or as far as staff or the bank let it come. */
  walk: (world: World) => Promise<unknown>;
}

export const staff = { actor: 'staff:mai', requestId: 'req_1' };

/** A stage on which a decision is referred to a reviewer. */
export function asking(): Stage {
  return createStage({ decide: async () => ({ kind: 'referred', reasons: ['THIN_FILE'], taskId: 'rvt_1' }) });
}

export async function referred(world: World, then: (world: World) => Promise<unknown>): Promise<void> {
  await submitted(world);
  await world.reaches({ awaits: 'staff' });
  await then(world);
}

export function leaves(step: WalkTo, then: (world: World) => Promise<unknown>): ApplicationPath['walk'] {
  return async (world) => {
    await world.walksTo(step);
    await then(world);
  };
}

export async function ended(world: World): Promise<void> {
  await world.result();
}

export async function submitted(world: World): Promise<void> {
  await world.walksTo('identity');
  await world.commands.submitIdentity(world.ref, 'first', photos);
}

export async function settled(world: World, outcome: 'posted' | 'rejected'): Promise<void> {
  await world.walksTo('handOff');
  await world.settles(outcome);
  await world.result();
}

export async function waitsForStaff(world: World): Promise<void> {
  await world.walksTo('offer');
  await world.commands.acceptOffer(world.ref, 'offer', { offerHash: 'offer' });
  await world.reaches({ awaits: 'staff' });
}

export async function canceled(world: World): Promise<void> {
  await world.commands.cancel(world.ref, 'cancel', { by: 'operations', ...staff, approvedBy: 'staff:lan' });
  await world.result();
}

/** A stage on which this activity goes wrong so often. */
export function troubled(name: Parameters<Stage['timesDone']>[0], times: number, kind: Trouble['kind'] = 'unavailable'): Stage {
  const stage = createStage();
  stage.trouble.set(name, { times, kind });
  return stage;
}
