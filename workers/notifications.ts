// Sends due messages to customers. Each was written in the commit of what it tells; here it is sent, at least once: the gateway drops
// repeats by our id. A message that fails is tried again with growing pauses, and after the last try staff see it as failed. Deadlines that come
// near are looked for here too: the customer's become messages, those of staff become a note that they were missed.

import { createSmsGateway } from '../adapters/notify/client.ts';
import { readEnv } from '../config/env.ts';
import { notificationLimits, vendorLimits } from '../config/limits.ts';
import { createBoxes } from '../db/boxes.ts';
import { tokenOfMessage } from '../db/checkout.ts';
import { createCustomers } from '../db/customers.ts';
import type { Customers } from '../db/customers.ts';
import { claimNotifications, markFailedTry, markSent } from '../db/notifications.ts';
import type { DueNotification } from '../db/notifications.ts';
import { openDatabase } from '../db/pool.ts';
import type { Database } from '../db/pool.ts';
import { writeReminders } from '../db/reminders.ts';
import { noteBreaches } from '../db/review-queue.ts';
import { VendorFailure, isRejected } from '../domain/failures.ts';
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
  /** The checkout link that the message with this id carries. */
  linkOf(notificationId: string): string;
}

/** Writes reminders to customers whose time runs out, and notes review tasks that are overdue. */
export async function lookAtDeadlines(database: Database, log: Log): Promise<void> {
  const { reminderLeadMs: leadMs, sameDeadlineMs: sameMs, batch: limit } = notificationLimits;
  const reminders = await writeReminders(database, { leadMs, sameMs, limit });
  const overdue = await database.withTransaction(async (tx) => noteBreaches(tx, limit));
  if (overdue > 0) log.warn('review tasks are overdue', { count: overdue });
  if (reminders > 0) log.info('customers are reminded', { count: reminders });
}

/** Sends one batch of due messages. True when there may be more at once. */
export async function sendDue(deps: SenderDeps): Promise<boolean> {
  const { batch, leaseMs } = notificationLimits;
  const due = await claimNotifications(deps.database, batch, leaseMs);
  await Promise.all(due.map(async (notification) => send(deps, notification)));
  return due.length === batch;
}

async function send({ database, customers, gateway, log, linkOf }: SenderDeps, notification: DueNotification): Promise<void> {
  const { id, application_id: applicationId, attempts } = notification;
  try {
    const phone = await customers.phone(database, notification.customer_id);
    const params = notification.template === 'checkout_link' ? { url: linkOf(id) } : notification.params;
    const text = notificationText(notification.template, params, {
      language: notification.language,
      merchantName: notification.merchant_name,
    });
    await gateway.send({ requestId: id, phone, text }, { reference: applicationId });
    await markSent(database, id);
  } catch (error) {
    const code = error instanceof VendorFailure ? `SMS_${error.kind.toUpperCase()}` : 'UNEXPECTED';
    const final = attempts >= notificationLimits.maxAttempts || isRejected(error);
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
  const boxes = createBoxes({ dataKey: env.DATA_KEY, indexKey: env.INDEX_KEY });
  const customers = createCustomers(boxes);
  const linkOf = (id: string): string => `${env.PUBLIC_URL}/c#${tokenOfMessage(boxes, id)}`;
  const loop = startLoop({
    round: async () => sendDue({ database, customers, gateway, log, linkOf }),
    idleMs: notificationLimits.pollMs,
    faultMs: notificationLimits.backoffMs,
    onFault: (error) => log.warn('the outbox of messages cannot be read', faultFields(error)),
  });
  const deadlines = startLoop({
    round: async () => {
      await lookAtDeadlines(database, log);
      return false;
    },
    idleMs: notificationLimits.deadlinePollMs,
    faultMs: notificationLimits.deadlinePollMs,
    onFault: (error) => log.warn('deadlines cannot be read', faultFields(error)),
  });
  const health = await startHealth({
    port: env.HEALTH_PORT,
    checks: { database: async () => (await database.query('select 1')).rowCount === 1 },
  });
  drainOnSignal({
    log,
    deadlineMs: notificationLimits.drainMs,
    drain: async () => {
      await Promise.all([loop.stop(), deadlines.stop()]);
      await database.close();
      await health.close();
    },
  });
  log.info('ready', { port: health.port });
}

if (import.meta.main) await main();
