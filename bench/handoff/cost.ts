// What one purchase costs the database, from the accepting commit to the told outcome: counted, not timed, so it is the same on every machine.

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { openDatabase } from '../../db/pool.ts';
import type { Database, Queryable } from '../../db/pool.ts';
import { acceptTransaction } from '../../db/transactions.ts';
import { newId } from '../../db/ids.ts';
import { anApplicationRow, deleteQueues } from '../../test/delivery/support/world.ts';
import { freshDatabase } from '../../test/support/database.ts';
import { eventually } from '../../test/support/eventually.ts';
import { handOffTopology } from '../../workers/broker.ts';
import { noFaults } from '../../workers/fault-points.ts';
import { createRelay } from '../../workers/relay-process.ts';
import { createTransactionPool } from '../../workers/transaction-pool.ts';

/** Per purchase; WAY4's own database is not counted. */
export interface Cost {
  statements: number;
  commits: number;
  walBytes: number;
  fsyncs: number;
}

const concurrency = 16;
const statisticsLagMs = 1_500; // PostgreSQL publishes what a session did about once a second.

export async function costPerPurchase(servers: { databaseUrl: string; amqpUrl: string }, purchases: number): Promise<Cost> {
  const { amqpUrl } = servers;
  const fresh = await freshDatabase(servers.databaseUrl);
  const real = openDatabase({ url: fresh.url, applicationName: 'bench', poolSize: 30 });
  const observer = openDatabase({ url: servers.databaseUrl, applicationName: 'bench observer', poolSize: 1 });
  const topology = handOffTopology(`bench.${randomBytes(6).toString('hex')}`);
  const { database, statements } = counting(real);
  const quiet = { faults: noFaults, report: () => undefined, onFault: () => undefined };
  try {
    const accept = await acceptor(database);
    let told = 0;
    const relay = createRelay({ database, amqpUrl, name: 'bench relay', topology, ...quiet });
    const pool = createTransactionPool({
      ...quiet,
      database,
      amqpUrl,
      topology,
      name: 'bench pool',
      cardCore: {
        findPurchase: async () => null,
        purchase: async ({ rrn }) => ({ kind: 'posted', rrn, authCode: rrn.slice(-6), availableVnd: 0 }),
      },
      notify: async () => void (told += 1),
    });
    await Promise.all([relay.start(), pool.start()]);
    await pause(statisticsLagMs);
    const before = { statements: statements(), ...(await activity(observer, fresh.url)) };
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (let n = 0; n < purchases / concurrency; n += 1) await accept();
      }),
    );
    await eventually('every outcome is told', () => told >= purchases, 120_000);
    await Promise.all([relay.drain(), pool.drain()]);
    const counted = statements() - before.statements;
    await real.close(); // a session tells what it did when it ends, and before that only now and then
    await pause(statisticsLagMs);
    const afterwards = await activity(observer, fresh.url);
    const each = (name: keyof typeof afterwards): number => (afterwards[name] - before[name]) / purchases;
    return { statements: counted / purchases, commits: each('commits'), walBytes: each('walBytes'), fsyncs: each('fsyncs') };
  } finally {
    await observer.close();
    await deleteQueues(amqpUrl, topology);
    await fresh.close();
  }
}

async function activity(observer: Queryable, url: string): Promise<{ commits: number; walBytes: number; fsyncs: number }> {
  const { rows } = await observer.query<{ commits: number; walBytes: number; fsyncs: number }>(
    `select (select xact_commit from pg_stat_database where datname = $1) as commits,
            (select wal_bytes::float8 from pg_stat_wal) as "walBytes",
            (select sum(fsyncs)::float8 from pg_stat_io where object = 'wal') as fsyncs`,
    [new URL(url).pathname.slice(1)],
  );
  return rows[0] ?? { commits: Number.NaN, walBytes: Number.NaN, fsyncs: Number.NaN };
}

/** Counts every round trip; BEGIN and COMMIT are two. */
function counting(real: Database): { database: Database; statements: () => number } {
  let count = 0;
  const on = <Q extends Queryable>(target: Q): Q => ({
    ...target,
    query: async (text, values) => {
      count += 1;
      return target.query(text, values);
    },
  });
  const withTransaction: Database['withTransaction'] = async (work) => {
    count += 2;
    return real.withTransaction(async (tx) => work(on(tx)));
  };
  const inOneStatement: Database['inOneStatement'] = async (work) => real.inOneStatement(async (tx) => work(on(tx)));
  return { database: { ...on(real), withTransaction, inOneStatement }, statements: () => count };
}

async function acceptor(database: Database): Promise<() => Promise<unknown>> {
  const merchantId = newId('merchant');
  await database.query('insert into merchants (id, name) values ($1, $2)', [merchantId, 'Bench Shop']);
  const amountVnd = 100_000;
  const applicationId = await anApplicationRow(database, merchantId, amountVnd);
  const terms = { applicationId, merchantId, kind: 'purchase', contractNumber: 'K-BENCH', amountVnd } as const;
  return async () => database.withTransaction(async (tx) => acceptTransaction(tx, { ...terms, intentKey: newId('request') }));
}
