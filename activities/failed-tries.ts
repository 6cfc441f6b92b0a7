// A step that failed at its vendor is tried again, and nobody asks why it took so long until a customer does: so each failed try leaves a trace.

import { z } from 'zod';
import { VendorFailure } from '../domain/failures.ts';
import type { Store } from '../db/store.ts';
import { codesOf } from './failures.ts';

const stepRef = z.object({ applicationId: z.string(), step: z.string(), round: z.int() });

/** Counts the try where a vendor failed in a step. Other failures are not of a vendor and are in the log. Never throws: a try that is not
 *  counted is tried again all the same. */
export async function noteFailedTry(store: Store, error: unknown, args: readonly unknown[]): Promise<void> {
  const ref = stepRef.safeParse(args[0]).data;
  if (!ref || !(error instanceof VendorFailure)) return;
  const { type, code } = codesOf(error);
  await store.steps.noteFailedTry(store, ref, { vendor: error.vendor, error: `${type}:${code}` }).catch(() => undefined);
}
