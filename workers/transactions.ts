// Entry point of the pool that books transactions: consumes the work queue, books at WAY4, tells the workflows.

import { connectTemporal } from '../adapters/temporal/client.ts';
import { readEnv } from '../config/env.ts';
import { databaseLimits, deliveryLimits, temporalLimits } from '../config/limits.ts';
import { openDatabase } from '../db/pool.ts';
import { handOffTopology, heartbeatLimits, linkReporter, refuseToStart } from './broker.ts';
import { openCardCore } from './card-core.ts';
import { drainOnSignal } from './drain.ts';
import { noFaults } from './fault-points.ts';
import type { Handled } from './handle-transaction.ts';
import { startHealth } from './health.ts';
import { createLog, faultFields } from './log.ts';
import { tellWorkflow } from './tell-workflow.ts';
import { createTransactionPool } from './transaction-pool.ts';

const env = readEnv('transactions');
const log = createLog({ process: 'transactions', level: env.LOG_LEVEL, pod: env.POD_NAME });
const onFault = (error: unknown): void => log.warn('round failed', faultFields(error));
const database = openDatabase({
  url: env.DATABASE_URL,
  applicationName: env.POD_NAME,
  poolSize: databaseLimits.poolSize,
  idleInTransactionTimeoutMs: deliveryLimits.poolIdleInTransactionMs,
  prepared: true,
  onError: onFault,
});
const temporal = connectTemporal({
  address: env.TEMPORAL_ADDRESS,
  namespace: env.TEMPORAL_NAMESPACE,
  payloads: { keys: env.PAYLOAD_KEYS, onRefused: (code) => log.error('payload refused', { code }) },
  reconnectMs: temporalLimits.connectRetryMs,
});
const reportLink = linkReporter(log);

function reportHandled(handled: Handled): void {
  if (handled.kind === 'settled') log.info('settled', { transactionId: handled.transactionId, status: handled.outcome });
  else log[handled.kind === 'parked' || handled.kind === 'expired' ? 'error' : 'warn'](handled.kind, handled);
}

const pool = createTransactionPool({
  database,
  amqpUrl: env.AMQP_URL,
  name: env.POD_NAME,
  topology: handOffTopology(env.HAND_OFF_QUEUE),
  cardCore: openCardCore(env),
  notify: tellWorkflow(temporal.client, deliveryLimits.noticeTimeoutMs, (who) => log.warn('nobody to tell', who)),
  limits: heartbeatLimits(env.AMQP_HEARTBEAT_SECONDS),
  faults: noFaults,
  onFault,
  report: (report) => ('link' in report ? reportLink(report) : reportHandled(report)),
});
const health = await startHealth({
  port: env.HEALTH_PORT,
  checks: { broker: pool.ready, database: async () => (await database.query('select 1')).rowCount === 1 },
});
log.info('started', { port: health.port });

drainOnSignal({
  log,
  deadlineMs: deliveryLimits.drainMs,
  drain: async () => {
    await pool.drain();
    await temporal.close();
    await database.close();
    await health.close();
  },
});

if (await pool.start().catch(refuseToStart(log))) log.info('consuming');
