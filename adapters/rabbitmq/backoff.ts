// How long to wait before the next try: exponential with full jitter, so that a hundred pods that lost the same broker do not come
// back in the same millisecond.

export interface BackoffLimits {
  baseMs: number;
  maxMs: number;
}

/** A wait in milliseconds for the n-th failure in a row (0 is the first), between 0 and `maxMs`. `random` gives 0 ≤ x < 1. */
export function backoffMs(failures: number, limits: BackoffLimits, random: () => number): number {
  const ceiling = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(failures, 30));
  return Math.round(random() * ceiling);
}

/** Counts failures in a row. What held longer than `maxMs` before it failed was good: the next failure is the first of its kind. */
export function createBackoff(limits: BackoffLimits, random: () => number): (heldMs: number) => number {
  let failures = 0;
  return (heldMs) => {
    failures = heldMs > limits.maxMs ? 0 : failures + 1;
    return backoffMs(failures, limits, random);
  };
}
