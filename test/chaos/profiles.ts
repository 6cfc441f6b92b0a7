// Sets of limits for the hand-off under fire: those of production, and quicker ones with the same proportions for runs of a minute.

import { databaseLimits, deliveryLimits, vendorLimits } from '../../config/limits.ts';
import type { DeliveryLimits } from '../../config/limits.ts';

export interface Profile {
  delivery: DeliveryLimits;
  coreTimeoutMs: number;
  queryTimeoutMs: number;
  relayIdleInTransactionMs: number;
  /** By when everything must be quiet after the last fault is healed. */
  quietWithinMs: number;
  /** The same when confirmed messages were lost and the sweeper has to bring them back. */
  quietAfterLossMs: number;
}

export const production: Profile = {
  delivery: { ...deliveryLimits },
  coreTimeoutMs: vendorLimits.way4TimeoutMs,
  queryTimeoutMs: databaseLimits.queryTimeoutMs,
  relayIdleInTransactionMs: databaseLimits.idleInTransactionTimeoutMs,
  // Three heartbeats, the second retry delay, and half a minute.
  quietWithinMs: 90_000,
  quietAfterLossMs: 90_000 + deliveryLimits.sweepAfterMs + 2 * deliveryLimits.sweepEveryMs,
};

export const quick: Profile = {
  delivery: {
    ...deliveryLimits,
    heartbeatSeconds: 2,
    confirmTimeoutMs: 6_000,
    claimLeaseMs: 5_000,
    retryDelaysMs: [500, 2_000, 5_000],
    sweepAfterMs: 25_000,
    sweepAfterEmptyMs: 8_000,
    sweepEveryMs: 2_000,
    relayRetryMs: 500,
    noticeRetryMs: 500,
    noticeTimeoutMs: 2_000,
    poolIdleInTransactionMs: 3_000,
    reconnectMaxMs: 1_000,
    silentQueueMs: 6_000,
  },
  coreTimeoutMs: 1_000,
  queryTimeoutMs: 3_000,
  relayIdleInTransactionMs: 3_000,
  quietWithinMs: 30_000,
  quietAfterLossMs: 60_000,
};

/** As quick, with a lease in which a request may be late for longer than a slow machine takes to try again: for a bug that does not wait for its end. */
export const longLease: Profile = { ...quick, delivery: { ...quick.delivery, claimLeaseMs: 15_000 } };

/** As quick, but nobody publishes again what was lost: for bugs that lose what the sweeper would bring back before anyone looks. */
export const unswept: Profile = {
  ...quick,
  delivery: { ...quick.delivery, sweepAfterMs: 600_000, sweepAfterEmptyMs: 600_000 },
};
