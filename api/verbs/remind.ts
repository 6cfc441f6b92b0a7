// Until the workflow task that takes a command is over, Temporal has the command in memory alone, while the quick steps of that task are recorded
// already. Where Temporal loses it in between and nobody sends it again, the row is a step ahead of its run. What the run forgot is then sent once
// more, made again from what its step recorded; the step finds its outcome and does nothing twice.

import { CommandRefused } from '../../adapters/temporal/command-errors.ts';
import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import { latestSignature } from '../../db/agreements.ts';
import type { ApplicationRow } from '../../db/applications.ts';
import { latestOffer } from '../../db/offers.ts';
import { latestChallenge } from '../../db/otp.ts';
import { lastAnswer, lastAsked } from '../../db/reviews.ts';
import type { ApplicationStatus } from '../../domain/states.ts';
import type { ApiDeps } from '../environment.ts';

type Deps = Pick<ApiDeps, 'database' | 'commands'>;

const reviewAnswers = ['approve', 'decline', 'askAgain'] as const;

type Send = (commandId: string) => Promise<unknown>;

type Sends = (deps: Deps, row: ApplicationRow, ref: ApplicationRef) => Promise<(Send | null)[]>;

/** Staff asked the customer again, and the customer stands where they can answer. */
async function askedAgain({ database, commands }: Deps, row: ApplicationRow, ref: ApplicationRef): Promise<Send | null> {
  const asked = row.status === 'in_progress' ? await lastAsked(database, row.id) : null;
  return asked?.step === row.step ? async (id) => commands.requestResubmission(ref, id, asked) : null;
}

/** By where the run stands: the commands that may have taken the row on from there, as far as they are recorded. Of an OTP there is none: the
 *  outcome of the purchase tells the run that it was right (workflows/handlers.ts). */
const forgotten: Partial<Record<ApplicationStatus, Sends>> = {
  async created({ commands }, { customer_id: customerId }, ref) {
    return [async (id) => commands.submitBasicInfo(ref, id, { customerId })];
  },
  async in_review(deps, row, ref) {
    const given = await lastAnswer(deps.database, row.id);
    const answer = reviewAnswers.find((each) => each === given?.answer);
    const answered = given && answer ? async (id: string) => deps.commands.decideReview(ref, id, { ...given, answer }) : null;
    return [answered, await askedAgain(deps, row, ref)];
  },
  async offer_ready(deps, row, ref) {
    const offer = await latestOffer(deps.database, row.id);
    const accepted = offer?.accepted_at ? async (id: string) => deps.commands.acceptOffer(ref, id, { offerHash: offer.hash }) : null;
    return [accepted, await askedAgain(deps, row, ref)];
  },
  async awaiting_signature({ database, commands }, row, ref) {
    const signature = await latestSignature(database, row.id);
    return [signature && (async (id) => commands.signContract(ref, id, signature))];
  },
  async awaiting_approval({ database, commands }, row, ref) {
    const isSent = (await latestChallenge(database, row.id)) !== null;
    return [isSent ? async (id) => commands.approveTransaction(ref, id, { amountVnd: row.amount_vnd }) : null];
  },
};

/** Sends the command again that took the row on from where its run stands. Says whether the run took it, `knew` of it after all, or nothing like it
 *  is recorded. Throws CommandUnavailable. */
export async function remind(
  deps: Deps,
  row: ApplicationRow,
  ref: ApplicationRef,
  stands: ApplicationStatus,
): Promise<'reminded' | 'knew' | 'nothing'> {
  let recalled: 'knew' | 'nothing' = 'nothing';
  for (const send of (await forgotten[stands]?.(deps, row, ref)) ?? []) {
    if (!send) continue;
    try {
      await send(`again:${row.version}`);
      return 'reminded';
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      recalled = 'knew';
    }
  }
  return recalled;
}
