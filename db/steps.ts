// The memory of what was done: one row per application, step and round, written in the commit of the step's effects.
// An activity may run many times; this is why its effects happen once.

import type { z } from 'zod';
import { stepKey } from '../domain/ids.ts';
import type { Queryable, Tx } from './pool.ts';

/** Names one piece of work. `round` rises when the same step is rightly done again, never when it is merely tried again. */
export interface StepRef {
  applicationId: string;
  step: string;
  round: number;
}

/** The outcome recorded for this step, or undefined when it was never finished. */
export async function recordedOutcome<T>(db: Queryable, ref: StepRef, shape: z.ZodType<T>): Promise<T | undefined> {
  const { rows } = await db.query<{ outcome: unknown }>('select outcome from application_steps where key = $1', [keyOf(ref)]);
  return rows[0] ? shape.parse(rows[0].outcome) : undefined;
}

/** Makes every other run of a step of this application wait until the transaction ends, so that two runs of one step never mix. */
export async function lockSteps(tx: Tx, applicationId: string): Promise<void> {
  await tx.query('select 1 from applications where id = $1 for no key update', [applicationId]);
}

/** Records the outcome. Call {@link lockSteps} and look for an outcome first; a second one for the same key is refused as a duplicate. */
export async function recordOutcome(tx: Tx, ref: StepRef, outcome: unknown): Promise<void> {
  await tx.query('insert into application_steps (key, application_id, step, round, outcome) values ($1, $2, $3, $4, $5)', [
    keyOf(ref),
    ref.applicationId,
    ref.step,
    ref.round,
    JSON.stringify(outcome),
  ]);
}

function keyOf(ref: StepRef): string {
  return stepKey(ref.applicationId, ref.step, ref.round);
}
