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
  /** How often staff had asked the customer again when the step was begun; absent where they no longer can. */
  asks?: number;
}

/** Staff asked the customer again after the step was begun: the run has gone back, and nothing may come of the step any more. */
class StepOvertaken extends Error {
  override readonly name = 'StepOvertaken';
}

/** The outcome recorded for this step, or undefined when it was never finished. Throws {@link StepOvertaken}. */
export async function recordedOutcome<T>(db: Queryable, ref: StepRef, shape: z.ZodType<T>): Promise<T | undefined> {
  const { rows } = await db.query<{ outcome: unknown; overtaken: boolean }>(
    `select (select outcome from application_steps where key = $1) as outcome,
       exists (select from application_steps where application_id = $2 and step = 'askAgain' and round > $3) as overtaken`,
    [keyOf(ref), ref.applicationId, ref.asks ?? null],
  );
  const { outcome, overtaken } = rows[0] ?? {};
  if (outcome) return shape.parse(outcome);
  if (overtaken) throw new StepOvertaken('the customer was asked again since this step was begun');
  return undefined;
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

/** Counts a try of a step that failed at a vendor. `error` is a code; never a message. */
export async function noteFailedTry(db: Queryable, ref: StepRef, { vendor, error }: { vendor: string; error: string }): Promise<void> {
  await db.query(
    `insert into failed_tries (application_id, step, round, vendor, first_error, last_error) values ($1, $2, $3, $4, $5, $5)
     on conflict (application_id, step, round) do update
     set tries = failed_tries.tries + 1, vendor = excluded.vendor, last_error = excluded.last_error, last_at = clock_timestamp()`,
    [ref.applicationId, ref.step, ref.round, vendor, error],
  );
}

function keyOf(ref: StepRef): string {
  return stepKey(ref.applicationId, ref.step, ref.round);
}
