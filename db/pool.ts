// One pool per process, and the one way to run a transaction. PostgreSQL is the truth about what happened, so this file is strict
// about the two places where a driver may lie: a COMMIT that answers ROLLBACK, and a COMMIT whose answer never came.

import { Pool, types } from 'pg';
import type { PoolClient, QueryResultRow } from 'pg';
import { databaseLimits } from '../config/limits.ts';

/** What a query needs: the pool itself, or the client of a transaction. */
export interface Queryable {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the shape of its rows, as with pg itself
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<{ rows: Row[]; rowCount: number | null }>;
}

/** A client inside a transaction. Only {@link withTransaction} makes one, so a function that takes it cannot run outside. */
export type Tx = Queryable & { readonly inTransaction: true };

export interface Database extends Queryable {
  withTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The connection was lost during COMMIT: the work may or may not be stored. Look it up by its key; never guess. */
export class AmbiguousCommit extends Error {
  override readonly name = 'AmbiguousCommit';
}

/** COMMIT was refused: nothing of the transaction is stored. */
export class CommitRefused extends Error {
  override readonly name = 'CommitRefused';
}

const retryable = new Set(['40001', '40P01']);
const maxTransactionAttempts = 4; // Our choice: serialisation failures and deadlocks are rare and short.

/** Opens a pool. Integers of 8 bytes come back as numbers where they are safe, and throw where they are not. */
export function openDatabase(options: {
  url: string;
  applicationName: string;
  poolSize?: number;
  /** How long a transaction may stand still before PostgreSQL ends it: what a frozen process holds is free after this. */
  idleInTransactionTimeoutMs?: number;
  /** How long an answer may take: past this the connection is given up, for a network that died silently never says so. */
  queryTimeoutMs?: number;
  onError?: (error: Error) => void;
}): Database {
  types.setTypeParser(types.builtins.INT8, readInt8);
  const pool = new Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolSize ?? databaseLimits.poolSize,
    connectionTimeoutMillis: databaseLimits.connectTimeoutMs,
    statement_timeout: databaseLimits.statementTimeoutMs,
    lock_timeout: databaseLimits.lockTimeoutMs,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? databaseLimits.idleInTransactionTimeoutMs,
    query_timeout: options.queryTimeoutMs ?? databaseLimits.queryTimeoutMs,
    keepAlive: true,
  });
  // An idle client whose server went away reports it here; without a listener the process would die of it.
  pool.on('error', (error) => options.onError?.(error));
  // Between two hands nobody listens to a client, and a server that dies in that moment would end the process with it.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    query: async (text, values) => pool.query(text, values === undefined ? undefined : [...values]),
    withTransaction: async (work) => withTransaction(pool, work),
    close: async () => pool.end(),
  };
}

async function withTransaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runTransaction(pool, work);
    } catch (error) {
      if (attempt >= maxTransactionAttempts || !retryable.has(sqlState(error) ?? '')) throw error;
    }
  }
}

async function runTransaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A client that loses its connection while checked out emits an error of its own, beside the rejected query.
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('begin');
    const result = await work({
      query: async (text, values) => client.query(text, values === undefined ? undefined : [...values]),
      inTransaction: true,
    });
    await commit(client);
    return result;
  } catch (error) {
    if (error instanceof AmbiguousCommit || isUnanswered(error)) broken = error;
    else await client.query('rollback').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken ?? false);
  }
}

async function commit(client: PoolClient): Promise<void> {
  const answer = await client.query('commit').catch((error: unknown) => {
    // A deferred constraint that fails has an SQLSTATE of class 23; a lost connection has none, or class 08/57.
    if (sqlState(error)?.startsWith('23') || retryable.has(sqlState(error) ?? '')) throw error;
    throw new AmbiguousCommit('the connection was lost during COMMIT', { cause: error });
  });
  // PostgreSQL answers ROLLBACK, without an error, to the COMMIT of a transaction that had failed.
  if (answer.command !== 'COMMIT') throw new CommitRefused('COMMIT answered ' + answer.command);
}

/** pg says so in words only. On this connection the answer to a rollback would not come either. */
function isUnanswered(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout';
}

function readInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('an 8-byte integer does not fit');
  return value;
}

/** The SQLSTATE of a PostgreSQL error, if it is one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)
    ? error.code
    : undefined;
}

/** True when a unique constraint refused the row. */
export function isDuplicate(error: unknown): boolean {
  return sqlState(error) === '23505';
}
