// Waiting for people and vendors. A wait for a person has a deadline that ends the application, and that staff may move while it is open.

import { workflowInfo } from '@temporalio/workflow';
import type { ReasonCode } from '../domain/reasons.ts';
import { createDeadlines } from './deadline.ts';
import type { Clock, Until } from './deadline.ts';
import type { ApplicationPolicy } from './messages.ts';
import { EarlyEnd } from './end.ts';
import type { Extension, Facts, Inbox, Place } from './state.ts';
import type { Steps } from './step.ts';

interface WaitDeps {
  policy: ApplicationPolicy;
  inbox: Inbox;
  facts: Facts;
  place: Place;
  steps: Steps;
  clock: Clock;
}

export function createWaits({ policy, inbox, facts, place, steps, clock }: WaitDeps) {
  const deadlines = createDeadlines();
  const movable = (ms: number, sinceMs = Date.now()): Until => clock.until(sinceMs + ms, sinceMs + ms + (policy.extensionMaxMs ?? 0));
  // A run sleeps until its first command (adapters/temporal/commands.ts): that command already finds the wait that began with the start.
  const firstUntil = movable(policy.basicInfoMs, workflowInfo().startTime.getTime());
  let openUntil: Until | null = firstUntil;

  async function extend(until: Until, extension: Extension): Promise<void> {
    facts.extensions += 1;
    const given = clock.until(Date.parse(extension.deadlineAt));
    await steps.step('extendDeadline', facts.extensions, () => ({ ...extension, deadlineAt: given.deadlineAt }));
    until.moveTo(given.atMs);
    inbox.extension = null;
  }

  return {
    /** The deadline of a wait that lasts this long. Staff may move it as far as the policy of this application allows. */
    movable: (ms: number): Until => movable(ms),

    /** The deadline that the customer was shown: nobody moves it. */
    fixedAt: (atMs: number): Until => clock.until(atMs),

    /** The deadline of the first wait, which counts from the merchant's call. */
    firstUntil,

    /** The deadline of the wait that is on, or null while the run does something itself. */
    openUntil: () => openUntil,

    /** Waits until the condition holds, or ends the application as expired for this reason when the time has come. */
    async waitFor(isTrue: () => boolean, until: Until, expired: ReasonCode): Promise<void> {
      openUntil = until;
      try {
        for (;;) {
          place.show(until.deadlineAt);
          const holds = await deadlines.holdsBefore(() => isTrue() || inbox.extension !== null, until.atMs);
          if (!holds) throw new EarlyEnd({ status: 'expired', reasons: [expired] });
          if (isTrue() || !inbox.extension) return;
          await extend(until, inbox.extension);
        }
      } finally {
        openUntil = null;
        inbox.extension = null; // one that came too late for this wait is not meant for the next
      }
    },

    /** Waits at most until that time for a vendor; false when nothing came. Ends nothing. Only a wait in vain is a rest: what comes as fast as it
     *  should is not told to those who search. */
    async waitUntil(isTrue: () => boolean, atMs: number): Promise<boolean> {
      place.describe();
      const came = await deadlines.holdsBefore(isTrue, atMs);
      if (!came) place.show();
      return came;
    },
  };
}
