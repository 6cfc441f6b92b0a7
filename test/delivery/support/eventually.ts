// Waits for a condition with a deadline: what tests do instead of sleeping.

import { setTimeout as pause } from 'node:timers/promises';

/** Calls the check until it stops throwing; after `withinMs` its last error is thrown. Returns what the check returns. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(25);
    }
  }
}
