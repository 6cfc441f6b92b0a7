// Tells Temporal that the worker at a step lives, so that a step of a dead one goes to another within seconds. It does not say that the step
// gets on: the longest single try (workflows/activity-plans.ts) bounds that.

import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { temporalLimits } from '../config/limits.ts';

/** An activity interceptor. Activities that nobody expects to hear of stay silent. */
export const heartbeats: ActivityInterceptorsFactory = (activity) => ({
  inbound: {
    async execute(input, next) {
      if (activity.info.heartbeatTimeoutMs === undefined) return next(input);
      const beating = setInterval(() => activity.heartbeat(), temporalLimits.heartbeatMs);
      try {
        return await next(input);
      } finally {
        clearInterval(beating);
      }
    },
  },
});
