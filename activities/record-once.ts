// An activity may run many times: after a crash, a time-out, a lost answer. Its outcome is recorded in the commit of its effects,
// and a repeat returns the recorded outcome. What lies between asking the outside world and that commit is covered by natural
// keys: each `ask` finds out first whether it was done before.

import { z } from 'zod';
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
 *  Throws StepOvertaken when the customer was asked again since the step was begun, and what `ask` and `keep` throw; then nothing is recorded. */
export async function recordOnce<Answer, Outcome>(
  store: Store,
  ref: StepRef,
  shape: z.ZodType<Outcome>,
  work: Work<Answer, Outcome>,
): Promise<Outcome> {
  const before = await store.steps.recordedOutcome(store, ref, shape);
  if (before !== undefined) return before;
  const answer = await work.ask();
  return store.withTransaction(async (tx) => {
    await store.steps.lockSteps(tx, ref.applicationId);
    // Another run of the same step may have been faster, this one's own lost commit included; then its outcome counts.
    const faster = await store.steps.recordedOutcome(tx, ref, shape);
    if (faster !== undefined) return faster;
    const outcome = await work.keep(tx, answer);
    await store.steps.recordOutcome(tx, ref, outcome);
    return outcome;
  });
}

/** Writes something of a step before its outcome, unless the customer was asked again since the step was begun: then throws StepOvertaken. */
export async function whileItStands(store: Store, ref: StepRef, write: (tx: Tx) => Promise<void>): Promise<void> {
  await store.withTransaction(async (tx) => {
    await store.steps.lockSteps(tx, ref.applicationId);
    await store.steps.recordedOutcome(tx, ref, z.unknown());
    await write(tx);
  });
}

/** For steps that only touch PostgreSQL: nobody outside is asked. */
export async function nobody(): Promise<void> {}
