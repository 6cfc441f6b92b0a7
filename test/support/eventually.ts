// Waiting for a condition with a deadline: what tests do instead of sleeping.

import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 20; // Short against everything that is waited for, long against the cost of looking.

/** Returns the first value that `look` returns without throwing and that is neither false, null nor undefined.
 *  Throws the last error, or says what it waited for, when the time is up. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  withinMs = 60_000,
): Promise<T> {
  const until = Date.now() + withinMs;
  let lastError: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== false && found !== null && found !== undefined) return found;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= until) throw new Error(`waited ${withinMs} ms in vain until ${what}`, { cause: lastError });
    await pause(pollMs);
  }
}
