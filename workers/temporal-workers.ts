// The workers of one process: one for the workflows and quick steps, one for each vendor's queue with slots of its own, so that a dead vendor
// cannot eat another's. Every size is fixed: a process that grows under load is the one that dies under load.

import { Worker } from '@temporalio/worker';
import type { WorkerDeploymentOptions, WorkerOptions, WorkflowBundleOption } from '@temporalio/worker';
import { temporalLimits } from '../config/limits.ts';
import { taskQueues } from '../workflows/messages.ts';
import { heartbeats, takeOver } from './heartbeat.ts';

export interface WorkersSpec extends Pick<WorkerOptions, 'connection' | 'namespace' | 'activities' | 'dataConverter'> {
  bundle: WorkflowBundleOption;
  /** Calls a second that Amazon allows for one operation. */
  rekognitionTps: number;
  /** With it, an application stays on the build on which it began; without it, every worker takes every application. */
  version?: WorkerDeploymentOptions['version'];
}

/** Calls of one kind for one submission of photos: faces are looked for in two of them, text is read in two. */
const identityCallsPerKind = 2;

/** Creates the workers; call `run()` on each. Throws when Temporal refuses them or the bundle does not load. */
export async function createWorkers({ bundle, rekognitionTps, version, ...shared }: WorkersSpec): Promise<Worker[]> {
  const { applications, ...vendors } = taskQueues;
  const options = {
    ...shared,
    shutdownGraceTime: temporalLimits.shutdownGraceMs,
    shutdownForceTime: temporalLimits.shutdownForceMs,
    interceptors: { activity: [heartbeats, takeOver] },
    maxHeartbeatThrottleInterval: temporalLimits.heartbeatMs,
    // Steps of an application belong to its build as well, so the vendors' queues carry the version too.
    ...(version && {
      workerDeploymentOptions: { version, useWorkerVersioning: true as const, defaultVersioningBehavior: 'PINNED' as const },
    }),
  };
  return Promise.all([
    Worker.create({
      ...options,
      taskQueue: applications,
      workflowBundle: bundle,
      maxCachedWorkflows: temporalLimits.maxCachedWorkflows,
      maxConcurrentWorkflowTaskExecutions: temporalLimits.workflowTaskSlots,
      maxConcurrentActivityTaskExecutions: temporalLimits.activitySlots[applications],
      maxConcurrentLocalActivityExecutions: temporalLimits.localActivitySlots,
      stickyQueueScheduleToStartTimeout: temporalLimits.stickyTimeoutMs,
    }),
    ...Object.values(vendors).map(async (taskQueue) =>
      Worker.create({
        ...options,
        taskQueue,
        maxConcurrentActivityTaskExecutions: temporalLimits.activitySlots[taskQueue],
        // Held by Temporal over all workers of the queue, so a crowd of customers waits in line instead of being throttled by Amazon.
        ...(taskQueue === taskQueues.identity && { maxTaskQueueActivitiesPerSecond: rekognitionTps / identityCallsPerKind }),
      }),
    ),
  ]);
}
