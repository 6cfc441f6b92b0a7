// What makes up for a worker that died in the middle of a step: those that live tell so while they work, and whoever is given the step anew
// takes the whole application over. A beat does not say that the step gets on: the longest single try (workflows/activity-plans.ts) bounds that.

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

/** An activity interceptor. The worker that had a step before may be gone, and with it the one that has the application in memory, for which
 *  Temporal would wait (stickyTimeoutMs). It is told before the step's end, so that another goes on at once; where nobody had died, it reads the
 *  history once more. */
export const takeOver: ActivityInterceptorsFactory = (activity) => ({
  inbound: {
    async execute(input, next) {
      const { attempt, workflowExecution: execution } = activity.info;
      if (attempt === 1 || !execution) return next(input);
      const { client } = activity;
      const reset = async () => client.workflowService.resetStickyTaskQueue({ namespace: client.options.namespace, execution });
      const told = client.withDeadline(Date.now() + temporalLimits.stickyTimeoutMs, reset).catch(() => undefined); // then it waits
      try {
        return await next(input);
      } finally {
        await told;
      }
    },
  },
});
