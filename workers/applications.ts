// The Temporal worker: runs the workflows and quick steps of applications, and the vendor steps, each vendor on a task queue of its own
// with slots of its own. Start it as often as you like; Temporal shares the work out.

import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { LogEntry, WorkerOptions, WorkflowBundleOption } from '@temporalio/worker';
import { createDataConverter } from '../adapters/temporal/data-converter.ts';
import { readEnv } from '../config/env.ts';
import { scheduleReconciliation } from '../adapters/temporal/schedules.ts';
import { reconciliationLimits, temporalLimits } from '../config/limits.ts';
import { openDatabase } from '../db/pool.ts';
import { taskQueues } from '../workflows/messages.ts';
import { drainOnSignal } from './drain.ts';
import { startHealth } from './health.ts';
import { createLog, faultFields } from './log.ts';
import type { Log } from './log.ts';
import { wireReconciliation } from './compare-books.ts';
import { wireActivities } from './wiring.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** Vendor steps that one process runs at once. */
const slots = temporalLimits.vendorSlots;

async function main(): Promise<void> {
  const env = readEnv('applications');
  const log = createLog({ process: 'applications', level: env.LOG_LEVEL });
  Runtime.install({ logger: new DefaultLogger('WARN', (entry) => tell(log, entry)), shutdownSignals: [] });
  const database = openDatabase({
    url: env.DATABASE_URL,
    applicationName: 'trasau-applications',
    onError: (error) => log.warn('database connection lost', faultFields(error)),
  });
  let workers: Worker[] = [];
  const health = await startHealth({
    port: env.HEALTH_PORT,
    checks: {
      temporal: () => workers.length > 0 && workers.every((worker) => worker.getState() === 'RUNNING'),
      database: async () => (await database.query('select 1')).rowCount === 1,
    },
  });
  const connection = await connect(env.TEMPORAL_ADDRESS, log);
  workers = await createWorkers(
    {
      connection,
      namespace: env.TEMPORAL_NAMESPACE,
      activities: { ...wireActivities(env, database, log), ...wireReconciliation(env, database) },
      dataConverter: createDataConverter({ keys: env.PAYLOAD_KEYS, onRefused: (code) => log.error('payload refused', { code }) }),
    },
    await workflowBundle(env.WORKFLOW_BUNDLE),
  );
  const running = Promise.all(workers.map(async (worker) => worker.run()));
  drainOnSignal({
    log,
    deadlineMs: temporalLimits.shutdownForceMs,
    drain: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
      await database.close();
      await health.close();
    },
  });
  log.info('ready', { port: health.port });
  await scheduleReconciliation(new Client({ connection, namespace: env.TEMPORAL_NAMESPACE }), reconciliationLimits).catch(
    (error: unknown) => log.error('the reconciliation is not scheduled', faultFields(error)),
  );
  await running;
}

type Shared = Pick<WorkerOptions, 'connection' | 'namespace' | 'activities' | 'dataConverter'>;

async function createWorkers(shared: Shared, bundle: WorkflowBundleOption): Promise<Worker[]> {
  const options = { ...shared, shutdownGraceTime: temporalLimits.shutdownGraceMs, shutdownForceTime: temporalLimits.shutdownForceMs };
  const applications = Worker.create({
    ...options,
    taskQueue: taskQueues.applications,
    workflowBundle: bundle,
    maxCachedWorkflows: temporalLimits.maxCachedWorkflows,
    stickyQueueScheduleToStartTimeout: temporalLimits.stickyTimeoutMs,
  });
  const vendors = ([taskQueues.identity, taskQueues.bureau, taskQueues.cardCore] as const).map(async (taskQueue) =>
    Worker.create({ ...options, taskQueue, maxConcurrentActivityTaskExecutions: slots[taskQueue] }),
  );
  return Promise.all([applications, ...vendors]);
}

/** Temporal may come up after this process: tries until it is there. */
async function connect(address: string, log: Log): Promise<NativeConnection> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await NativeConnection.connect({ address });
    } catch (error) {
      log.warn('Temporal cannot be reached', { attempt, ...faultFields(error) });
      await new Promise((resolve) => setTimeout(resolve, temporalLimits.connectRetryMs));
    }
  }
}

// The SDK's own lines carry failures with messages and stacks in their metadata; only what is certain to be harmless goes on.
function tell(log: Log, { level, message, meta }: LogEntry): void {
  // The workers of vendor queues run activities alone, and that is meant.
  if (message.startsWith('No workflows registered')) return;
  const fields = {
    taskQueue: text(meta?.['taskQueue']),
    workflowId: text(meta?.['workflowId']),
    step: text(meta?.['activityType']),
    ...faultFields(meta?.['error']),
  };
  if (level === 'ERROR') log.error(message, fields);
  else log.warn(message, fields);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

await main();
