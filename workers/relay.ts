// Entry point of the relay: carries the outbox to RabbitMQ until it is told to stop.

import { readEnv } from '../config/env.ts';
import { databaseLimits, deliveryLimits } from '../config/limits.ts';
import { openDatabase } from '../db/pool.ts';
import { handOffTopology, heartbeatLimits, linkReporter, refuseToStart } from './broker.ts';
import { drainOnSignal } from './drain.ts';
import { noFaults } from './fault-points.ts';
import { startHealth } from './health.ts';
import { createLog, faultFields } from './log.ts';
import { createRelay } from './relay-process.ts';
import type { RelayOptions } from './relay-process.ts';

const env = readEnv('relay');
const log = createLog({ process: 'relay', level: env.LOG_LEVEL, pod: env.POD_NAME });
const onFault = (error: unknown): void => log.warn('round failed', faultFields(error));
const database = openDatabase({
  url: env.DATABASE_URL,
  applicationName: env.POD_NAME,
  poolSize: databaseLimits.poolSize,
  prepared: true,
  onError: onFault,
});
const reportLink = linkReporter(log);

const report: RelayOptions['report'] = (report) => {
  if (report.kind === 'swept') log.warn('published again', { count: report.count });
  else if (report.kind === 'late') log.warn('purchases wait', { unpublishedMs: report.unpublishedMs, unsettledMs: report.unsettledMs });
  else reportLink(report);
};

const relay = createRelay({
  database,
  amqpUrl: env.AMQP_URL,
  name: env.POD_NAME,
  topology: handOffTopology(env.HAND_OFF_QUEUE),
  limits: heartbeatLimits(env.AMQP_HEARTBEAT_SECONDS),
  faults: noFaults,
  onFault,
  report,
});
const health = await startHealth({ port: env.HEALTH_PORT, checks: { broker: relay.ready } });
log.info('started', { port: health.port });

drainOnSignal({
  log,
  deadlineMs: deliveryLimits.drainMs,
  drain: async () => {
    await relay.drain();
    await database.close();
    await health.close();
  },
});

if (await relay.start().catch(refuseToStart(log))) log.info('relaying');
