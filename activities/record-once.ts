// An activity may run many times: after a crash, a time-out, a lost answer. Its outcome is recorded in the commit of its effects,
// and a repeat returns the recorded outcome. What lies between asking the outside world and that commit is covered by natural
// keys: each `ask` finds out first whether it was done before.

import type { z } from 'zod';
import type { StepRef } from '../db/steps.ts';
import type { Store } from '../db/store.ts';
import type { Tx } from '../db/pool.ts';

export type { StepRef };

export interface Work<Answer, Outcome> {
  /** Talks to the outside world. May run again with the same key, so it asks by natural key before it does anything. */
  ask: () => Promise<Answer>;
  /** Writes what follows from the answer and says what the workflow is told. Plain data: it is stored and read back. */
  keep: (tx: Tx, answer: Answer) => Promise<Outcome>;
}

/** Runs the work of a step once and returns its outcome; a repeat returns the recorded outcome and does nothing.
 *  Throws what `ask` and `keep` throw; then nothing is recorded. */
export async function recordOnce<Answer, Outcome>(
  store: Store,
  ref: StepRef,
  shape: z.ZodType<Outcome>,
  work: Work<Answer, Outcome>,
): Promise<Outcome> {
  const before = await store.steps.recordedOutcome(store, ref, shape);
  if (before !== undefined) return before;
  const answer = await work.ask();
  try {
    return await store.withTransaction(async (tx) => {
      const outcome = await work.keep(tx, answer);
      await store.steps.recordOutcome(tx, ref, outcome);
      return outcome;
    });
  } catch (error) {
    // Another run of the same step was faster; its outcome counts, and this transaction left nothing behind.
    const recorded = store.isDuplicate(error) ? await store.steps.recordedOutcome(store, ref, shape) : undefined;
    if (recorded === undefined) throw error;
    return recorded;
  }
}

/** For steps that only touch PostgreSQL: nobody outside is asked. */
export async function nobody(): Promise<void> {}
