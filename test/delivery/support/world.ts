// A hand-off of its own for each test: a fresh database, queues under a prefix that nobody else uses, a fake card core, and as many relays
// and pools as the test wants. Everything is ended when the test is.

import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { connect } from 'amqplib';
import { queuesOf, transactionTopology } from '../../../adapters/rabbitmq/topology.ts';
import type { Topology } from '../../../adapters/rabbitmq/topology.ts';
import { readEnv } from '../../../config/env.ts';
import { deliveryLimits } from '../../../config/limits.ts';
import { newId } from '../../../db/ids.ts';
import { openDatabase } from '../../../db/pool.ts';
import type { Database } from '../../../db/pool.ts';
import { acceptTransaction } from '../../../db/transactions.ts';
import type { AcceptedTransaction } from '../../../db/transactions.ts';
import { noFaults } from '../../../workers/fault-points.ts';
import type { Handled } from '../../../workers/handle-transaction.ts';
import { createRelay } from '../../../workers/relay-process.ts';
import type { Relay, RelayOptions } from '../../../workers/relay-process.ts';
import { createTransactionPool } from '../../../workers/transaction-pool.ts';
import type { PoolOptions, TransactionPool } from '../../../workers/transaction-pool.ts';
import { freshDatabase } from '../../support/database.ts';
import { createFakeCore } from './core.ts';
import type { FakeCore } from './core.ts';

export interface World {
  database: Database;
  databaseUrl: string;
  amqpUrl: string;
  topology: Topology;
  topologyOptions: { name: string; deliveryLimit: number; maxMessages: number; retryDelaysMs: number[] };
  core: FakeCore;
  /** Outcomes that the workflows heard of, in order. */
  told: { transactionId: string; status: string }[];
  handled: Handled[];
  /** Accepts so many purchases, of 100,000 VND each unless said otherwise. */
  accept(count: number, amountVnd?: number): Promise<AcceptedTransaction[]>;
  aRelay(options?: Partial<RelayOptions>): Promise<Relay>;
  aPool(options?: Partial<PoolOptions>): Promise<TransactionPool>;
  /** Runs something when the test is over, last in first out. */
  afterwards(undo: () => Promise<unknown> | void): void;
}

const productionArguments = {
  deliveryLimit: deliveryLimits.queueDeliveryLimit,
  maxMessages: deliveryLimits.queueMaxMessages,
  retryDelaysMs: [...deliveryLimits.retryDelaysMs],
};

function testArguments({ deliveryLimit = 20, maxMessages = 10_000, delaysMs = shortDelaysMs }: WorldOptions) {
  return { deliveryLimit, maxMessages, retryDelaysMs: delaysMs };
}

/** Delays of tests, in milliseconds. */
const shortDelaysMs = [100, 200, 400];

export const fastRelay = { relayPollMs: 20, relayRetryMs: 100, sweepEveryMs: 100 };
export const fastPool = { noticePollMs: 20, noticeRetryMs: 100, parkRetryMs: 50 };

export interface WorldOptions {
  delaysMs?: number[];
  deliveryLimit?: number;
  maxMessages?: number;
  /** The queues' arguments are those of config/limits.ts, as the real processes declare them. */
  production?: boolean;
  /** A broker that is not that of the test run. */
  amqpUrl?: string;
}

export async function aWorld(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const undo: (() => Promise<unknown> | void)[] = [];
  t.after(async () => {
    for (const step of undo.toReversed()) await step();
  });
  const { url: databaseUrl, close } = await freshDatabase();
  undo.push(close);
  const database = openDatabase({ url: databaseUrl, applicationName: 'test', poolSize: 30 });
  undo.push(database.close);
  const { amqpUrl = readEnv('relay').AMQP_URL } = options;
  const topologyOptions = {
    name: `test.${randomBytes(6).toString('hex')}`,
    ...(options.production ? productionArguments : testArguments(options)),
  };
  const topology = transactionTopology(topologyOptions);
  undo.push(async () => deleteQueues(amqpUrl, topology));
  const core = createFakeCore();
  const told: World['told'] = [];
  const handled: Handled[] = [];
  const shared = { database, amqpUrl, topology, faults: noFaults, onFault: () => undefined };
  return {
    database,
    databaseUrl,
    amqpUrl,
    topology,
    topologyOptions,
    core,
    told,
    handled,
    accept: async (count, amountVnd = 100_000) => acceptPurchases(database, count, amountVnd),
    aRelay: async (own = {}) => {
      const relay = createRelay({ ...shared, name: 'relay', report: () => undefined, limits: fastRelay, ...own });
      undo.push(relay.drain);
      await relay.start();
      return relay;
    },
    aPool: async (own = {}) => {
      const pool = createTransactionPool({
        ...shared,
        name: `pool-${undo.length}`,
        cardCore: core,
        notify: async ({ transactionId, status }) => void told.push({ transactionId, status }),
        report: (report) => void ('link' in report || handled.push(report)),
        limits: fastPool,
        ...own,
      });
      undo.push(pool.drain);
      await pool.start();
      return pool;
    },
    afterwards: (step) => void undo.push(step),
  };
}

async function acceptPurchases(database: Database, count: number, amountVnd: number): Promise<AcceptedTransaction[]> {
  const merchantId = newId('merchant');
  await database.query('insert into merchants (id, name) values ($1, $2)', [merchantId, 'Test Shop']);
  const accepted: AcceptedTransaction[] = [];
  for (let n = 0; n < count; n += 1) {
    const applicationId = await anApplicationRow(database, merchantId, amountVnd);
    const purchase = { applicationId, merchantId, kind: 'purchase', contractNumber: 'TS0000000001', amountVnd } as const;
    accepted.push(
      await database.withTransaction(async (tx) => acceptTransaction(tx, { ...purchase, intentKey: `${applicationId}:purchase` })),
    );
  }
  return accepted;
}

/** The rows that a transaction refers to; nothing in them names a person. */
export async function anApplicationRow(database: Database, merchantId: string, amountVnd: number): Promise<string> {
  const applicationId = newId('application');
  const customerId = newId('customer');
  await database.query(`insert into customers (id, phone_index, profile) values ($1, '\\x00', '\\x00')`, [customerId]);
  await database.query(
    'insert into applications (id, merchant_id, merchant_reference, customer_id, amount_vnd) values ($1, $2, $3, $4, $5)',
    [applicationId, merchantId, applicationId, customerId, amountVnd],
  );
  return applicationId;
}

/** Removes exchange and queues of a topology from the broker. */
export async function deleteQueues(amqpUrl: string, topology: Topology): Promise<void> {
  const connection = await connect(amqpUrl);
  const channel = await connection.createChannel();
  for (const { name } of queuesOf(topology)) await channel.deleteQueue(name);
  await channel.deleteExchange(topology.exchange);
  await connection.close();
}
