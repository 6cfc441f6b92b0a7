// A relay, a consumer or a sender as a process of its own, put together as the entry points of workers/ put theirs together; only that a mutant
// may stand between, that the campaign hears of outcomes too (without whole applications, it alone), and that it reports what it saw.

import { createCardCore } from '../../adapters/way4/client.ts';
import { amqplibTransport } from '../../adapters/rabbitmq/amqplib.ts';
import { transactionTopology } from '../../adapters/rabbitmq/topology.ts';
import { connectTemporal } from '../../adapters/temporal/client.ts';
import { readEnv } from '../../config/env.ts';
import { temporalLimits, vendorLimits } from '../../config/limits.ts';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { acceptTransaction } from '../../db/transactions.ts';
import { InvariantFailure } from '../../domain/failures.ts';
import { noFaults } from '../../workers/fault-points.ts';
import type { Notify } from '../../workers/outcome-notices.ts';
import { createRelay } from '../../workers/relay-process.ts';
import type { Relay } from '../../workers/relay-process.ts';
import { tellWorkflow } from '../../workers/tell-workflow.ts';
import { createTransactionPool } from '../../workers/transaction-pool.ts';
import type { Evidence } from './faults.ts';
import { mutants } from './mutants.ts';
import type { Mutant } from './mutants.ts';
import { orders as ordersOf, sending } from './orders.ts';
import type { Orders, Report, Sending } from './orders.ts';
import * as profiles from './profiles.ts';

const reportEveryMs = 200;
const never = 2 ** 31 - 1;

await main(ordersOf.parse(JSON.parse(process.argv[2] ?? '')));

async function main(orders: Orders): Promise<void> {
  if (orders.skewMs !== undefined) skewClock(orders.skewMs);
  const mutant: Mutant = (orders.mutant === undefined ? undefined : mutants[orders.mutant]) ?? { faults: [] };
  const profile = profiles[orders.profile];
  const real = openDatabase({
    url: orders.postgresUrl,
    applicationName: orders.name,
    queryTimeoutMs: profile.queryTimeoutMs,
    idleInTransactionTimeoutMs: orders.role === 'relay' ? profile.relayIdleInTransactionMs : profile.delivery.poolIdleInTransactionMs,
    prepared: orders.role !== 'sender',
    onError: () => undefined,
  });
  const database = mutant.database?.(real) ?? real;
  process.on('disconnect', () => process.exit(0)); // the campaign is gone
  if (orders.role === 'sender') startSender(database, mutant);
  else await startWorker(orders, database, mutant);
}

function report(message: Report): void {
  process.send?.(message);
}

/** The clock of this process alone is wrong; that of the machine, and what measures durations, is not. */
function skewClock(skewMs: number): void {
  const real = Date;
  globalThis.Date = new Proxy(real, {
    construct: (_, given: unknown[]) => (given.length === 0 ? new real(real.now() + skewMs) : Reflect.construct(real, given)),
    get: (_, name) => (name === 'now' ? () => real.now() + skewMs : Reflect.get(real, name)),
  });
}

function startSender(database: Database, mutant: Mutant): void {
  process.on('message', (message) => void accept(database, mutant, sending.parse(message)));
  report({ kind: 'evidence', evidence: {} }); // at work
}

async function accept(database: Database, mutant: Mutant, { order, intentKey, ...terms }: Sending): Promise<void> {
  const key = mutant.intentKey?.(intentKey) ?? intentKey;
  try {
    const accepted = await database.withTransaction(async (tx) => acceptTransaction(tx, { ...terms, kind: 'purchase', intentKey: key }));
    report({ kind: 'accepted', order, ...accepted });
  } catch (error) {
    report({ kind: error instanceof InvariantFailure ? 'refused' : 'failed', order });
  }
}

async function startWorker(orders: Orders, database: Database, mutant: Mutant): Promise<void> {
  const { delivery, coreTimeoutMs } = profiles[orders.profile];
  const { queueDeliveryLimit: deliveryLimit, queueMaxMessages: maxMessages, retryDelaysMs } = delivery;
  let blocked = 0;
  let mended = 0;
  let swept = 0;
  const shared = {
    database,
    amqpUrl: orders.amqpUrl,
    name: orders.name,
    topology: transactionTopology({ name: orders.queue, deliveryLimit, maxMessages, retryDelaysMs }),
    faults: noFaults,
    transport: mutant.transport?.(amqplibTransport) ?? amqplibTransport,
    limits: { ...delivery, coreTimeoutMs, ...(!orders.sweeper && { sweepAfterMs: never, sweepAfterEmptyMs: never }) },
    onFault: () => undefined,
    report: (event: { kind: string; reason?: string; count?: number }) => {
      if (event.kind === 'blocked') blocked += 1;
      if (event.kind === 'mended') mended += 1;
      if (event.kind === 'swept') swept += event.count ?? 0;
      if (event.kind === 'unmendable') report({ kind: 'unmendable' });
      if (event.kind === 'lost' && event.reason?.includes('unknown delivery tag')) report({ kind: 'foreign answer' });
    },
  };
  if (orders.role === 'relay') {
    const relay = createRelay(shared);
    return work(relay, () => {
      const { returned, refused, unconfirmed, sessions } = relay.counts();
      return { returned: returned + refused, unconfirmed, reconnects: sessions - 1, blocked, mended, swept };
    });
  }
  const core = createCardCore({
    baseUrl: orders.way4Url,
    timeoutMs: coreTimeoutMs,
    connectTimeoutMs: coreTimeoutMs,
    answerMaxBytes: vendorLimits.answerMaxBytes,
  });
  const pool = createTransactionPool({
    ...shared,
    cardCore: { ...core, ...mutant.cardCore?.(core) },
    notify: notifyBoth(orders),
  });
  return work(pool, () => {
    const { handled, redelivered, sessions } = pool.counts();
    const suppressed = handled.duplicate + handled.fenced;
    return { redelivered, suppressed, ambiguous: handled.ambiguous, delayed: handled.delayed, reconnects: sessions - 1, blocked, mended };
  });
}

/** Workflows first: what Temporal did not take is not told. */
function notifyBoth({ temporal: source, profile }: Orders): Notify {
  const env = source && readEnv('temporal', source);
  const temporal =
    env &&
    connectTemporal({
      address: env.TEMPORAL_ADDRESS,
      namespace: env.TEMPORAL_NAMESPACE,
      payloads: { keys: env.PAYLOAD_KEYS, onRefused: () => undefined },
      reconnectMs: temporalLimits.connectRetryMs,
    });
  const tell = temporal && tellWorkflow(temporal.client, profiles[profile].delivery.noticeTimeoutMs, () => undefined);
  return async (notice) => {
    await tell?.(notice);
    report({ kind: 'told', transactionId: notice.transactionId, status: notice.status });
  };
}

/** Its first report says that it is at work. */
async function work({ start, drain }: Pick<Relay, 'start' | 'drain'>, evidence: () => Partial<Evidence>): Promise<void> {
  process.on('SIGTERM', () => void drain().then(() => process.exit(0)));
  if (await start()) setInterval(() => report({ kind: 'evidence', evidence: evidence() }), reportEveryMs);
}
