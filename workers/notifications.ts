// Sends due messages to customers. Each was written in the commit of what it tells; here it is sent, at least once: the gateway drops
// repeats by our id. A message that fails is tried again with growing pauses, and after the last try staff see it as failed.

import { createSmsGateway } from '../adapters/notify/client.ts';
import { readEnv } from '../config/env.ts';
import { notificationLimits, vendorLimits } from '../config/limits.ts';
import { createBoxes } from '../db/boxes.ts';
import { createCustomers } from '../db/customers.ts';
import type { Customers } from '../db/customers.ts';
import { claimNotifications, markFailedTry, markSent } from '../db/notifications.ts';
import type { DueNotification } from '../db/notifications.ts';
import { openDatabase } from '../db/pool.ts';
import type { Database } from '../db/pool.ts';
import { VendorFailure } from '../domain/failures.ts';
import { notificationText } from '../domain/notifications.ts';
import type { SmsGateway } from '../domain/ports.ts';
import { drainOnSignal } from './drain.ts';
import { startHealth } from './health.ts';
import { createLog, faultFields } from './log.ts';
import type { Log } from './log.ts';
import { startLoop } from './loop.ts';

interface SenderDeps {
  database: Database;
  customers: Customers;
  gateway: SmsGateway;
  log: Log;
}

/** Sends one batch of due messages. True when there may be more at once. */
export async function sendDue(deps: SenderDeps): Promise<boolean> {
  const { batch, leaseMs } = notificationLimits;
  const due = await claimNotifications(deps.database, batch, leaseMs);
  await Promise.all(due.map(async (notification) => send(deps, notification)));
  return due.length === batch;
}

async function send({ database, customers, gateway, log }: SenderDeps, notification: DueNotification): Promise<void> {
  const { id, application_id: applicationId, attempts } = notification;
  try {
    const phone = await customers.phone(database, notification.customer_id);
    const text = notificationText(notification.template, notification.params, {
      language: notification.language,
      merchantName: notification.merchant_name,
    });
    await gateway.send({ requestId: id, phone, text }, { reference: applicationId });
    await markSent(database, id);
  } catch (error) {
    const code = error instanceof VendorFailure ? `SMS_${error.kind.toUpperCase()}` : 'UNEXPECTED';
    const final = attempts >= notificationLimits.maxAttempts || (error instanceof VendorFailure && error.kind === 'rejected');
    await markFailedTry(database, id, code, final ? null : notificationLimits.backoffMs * 2 ** (attempts - 1));
    log.warn('a message was not sent', {
      applicationId,
      attempt: attempts,
      code,
      reason: final ? 'given up' : 'tried again',
      ...faultFields(error),
    });
  }
}

async function main(): Promise<void> {
  const env = readEnv('notifications');
  const log = createLog({ process: 'notifications', level: env.LOG_LEVEL });
  const database = openDatabase({
    url: env.DATABASE_URL,
    applicationName: 'trasau-notifications',
    onError: (error) => log.warn('database connection lost', faultFields(error)),
  });
  const gateway = createSmsGateway({
    baseUrl: env.SMS_URL,
    apiKey: env.SMS_API_KEY,
    apiSecret: env.SMS_API_SECRET,
    timeoutMs: vendorLimits.smsTimeoutMs,
    connectTimeoutMs: vendorLimits.connectTimeoutMs,
    answerMaxBytes: vendorLimits.answerMaxBytes,
  });
  const customers = createCustomers(createBoxes({ dataKey: env.DATA_KEY, indexKey: env.INDEX_KEY }));
  const loop = startLoop({
    round: async () => sendDue({ database, customers, gateway, log }),
    idleMs: notificationLimits.pollMs,
    faultMs: notificationLimits.backoffMs,
    onFault: (error) => log.warn('the outbox of messages cannot be read', faultFields(error)),
  });
  const health = await startHealth({
    port: env.HEALTH_PORT,
    checks: { database: async () => (await database.query('select 1')).rowCount === 1 },
  });
  drainOnSignal({
    log,
    deadlineMs: notificationLimits.drainMs,
    drain: async () => {
      await loop.stop();
      await database.close();
      await health.close();
    },
  });
  log.info('ready', { port: health.port });
}

if (import.meta.main) await main();
