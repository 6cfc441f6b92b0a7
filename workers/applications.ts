// The Temporal worker: runs the workflows and quick steps of applications, and the vendor steps, each vendor on a task queue of its own
// with slots of its own. Start it as often as you like; Temporal shares the work out.

import { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { LogEntry, MetricsExporterConfig, NativeConnection, Worker } from '@temporalio/worker';
import { openObjectStores } from '../adapters/s3/stores.ts';
import { createDataConverter } from '../adapters/temporal/data-converter.ts';
import { connectWorkers } from '../adapters/temporal/worker-connection.ts';
import { readEnv, s3Options } from '../config/env.ts';
import { scheduleLateAccounts, scheduleReconciliation, scheduleRetention } from '../adapters/temporal/schedules.ts';
import { retentionRhythm } from '../config/identity-limits.ts';
import { temporalLimits } from '../config/limits.ts';
import { lateAccountsLimits, reconciliationLimits } from '../config/reconciliation-limits.ts';
import { staffLimits } from '../config/staff-limits.ts';
import { createPostgresObjects } from '../db/objects.ts';
import { openDatabase } from '../db/pool.ts';
import type { Database } from '../db/pool.ts';
import { drainOnSignal } from './drain.ts';
import { startHealth } from './health.ts';
import { createLog, faultFields } from './log.ts';
import type { Log } from './log.ts';
import { wireReconciliation } from './compare-books.ts';
import { wireRetention } from './delete-photos.ts';
import { wireLateAccounts } from './late-accounts.ts';
import { startLoop } from './loop.ts';
import type { Loop } from './loop.ts';
import { createQueueGauges } from './queue-gauges.ts';
import { createWorkers } from './temporal-workers.ts';
import { wireActivities } from './wiring.ts';
import { workflowBundle } from './workflow-bundle.ts';

async function main(): Promise<void> {
  const env = readEnv('applications');
  const log = createLog({ process: 'applications', level: env.LOG_LEVEL });
  const runtime = Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => tell(log, entry)),
    shutdownSignals: [],
    ...(env.SDK_METRICS_PORT !== undefined && { telemetryOptions: { metrics: metricsAt(env.SDK_METRICS_PORT) } }),
  });
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
  const objects = await openObjectStores(createPostgresObjects(database), s3Options(env));
  const connection = await connect(env.TEMPORAL_ADDRESS, log);
  workers = await createWorkers({
    connection,
    namespace: env.TEMPORAL_NAMESPACE,
    activities: {
      ...wireActivities(env, database, objects, log),
      ...wireReconciliation(env, database),
      ...wireRetention(database, objects),
      ...wireLateAccounts(env, database),
    },
    dataConverter: createDataConverter({ keys: env.PAYLOAD_KEYS, onRefused: refusalsTo(runtime, log) }),
    bundle: await workflowBundle(env.WORKFLOW_BUNDLE),
    rekognitionTps: env.REKOGNITION_TPS,
    ...(env.WORKER_BUILD_ID !== undefined && { version: { deploymentName: env.WORKER_DEPLOYMENT, buildId: env.WORKER_BUILD_ID } }),
  });
  const running = Promise.all(workers.map(async (worker) => worker.run()));
  const gauges = env.SDK_METRICS_PORT === undefined ? undefined : startGauges(runtime, database, log);
  drainOnSignal({
    log,
    deadlineMs: temporalLimits.shutdownForceMs,
    drain: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all([running, gauges?.stop()]);
      await connection.close();
      await database.close();
      await health.close();
    },
  });
  log.info('ready', { port: health.port });
  await putSchedules(new Client({ connection, namespace: env.TEMPORAL_NAMESPACE }), log);
  await running;
}

/** What runs by the clock. A worker that could not put it does everything else all the same. */
async function putSchedules(client: Client, log: Log): Promise<void> {
  const schedules = {
    reconciliation: async () => scheduleReconciliation(client, reconciliationLimits),
    retention: async () => scheduleRetention(client, retentionRhythm),
    lateAccounts: async () => scheduleLateAccounts(client, lateAccountsLimits),
  };
  for (const [schedule, put] of Object.entries(schedules))
    await put().catch((error: unknown) => log.error(`the schedule of ${schedule} could not be put`, faultFields(error)));
}

function refusalsTo({ metricMeter }: Runtime, log: Log): (code: string) => void {
  const refused = metricMeter.createCounter('trasau_payloads_refused');
  return (code) => {
    refused.add(1, { code });
    log.error('payload refused', { code });
  };
}

/** Sets the gauges of the queues of staff from now on. */
function startGauges({ metricMeter }: Runtime, database: Database, log: Log): Loop {
  const look = createQueueGauges(metricMeter);
  return startLoop({
    round: async () => {
      await look(database);
      return false;
    },
    idleMs: staffLimits.gaugeEveryMs,
    faultMs: staffLimits.gaugeEveryMs,
    onFault: (error) => log.warn('the queues of staff cannot be read', faultFields(error)),
  });
}

/** All of the SDK's own metrics, slots that are free and what waits for them among them. */
function metricsAt(port: number): MetricsExporterConfig {
  return { prometheus: { bindAddress: `0.0.0.0:${port}`, useSecondsForDurations: true } };
}

/** Temporal may come up after this process: tries until it is there. */
async function connect(address: string, log: Log): Promise<NativeConnection> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connectWorkers(address);
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
