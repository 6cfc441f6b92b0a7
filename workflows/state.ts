// What a run knows: what has come in and was not used yet, what the stages found out, and where the application stands.

import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { BasicInfoSubmission, IdentitySubmission, Resubmission, Settlement, StaffRequest } from '../domain/application.ts';
import type { ApplicationStatus, Step } from '../domain/states.ts';
import type { ApplicationView, Cancellation, OtpSent, ReviewAnswer } from './messages.ts';
import { searchAttributes } from './search-attributes.ts';
import type { Steps } from './step.ts';

/** A later deadline for the wait that is on. */
export type Extension = { deadlineAt: string } & StaffRequest;

/** What has come in and was not used yet. Handlers write, stages take. */
export interface Inbox {
  basicInfo: BasicInfoSubmission | null;
  identity: IdentitySubmission | null;
  offerHash: string | null;
  signature: { documentSha256: string; consentId: string } | null;
  review: ReviewAnswer | null;
  resubmission: (Resubmission & StaffRequest) | null;
  extension: Extension | null;
  /** Drops what the run is doing and goes back to ask the customer again; null once the offer is accepted. */
  goBack: (() => void) | null;
  reportsReady: Set<string>;
  settlement: Settlement | null;
}

/** What the stages have found out and validators ask for. */
export interface Facts {
  offer: { hash: string; expiresAt: string } | null;
  documentSha256: string | null;
  reviews: number;
  /** How often a stage has begun; the number is the round of its steps. */
  rounds: { basicInfo: number; identity: number; decision: number };
  /** How often staff asked the customer again, and moved a deadline. */
  asks: number;
  extensions: number;
  reviewTask: { taskId: string; step: 'identity' | 'decision'; allowed: readonly string[] } | null;
  otp: {
    approved: boolean;
    challenges: number;
    guesses: number;
    /** Since the present code was sent, and those of all that the bank is looking at. */
    guessesAtCode: number;
    checking: number;
    /** Why the present code is worthless. */
    dead: 'locked' | 'expired' | null;
    sent: OtpSent | null;
    resend: StaffRequest | 'customer' | null;
    resendAtMs: number;
    spent: boolean;
    verified: boolean;
  };
  canceled: Cancellation | null;
  pastReturn: boolean;
  /** The story is over: what is left is to undo and to record the end. */
  over: boolean;
}

export function emptyInbox(): Inbox {
  return {
    basicInfo: null,
    identity: null,
    offerHash: null,
    signature: null,
    review: null,
    resubmission: null,
    extension: null,
    goBack: null,
    reportsReady: new Set(),
    settlement: null,
  };
}

export function noFacts(): Facts {
  return {
    offer: null,
    documentSha256: null,
    reviews: 0,
    rounds: { basicInfo: 0, identity: 0, decision: 0 },
    asks: 0,
    extensions: 0,
    reviewTask: null,
    otp: {
      approved: false,
      challenges: 0,
      guesses: 0,
      guessesAtCode: 0,
      checking: 0,
      dead: null,
      sent: null,
      resend: null,
      resendAtMs: 0,
      spent: false,
      verified: false,
    },
    canceled: null,
    pastReturn: false,
    over: false,
  };
}

export type Place = ReturnType<typeof createPlace>;

/** Where the application stands, and how that shows in Temporal. */
export function createPlace(steps: Steps) {
  const place: Omit<ApplicationView, 'attention'> = { status: 'created', step: 'basicInfo', awaits: 'customer', deadlineAt: null };
  let shown: ApplicationStatus = 'created';
  const view = (): ApplicationView => {
    const attention = steps.attention();
    return { ...place, ...(attention && { awaits: 'staff', deadlineAt: null }), attention };
  };
  const describe = (deadlineAt: string | null = null): void => {
    place.deadlineAt = deadlineAt;
    setCurrentDetails(`**${place.step}**: waits for ${view().awaits}${deadlineAt ? ` until ${deadlineAt}` : ''}`);
  };
  return {
    view,
    /** Moves to a place in the life of the application. */
    enter(status: ApplicationStatus, step: Step, awaits: ApplicationView['awaits'] = 'system'): void {
      Object.assign(place, { status, step, awaits, deadlineAt: null });
    },
    /** Describes the place to engineers who look at this run. It leaves no event. */
    describe,
    /** The same, and to those who search by status. Called where the run really rests: a status that is passed through is not worth an event. */
    show(deadlineAt: string | null = null): void {
      describe(deadlineAt);
      if (shown === place.status) return;
      shown = place.status;
      upsertSearchAttributes([{ key: searchAttributes.status, value: place.status }]);
    },
  };
}
