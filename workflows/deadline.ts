// Deadlines without a trail of timers. One long timer is armed for the nearest deadline; when the wait it was armed for is over, it is
// left alone, and when it goes off early for a later wait, it is armed again. A life of ten waits then costs one timer, not ten.

import { CancellationScope, condition, sleep } from '@temporalio/workflow';

/** When a wait ends, in ms since 1970, and how far staff may move it. The stages that share a wait share its deadline. */
export interface Until {
  atMs: number;
  readonly latestMs: number;
}

/** A deadline that nobody moves, because the customer was shown it. */
export function fixedAt(atMs: number): Until {
  return { atMs, latestMs: atMs };
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
