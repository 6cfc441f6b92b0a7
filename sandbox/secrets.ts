// Comparing what must not be guessed.

import { timingSafeEqual } from 'node:crypto';

/** True when the two are equal; the time it takes says nothing but their length. */
export function isSameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
