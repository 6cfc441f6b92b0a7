// One run of an application: what it knows, what it waits for, and how it comes to its end. Every handler is set here, before the
// first await, so that no message can arrive to nobody.

import {
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ReasonCode } from '../domain/reasons.ts';
import type { IdentitySubmission, Settlement } from '../domain/application.ts';
import type { ApplicationStatus, Step, TerminalStatus } from '../domain/states.ts';
import { createCaller } from './activity-plans.ts';
import { createDeadlines } from './deadline.ts';
import type { ApplicationInput, ApplicationResult, ApplicationView, Cancellation, OtpSent, ReviewAnswer } from './messages.ts';
import { status as statusQuery } from './messages.ts';
import { searchAttributes } from './search-attributes.ts';
import { createSteps } from './step.ts';
import { createUndo } from './undo.ts';

/** How an application ends. */
export interface End {
  status: TerminalStatus;
  reasons: ReasonCode[];
  transactionId?: string;
}

/** Leaves the story early: a decline, an expiry. Not a failure; it is caught where the run comes to its end. */
export class EarlyEnd extends Error {
  override readonly name = 'EarlyEnd';
  readonly end: End;
  constructor(end: End) {
    super(`ends as ${end.status}`);
    this.end = end;
  }
}

/** What has come in and was not used yet. Handlers write, stages take. */
interface Inbox {
  basicInfo: boolean;
  identity: IdentitySubmission | null;
  offerHash: string | null;
  signature: { documentSha256: string; consentId: string } | null;
  review: ReviewAnswer | null;
  reportsReady: Set<string>;
  settlement: Settlement | null;
}

/** What the stages have found out and validators ask for. */
interface Facts {
  offer: { hash: string; expiresAt: string } | null;
  documentSha256: string | null;
  reviews: number;
  reviewTask: { taskId: string; allowed: readonly ReviewAnswer['answer'][] } | null;
  otp: { approved: boolean; challenges: number; guesses: number; sent: OtpSent | null; resend: boolean; spent: boolean; verified: boolean };
  canceled: Cancellation | null;
  pastReturn: boolean;
}

export type Run = ReturnType<typeof openRun>;

/** Opens the run: state, handlers, and the tools of the stages. Call it before the first await. */
export function openRun(input: ApplicationInput) {
  const call = createCaller(input.policy);
  const steps = createSteps(input.applicationId, call);
  const undo = createUndo();
  const deadlines = createDeadlines();
  const story = new CancellationScope();
  const inbox: Inbox = {
    basicInfo: false,
    identity: null,
    offerHash: null,
    signature: null,
    review: null,
    reportsReady: new Set(),
    settlement: null,
  };
  const facts: Facts = {
    offer: null,
    documentSha256: null,
    reviews: 0,
    reviewTask: null,
    otp: { approved: false, challenges: 0, guesses: 0, sent: null, resend: false, spent: false, verified: false },
    canceled: null,
    pastReturn: false,
  };
  const place: Omit<ApplicationView, 'attention'> = { status: 'created', step: 'basicInfo', awaits: 'customer', deadlineAt: null };
  let shownStatus: ApplicationStatus = 'created';

  const view = (): ApplicationView => ({ ...place, awaits: steps.attention() ? 'staff' : place.awaits, attention: steps.attention() });

  /** Moves to a place in the life of the application. */
  const enter = (status: ApplicationStatus, step: Step, awaits: ApplicationView['awaits'] = 'system'): void => {
    Object.assign(place, { status, step, awaits, deadlineAt: null });
  };

  // Statuses that are only passed through are not worth an event: the search attribute follows when the run really waits.
  const show = (): void => {
    setCurrentDetails(`**${place.step}**: waits for ${view().awaits}${place.deadlineAt ? ` until ${place.deadlineAt}` : ''}`);
    if (shownStatus === place.status) return;
    shownStatus = place.status;
    upsertSearchAttributes([{ key: searchAttributes.status, value: place.status }]);
  };

  /** Waits until the condition holds, or ends the application as expired for this reason when the time has come. */
  const waitFor = async (isTrue: () => boolean, atMs: number, expired: ReasonCode): Promise<void> => {
    place.deadlineAt = new Date(atMs).toISOString();
    show();
    if (!(await deadlines.holdsBefore(isTrue, atMs))) throw new EarlyEnd({ status: 'expired', reasons: [expired] });
  };

  /** Waits in vain at most until that time; false when nothing came. Ends nothing. */
  const waitUntil = async (isTrue: () => boolean, atMs: number): Promise<boolean> => {
    show();
    return deadlines.holdsBefore(isTrue, atMs);
  };

  const endOf = (error: unknown): End => {
    if (error instanceof EarlyEnd) return error.end;
    if (!isCancellation(error)) throw error;
    const by = facts.canceled?.by ?? 'operations';
    const reasons = { customer: 'CANCELED_BY_CUSTOMER', merchant: 'CANCELED_BY_MERCHANT', operations: 'CANCELED_BY_STAFF' } as const;
    return { status: 'canceled', reasons: [reasons[by]] };
  };

  /** Lives the story and brings the run to its end: undoes what must not stay, records how it ended, lets every handler finish. */
  const toTheEnd = async (live: () => Promise<End>): Promise<ApplicationResult> => {
    const end = await story.run(live).catch(endOf);
    return CancellationScope.nonCancellable(async () => {
      enter(place.status, place.step);
      if (end.status !== 'completed') await undo.run();
      await steps.step('finish', 1, {
        status: end.status,
        reasons: end.reasons,
        ...(end.status === 'canceled'
          ? { canceledBy: facts.canceled?.by ?? 'operations', actor: facts.canceled?.actor ?? 'system:temporal' }
          : {}),
      });
      enter(end.status, 'end', 'nobody');
      show();
      await condition(allHandlersFinished);
      return { applicationId: input.applicationId, ...end };
    });
  };

  setHandler(statusQuery, view);

  return {
    input,
    policy: input.policy,
    inbox,
    facts,
    view,
    call,
    step: steps.step,
    canRetry: steps.canRetry,
    retry: steps.retry,
    undo,
    enter,
    waitFor,
    waitUntil,
    toTheEnd,
    /** Ends the story as canceled. The undo runs where the run comes to its end. */
    cancel: () => story.cancel(),
    /** Refuses a command that does not fit, with the status for the caller. */
    refuse: (type: string, message: string): never => {
      throw ApplicationFailure.create({ type, message, nonRetryable: true, details: [{ currentStatus: place.status }] });
    },
  };
}
