// The bank's card core as everybody calls it.

import { createCardCore } from '../adapters/way4/client.ts';
import type { Env } from '../config/env.ts';
import { vendorLimits } from '../config/limits.ts';

/** The WAY4 that the environment names, within the limits of a vendor's call. */
export function openCardCore({ WAY4_URL: baseUrl }: Pick<Env<'applications'>, 'WAY4_URL'>): ReturnType<typeof createCardCore> {
  const { way4TimeoutMs: timeoutMs, connectTimeoutMs, answerMaxBytes } = vendorLimits;
  return createCardCore({ baseUrl, timeoutMs, connectTimeoutMs, answerMaxBytes });
}
