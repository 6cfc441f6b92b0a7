// Steps that take a few milliseconds and do nothing, the same for both twins, and tell the customer of the bench when they are done.

import { setTimeout as pause } from 'node:timers/promises';
import type { Activities } from '../../activities/index.ts';
import { createStage } from '../../test/workflows/stage.ts';

export type StepName = keyof Activities;

export interface Stubs {
  activities: Activities;
  /** Resolves when this step of this application is done; at once when it was. */
  done(applicationId: string, step: StepName): Promise<void>;
  /** Most calls of this step that were ever under way at once. */
  mostAtOnce(step: StepName): number;
}

/** @param also runs within the step, after its delay: what a variant of the bench adds to it. */
export function createStubs(delayMs: number, also: Partial<Record<StepName, (applicationId: string) => Promise<void>>> = {}): Stubs {
  const moments = new Map<string, PromiseWithResolvers<void>>();
  const moment = (applicationId: string, step: StepName): PromiseWithResolvers<void> => {
    const key = `${applicationId}:${step}`;
    const found = moments.get(key) ?? Promise.withResolvers<void>();
    moments.set(key, found);
    return found;
  };
  const underWay = new Map<StepName, { now: number; most: number }>();
  const wrapped = Object.entries(createStage().activities).map(([key, play]) => {
    const step = key as StepName; // the keys of Activities are the names of the steps
    const count = { now: 0, most: 0 };
    underWay.set(step, count);
    const run = async (ref: { applicationId: string }, ...rest: unknown[]): Promise<unknown> => {
      count.now += 1;
      count.most = Math.max(count.most, count.now);
      await pause(delayMs);
      await also[step]?.(ref.applicationId);
      const outcome = await (play as (...args: unknown[]) => Promise<unknown>)(ref, ...rest); // called with what it was called with
      count.now -= 1;
      moment(ref.applicationId, step).resolve();
      return outcome;
    };
    return [step, run];
  });
  return {
    activities: Object.fromEntries(wrapped) as Activities, // the same names with functions of the same signatures
    done: async (applicationId, step) => moment(applicationId, step).promise,
    mostAtOnce: (step) => underWay.get(step)?.most ?? 0,
  };
}
