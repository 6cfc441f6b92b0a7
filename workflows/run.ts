// One run of an application: its state, the tools of its stages, and how it comes to its end.

import {
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { StaffRequest } from '../domain/application.ts';
import { createCaller } from './activity-plans.ts';
import { createClock } from './deadline.ts';
import { EarlyEnd } from './end.ts';
import type { End } from './end.ts';
import { status as statusQuery } from './messages.ts';
import type { ApplicationInput, ApplicationResult, Cancellation } from './messages.ts';
import { createPlace, emptyInbox, noFacts } from './state.ts';
import { createSteps } from './step.ts';
import { createUndo } from './undo.ts';
import { createWaits } from './waits.ts';

export type Run = ReturnType<typeof openRun>;

/** Opens the run: state and tools of the stages. Call it before the first await, and set all handlers right after. */
export function openRun(input: ApplicationInput) {
  const call = createCaller(input.policy);
  const facts = noFacts();
  const clock = createClock();
  const steps = createSteps(input.applicationId, input.policy, clock, () => facts.asks);
  const place = createPlace(steps);
  const undo = createUndo();
  const inbox = emptyInbox();
  const story = new CancellationScope();
  setHandler(statusQuery, place.view);

  const isFull = (): boolean => workflowInfo().historyLength > (input.policy.maxEvents ?? Number.POSITIVE_INFINITY);
  const refuse = (type: string, message: string, more: { resendsLeft?: number } = {}): never => {
    throw ApplicationFailure.create({ type, message, nonRetryable: true, details: [{ currentStatus: place.view().status, ...more }] });
  };

  return {
    input,
    policy: input.policy,
    inbox,
    facts,
    undo,
    call,
    ...steps,
    ...place,
    ...createWaits({ policy: input.policy, inbox, facts, place, steps, clock }),

    /** True once nothing is left but to undo and to record the end. */
    isEnding: () => facts.over || facts.canceled !== null,

    /** Ends the story as canceled. The undo runs where the run comes to its end. */
    cancel: () => story.cancel(),

    /** Refuses a command that does not fit, with the status for the caller. */
    refuse,

    /** True once the history is so long that it is kept for staff. */
    isFull,

    /** Refuses what a customer sends then. */
    refuseWhenFull: () => isFull() && refuse('TRIES_SPENT', 'the history is full'),

    /** Lives the story and brings the run to its end: undoes what must not stay, records how it ended, lets every handler finish. */
    async toTheEnd(live: () => Promise<End>): Promise<ApplicationResult> {
      const end = await story.run(live).catch((error: unknown) => endOf(error, facts.canceled));
      facts.over = true;
      return CancellationScope.nonCancellable(async () => {
        place.enter(place.view().status, place.view().step);
        if (end.status !== 'completed') await undo.run();
        await steps.step('finish', 1, {
          status: end.status,
          reasons: end.reasons,
          ...(end.status === 'canceled' && canceler(facts.canceled)),
        });
        place.enter(end.status, 'end', 'nobody');
        place.show();
        await condition(allHandlersFinished);
        return { applicationId: input.applicationId, ...end };
      });
    },
  };
}

function endOf(error: unknown, canceled: Cancellation | null): End {
  if (error instanceof EarlyEnd) return error.end;
  if (!isCancellation(error)) throw error;
  const reasons = { customer: 'CANCELED_BY_CUSTOMER', merchant: 'CANCELED_BY_MERCHANT', operations: 'CANCELED_BY_STAFF' } as const;
  return { status: 'canceled', reasons: [reasons[canceler(canceled).canceledBy]] };
}

/** A run that is cancelled in Temporal itself counts as canceled by operations. */
function canceler(canceled: Cancellation | null): { canceledBy: Cancellation['by'] } & Partial<StaffRequest> {
  const { by, ...who } = canceled ?? { by: 'operations', actor: 'system:temporal' };
  return { canceledBy: by, ...who };
}
