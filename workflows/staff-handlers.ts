// The commands of staff. As with those of the customer, one that does not fit is refused without a trace in the history. Who may send which
// is settled before (api), why they do stands in the audit log.

import { condition, setHandler } from '@temporalio/workflow';
import { canCancel } from '../domain/states.ts';
import type { Step } from '../domain/states.ts';
import * as messages from './messages.ts';
import type { Run } from './run.ts';

/** Sets the handlers of staff, and the cancel that merchant and customer have too. Call it before the first await. */
export function setStaffHandlers(run: Run): void {
  setEndAndRetry(run);
  setReview(run);
  setAskAgain(run);
  setExtension(run);
}

function setEndAndRetry(run: Run): void {
  const { facts, view } = run;
  setHandler(
    messages.retryStep,
    ({ actor, requestId }) => {
      run.retry({ actor, requestId });
      return view();
    },
    {
      validator: ({ backsOff = false }) => {
        if (!run.canRetry(backsOff)) run.refuse('NOTHING_TO_RETRY', 'no step waits or backs off, or it was tried again just now');
      },
      description: 'Staff try the waiting step again',
    },
  );

  setHandler(
    messages.cancel,
    (cancellation) => {
      facts.canceled = cancellation;
      run.cancel();
      return view();
    },
    {
      validator: ({ by, approvedBy }) => {
        if (facts.pastReturn) run.refuse('POINT_OF_NO_RETURN', 'the purchase is on its way to the bank');
        if (run.isEnding() || !canCancel(view().status)) run.refuse('WRONG_STATE', 'the application has ended or is ending');
        if (by === 'operations' && approvedBy === undefined && !run.undo.isEmpty())
          run.refuse('SECOND_PERSON_NEEDED', 'the bank may know the customer: two people cancel');
      },
      description: 'Ends the application and undoes what was done',
    },
  );
}

function setReview(run: Run): void {
  const { inbox, facts, view } = run;
  setHandler(
    messages.decideReview,
    (answer) => {
      inbox.review = answer;
      return view();
    },
    {
      validator: ({ taskId, answer, limitVnd }) => {
        const task = facts.reviewTask;
        if (!task || task.taskId !== taskId || inbox.review || inbox.resubmission || run.isEnding())
          run.refuse('WRONG_STATE', 'this review task is not open');
        else if (!task.allowed.includes(answer)) run.refuse('ANSWER_NOT_ALLOWED', 'this task does not allow this answer');
        if (answer === 'askAgain' && asksSpent(run)) run.refuse('ASKS_SPENT', 'the customer was asked again as often as the policy allows');
        if (limitVnd !== undefined && (task?.step !== 'decision' || answer !== 'approve' || limitVnd < run.input.amountVnd))
          run.refuse('LIMIT_NOT_ALLOWED', 'a limit goes with the approval of a decision and covers the order');
      },
      description: 'A reviewer answers the open question',
    },
  );
}

/** Where the customer can still be asked again: afterwards the bank knows them by what they gave. */
const repeatable: readonly Step[] = ['identity', 'creditReport', 'decision', 'offer'];

function setAskAgain(run: Run): void {
  const { inbox, view } = run;
  setHandler(
    messages.requestResubmission,
    async (asked) => {
      inbox.resubmission = asked;
      inbox.goBack?.();
      await condition(() => inbox.resubmission !== asked || run.facts.over);
      return run.facts.over ? run.refuse('WRONG_STATE', 'the application ended meanwhile') : view();
    },
    {
      validator: ({ step }) => {
        const isAsked = view().step === step && view().awaits === 'customer';
        const taken = inbox.resubmission ?? inbox.offerHash ?? inbox.review;
        if (run.isEnding() || taken || !inbox.goBack || isAsked || !repeatable.includes(view().step))
          run.refuse('WRONG_STATE', 'the customer cannot be asked for this now');
        if (asksSpent(run)) run.refuse('ASKS_SPENT', 'the customer was asked again as often as the policy allows');
      },
      description: 'Staff ask the customer for their data or photos again',
    },
  );
}

function setExtension(run: Run): void {
  const { inbox, view } = run;
  setHandler(
    messages.extendDeadline,
    async (extension) => {
      const until = run.openUntil();
      inbox.extension = extension;
      await condition(() => inbox.extension !== extension);
      return until && run.openUntil() === until && until.atMs >= Date.parse(extension.deadlineAt)
        ? view()
        : run.refuse('WRONG_STATE', 'the wait was over before it was extended');
    },
    {
      validator: ({ deadlineAt }) => {
        const until = run.openUntil();
        if (run.isEnding() || !until || inbox.extension) run.refuse('WRONG_STATE', 'nothing waits that could be extended');
        else if (until.latestMs <= until.atMs) run.refuse('DEADLINE_FIXED', 'this deadline cannot be moved further');
        const atMs = Date.parse(deadlineAt);
        if (!(until && atMs > until.atMs && atMs <= until.latestMs))
          run.refuse('DEADLINE_NOT_ALLOWED', 'the new deadline is later than the present one, and not later than the policy allows');
      },
      description: 'Staff give the customer or the reviewer more time',
    },
  );
}

function asksSpent({ facts, policy }: Run): boolean {
  return facts.asks >= (policy.asksMax ?? Number.POSITIVE_INFINITY);
}
