// One pool per process, and the one way to run a transaction. PostgreSQL is the truth about what happened, so this file is strict
// about the two places where a driver may lie: a COMMIT that answers ROLLBACK, and a COMMIT whose answer never came.

import { Pool, types } from 'pg';
import type { PoolClient, QueryConfig, QueryResultRow } from 'pg';
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
  /** For work that is one statement: the statement is its own commit, one round trip instead of three, under the same rule for an answer
   *  that never came. A second query is a mistake and throws. */
  inOneStatement<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A connection of its own, outside of transactions, for what lives as long as a session: its locks and temporary tables. It is closed when
   *  the work is over, however it ends. */
  withSession<T>(work: (session: Queryable) => Promise<T>): Promise<T>;
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
  /** Parses each statement once per connection instead of every time. For processes that run the same few statements, each by an index: a
   *  plan outlives the moment in which its table was small, so a plan that reads whole tables is taken only where there is no other. */
  prepared?: boolean;
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
    ...(options.prepared && { options: '-c enable_seqscan=off' }),
  });
  const statement = options.prepared ? namedStatements() : anonymousStatement;
  // An idle client whose server went away reports it here; without a listener the process would die of it.
  pool.on('error', (error) => options.onError?.(error));
  // Between two hands nobody listens to a client, and a server that dies in that moment would end the process with it.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    query: async (text, values) => pool.query(statement(text, values)),
    withTransaction: async (work) => retrying(async () => runTransaction(pool, statement, work)),
    inOneStatement: async (work) => retrying(async () => runStatement(pool, statement, work)),
    withSession: async (work) =>
      withClient(pool, async (client, abandon) => {
        abandon(new Error('a session ends with its work'));
        return work({ query: async (text, values) => client.query(statement(text, values)) });
      }),
    close: async () => pool.end(),
  };
}

type Statement = (text: string, values: readonly unknown[] | undefined) => QueryConfig;

const anonymousStatement: Statement = (text, values = []) => ({ text, values: [...values] });

/** Names each text once. Statements without values are sent as they are: there is nothing to parse in a BEGIN. */
function namedStatements(): Statement {
  const names = new Map<string, string>();
  return (text, values = []) => {
    if (values.length === 0) return { text };
    const name = names.get(text) ?? `s${names.size}`;
    names.set(text, name);
    return { name, text, values: [...values] };
  };
}

async function retrying<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt >= maxTransactionAttempts || !retryable.has(sqlState(error) ?? '')) throw error;
    }
  }
}

async function runTransaction<T>(pool: Pool, statement: Statement, work: (tx: Tx) => Promise<T>): Promise<T> {
  return withClient(pool, async (client, abandon) => {
    try {
      await client.query('begin');
      const result = await work({ query: async (text, values) => client.query(statement(text, values)), inTransaction: true });
      await commit(client);
      return result;
    } catch (error) {
      if (error instanceof AmbiguousCommit || isUnanswered(error)) abandon(error);
      else await client.query('rollback').catch(abandon);
      throw error;
    }
  });
}

async function runStatement<T>(pool: Pool, statement: Statement, work: (tx: Tx) => Promise<T>): Promise<T> {
  return withClient(pool, async (client, abandon) => {
    let isUsed = false;
    const query: Tx['query'] = async (text, values) => {
      if (isUsed) throw new Error('one statement is one commit: a second one needs withTransaction');
      isUsed = true;
      return client.query(statement(text, values)).catch((error: unknown) => {
        if (isRolledBack(error)) throw error;
        const ambiguous = new AmbiguousCommit('the connection was lost during a statement', { cause: error });
        abandon(ambiguous);
        throw ambiguous;
      });
    };
    return work({ query, inTransaction: true });
  });
}

/** Lends a client of the pool; one that was abandoned, or that lost its connection meanwhile, is not given back but closed. */
async function withClient<T>(pool: Pool, use: (client: PoolClient, abandon: (error: Error) => void) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A client that loses its connection while checked out emits an error of its own, beside the rejected query.
  const abandon = (error: Error): void => {
    broken = error;
  };
  client.on('error', abandon);
  try {
    return await use(client, abandon);
  } finally {
    client.off('error', abandon);
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

// Connection lost, server going down, its disk or itself broken: what it did before is then open.
const openOutcome = /^(08|57P|58|XX)/;

/** True when PostgreSQL itself says that the statement failed: then nothing of it is stored. */
function isRolledBack(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && !openOutcome.test(state);
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
