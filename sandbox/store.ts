// Where the simulated vendors keep their books: a PostgreSQL schema of their own, so that a sandbox that is killed comes back knowing
// every client, contract, booking and message, exactly as a bank would. Rows are parsed when they come back, like any other input.

import { readFileSync } from 'node:fs';
import { Pool } from 'pg';
import type { PoolClient, QueryConfig } from 'pg';
import { z } from 'zod';
import { databaseLimits } from '../config/limits.ts';

export interface Rows {
  /** Runs one statement and parses each row it returns. */
  rows<Row>(row: z.ZodType<Row>, text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs one statement and returns how many rows it touched. */
  run(text: string, values?: readonly unknown[]): Promise<number>;
}

export interface Store extends Rows {
  /** Commits what `work` did, or nothing of it when it throws. */
  inTransaction<T>(work: (tx: Rows) => Promise<T>): Promise<T>;
  /** Drops everything the sandbox knows, and its schema. For tests. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

/** A whole number from an 8-byte integer, which the driver may return as text. */
export const whole = z.coerce.number().int();

/** Opens the sandbox's schema and creates what is missing, under a lock, so that two that start at once do not collide. */
export async function openStore(options: { databaseUrl: string; schema: string; onError: (error: Error) => void }): Promise<Store> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(options.schema))
    throw new Error('the name of the sandbox schema must be lower-case letters, digits and _');
  const pool = new Pool({
    connectionString: options.databaseUrl,
    application_name: 'trasau-sandbox',
    // Statements are parsed once per connection, and a plan of the first minute must not read whole tables a day later.
    options: `-c search_path=${options.schema} -c enable_seqscan=off`,
    max: databaseLimits.poolSize,
    connectionTimeoutMillis: databaseLimits.connectTimeoutMs,
    statement_timeout: databaseLimits.statementTimeoutMs,
    idle_in_transaction_session_timeout: databaseLimits.idleInTransactionTimeoutMs,
  });
  pool.on('error', options.onError);
  // Between two hands nobody listens to a client, and a server that dies in that moment would end the process with it.
  pool.on('connect', (client) => client.on('error', options.onError));
  const store: Store = {
    ...queries(pool),
    inTransaction: async (work) => inTransaction(pool, work),
    drop: async () => void (await pool.query(`drop schema if exists ${options.schema} cascade`)),
    close: async () => pool.end(),
  };
  await createSchema(store, options.schema).catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  return store;
}

const schemaLock = 7_274_726_002; // An arbitrary number, the same in every sandbox process.

async function createSchema(store: Store, schema: string): Promise<void> {
  const ddl = readFileSync(new URL('schema.sql', import.meta.url), 'utf8');
  await store.inTransaction(async (tx) => {
    await tx.run('select pg_advisory_xact_lock($1)', [schemaLock]);
    await tx.run(`create schema if not exists ${schema}`);
    await tx.run(ddl);
  });
}

function queries(target: Pool | PoolClient): Rows {
  return {
    rows: async (row, text, values) => z.array(row).parse((await target.query(statement(text, values))).rows),
    run: async (text, values) => (await target.query(statement(text, values))).rowCount ?? 0,
  };
}

const names = new Map<string, string>();

/** Each text has one name, by which a connection knows it again. Without values there is nothing worth to be parsed once. */
function statement(text: string, values: readonly unknown[] = []): QueryConfig {
  if (values.length === 0) return { text };
  const name = names.get(text) ?? `s${names.size}`;
  names.set(text, name);
  return { name, text, values: [...values] };
}

/** True when a unique key refused the row. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}

async function inTransaction<T>(pool: Pool, work: (tx: Rows) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  const onError = (): void => {
    broken = true;
  };
  client.on('error', onError);
  try {
    await client.query('begin');
    const result = await work(queries(client));
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(onError);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}
