// Deadlines without a trail of timers. One long timer is armed for the nearest deadline; when the wait it was armed for is over, it is
// left alone, and when it goes off early for a later wait, it is armed again. A life of ten waits then costs one timer, not ten.

import { CancellationScope, condition, patched, sleep } from '@temporalio/workflow';

/** When a wait ends, in ms since 1970, and how far staff may move it. The stages that share a wait share its deadline. */
export interface Until {
  readonly atMs: number;
  readonly latestMs: number;
  /** The same as `atMs`, for rows and steps. */
  readonly deadlineAt: string;
  /** Staff give more time. */
  moveTo(atMs: number): void;
}

/** The clock of those who are waited for. What a step that had to wait for staff or for the database took is our time: the clock stood still,
 *  and every deadline that was running is later by so much. */
export interface Clock {
  /** The clock stood still since then, in ms since 1970, until now. */
  stoodStill(sinceMs: number): void;
  /** A deadline by this clock. Without `latestMs` nobody moves it, because the customer was shown it. */
  until(atMs: number, latestMs?: number): Until;
}

export function createClock(): Clock {
  let stillMs = 0;
  return {
    stoodStill(sinceMs) {
      // A run from before this may have ended by a deadline that was not moved.
      if (patched('deadlines-stand-still')) stillMs += Date.now() - sinceMs;
    },
    until(atMs, latestMs = atMs) {
      const beforeMs = stillMs;
      const sinceThen = (): number => stillMs - beforeMs;
      let endsMs = atMs;
      return {
        get atMs() {
          return endsMs + sinceThen();
        },
        get latestMs() {
          return latestMs + sinceThen();
        },
        get deadlineAt() {
          return new Date(this.atMs).toISOString();
        },
        moveTo(laterMs) {
          endsMs = laterMs - sinceThen();
        },
      };
    },
  };
}

/** The time in so many ms, for rows and steps. */
export function later(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

export interface Deadlines {
  /** Waits until the condition holds (true) or the time, in ms since 1970, has come (false). Throws when the scope is cancelled. */
  holdsBefore(isTrue: () => boolean, atMs: number): Promise<boolean>;
}

export function createDeadlines(): Deadlines {
  // Beside the story: a cancel of it must not be paid with an event for each timer.
  const timers = new CancellationScope({ cancellable: false });
  let armedFor = Number.POSITIVE_INFINITY;
  const gone = (atMs: number): void => {
    if (armedFor === atMs) armedFor = Number.POSITIVE_INFINITY;
  };
  const arm = (atMs: number): void => {
    if (armedFor <= atMs) return;
    armedFor = atMs;
    void timers.run(() => sleep(Math.max(1, atMs - Date.now())).then(() => gone(atMs)));
  };
  return {
    async holdsBefore(isTrue, atMs) {
      while (!isTrue()) {
        if (Date.now() >= atMs) return false;
        arm(atMs);
        await condition(() => isTrue() || armedFor > atMs);
      }
      return true;
    },
  };
}
