// Asking the customer again. Until the offer is accepted nothing was opened at the bank, so the story may go back to the customer's data or
// photos: what it was doing is dropped, and whatever follows from them is done anew.

import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Resubmission, StaffRequest } from '../domain/application.ts';
import { later } from './deadline.ts';
import type { Run } from './run.ts';

/** A reviewer wants to hear from the customer again before they decide. */
export class AskedAgain extends Error {
  readonly asked: Resubmission & StaffRequest;

  constructor(asked: Resubmission & StaffRequest) {
    super('the customer is asked again');
    this.asked = asked;
  }
}

/** Runs the stages from the customer's data on, and again from where staff ask the customer again. */
export async function untilAccepted(run: Run, stages: (from: Resubmission['step']) => Promise<void>): Promise<void> {
  let from: Resubmission['step'] = 'basicInfo';
  for (;;) {
    const scope = new CancellationScope();
    run.inbox.goBack = () => scope.cancel();
    try {
      await scope.run(async () => stages(from));
      return;
    } catch (error) {
      const dropped = isCancellation(error) && !CancellationScope.current().consideredCancelled;
      const asked = error instanceof AskedAgain ? error.asked : dropped && run.inbox.resubmission;
      if (!asked) throw error;
      from = await goBack(run, asked);
    } finally {
      run.inbox.goBack = null;
    }
  }
}

async function goBack(run: Run, asked: Resubmission & StaffRequest): Promise<Resubmission['step']> {
  const { facts, inbox, policy } = run;
  const { step } = asked;
  facts.asks += 1;
  Object.assign(facts, { offer: null, reviewTask: null });
  Object.assign(inbox, { identity: null, review: null, ...(step === 'basicInfo' && { basicInfo: null }) });
  run.enter('in_progress', step);
  const waitMs = step === 'basicInfo' ? policy.basicInfoMs : policy.identityMs;
  await run.step('askAgain', facts.asks, () => ({ ...asked, deadlineAt: later(waitMs) }));
  inbox.resubmission = null;
  return step;
}
