// Waits until an assertion holds.

import { eventually } from '../../support/eventually.ts';

/** Calls the check until it stops throwing, and returns what it returns; fails with its last error when the time is up. */
export async function soon<T>(check: () => T | Promise<T>, withinMs = 60_000): Promise<T> {
  const passed = await eventually('the assertion holds', async () => ({ value: await check() }), withinMs);
  return passed.value;
}
