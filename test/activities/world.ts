// A world for activity tests: the real activities and a database of the file's own, vendors as plain objects, and a database that dies at
// the worst moments on order.

import { after } from 'node:test';
import { createActivities } from '../../activities/index.ts';
import type { Activities } from '../../activities/index.ts';
import { deadlines, decisionLimits, otpLimits } from '../../config/limits.ts';
import { createBoxes } from '../../db/boxes.ts';
import { addMerchant } from '../../db/merchants.ts';
import { AmbiguousCommit, openDatabase } from '../../db/pool.ts';
import type { Database, Tx } from '../../db/pool.ts';
import { identityPolicies } from '../../domain/identity/checks.ts';
import type { IdentityPolicy } from '../../domain/identity/checks.ts';
import { createStore } from '../../db/store.ts';
import type { Store } from '../../db/store.ts';
import { shippedRuleset } from '../support/facts.ts';
import { freshDatabase } from '../support/database.ts';
import { anApplicant } from './applicant.ts';
import type { Applicant, ApplicantOptions } from './applicant.ts';
import { createVendors } from './vendors.ts';
import type { Vendors } from './vendors.ts';

/** What happens to the next commit that records an outcome: the server dies before it, or the answer to it is lost. */
export type CommitFault = 'killed' | 'answerLost';

export interface World {
  activities: Activities;
  database: Database;
  store: Store;
  vendors: Vendors;
  /** The errors before they were mapped. */
  failures: unknown[];
  anApplicant(options?: ApplicantOptions): Promise<Applicant>;
  faultNextCommit(fault: CommitFault): void;
  /** What Temporal would say of the tries of a step. */
  tries: { isLast: boolean };
  /** All rows about an application by table, as text that changes with any change. */
  rowsOf(applicationId: string): Promise<Map<string, string[]>>;
}

/** A new world, torn down after the file's tests. `parts` takes the place of vendors. */
export async function aWorld(parts: Partial<Vendors['ports'] & { identityPolicy: IdentityPolicy }> = {}): Promise<World> {
  const fresh = await freshDatabase();
  const database = openDatabase({ url: fresh.url, applicationName: 'test-activities', poolSize: 20 });
  after(async () => {
    await database.close();
    await fresh.close();
  });
  const boxes = createBoxes({ dataKey: Buffer.alloc(32, 1), indexKey: Buffer.alloc(32, 2) });
  const faults: CommitFault[] = [];
  const store = createStore(dyingOnOrder(database, faults), boxes);
  const vendors = createVendors();
  const failures: unknown[] = [];
  const tries = { isLast: false };
  const activities = createActivities({
    store,
    ...vendors.ports,
    identityPolicy: identityPolicies.off,
    ...parts,
    reportReuseMs: decisionLimits.reportReuseMs,
    inquirySharedMs: deadlines.creditReportMs,
    shippedRuleset,
    challengerBudgetMs: 1_000,
    otpMaxAttempts: otpLimits.maxAttempts,
    otpLifetimeMs: otpLimits.lifetimeMs,
    isLastTry: () => tries.isLast,
    now: () => new Date(),
    onFailure: (_activity, error) => void failures.push(error),
  });
  const merchantId = await database.withTransaction(async (tx) => addMerchant(tx, { name: 'Cửa hàng Thử' }));
  const tables = await tablesAboutApplications(database);
  return {
    activities,
    database,
    store,
    vendors,
    failures,
    tries,
    anApplicant: async (options = {}) => anApplicant({ activities, store, merchantId }, options),
    faultNextCommit: (fault) => void faults.push(fault),
    rowsOf: async (applicationId) => rowsOf(database, tables, applicationId),
  };
}

/** Kills the connection in the last moment before the COMMIT of an outcome, or lets it commit and loses the answer. */
function dyingOnOrder(database: Database, faults: CommitFault[]): Database {
  return {
    ...database,
    async withTransaction(work) {
      let recordsOutcome = false;
      const watched = (tx: Tx): Tx => ({
        inTransaction: true,
        query: async (text, values) => {
          recordsOutcome ||= text.startsWith('insert into application_steps');
          return tx.query(text, values);
        },
      });
      const result = await database.withTransaction(async (tx) => {
        const done = await work(watched(tx));
        if (recordsOutcome && faults[0] === 'killed') {
          faults.shift();
          await tx.query('select pg_terminate_backend(pg_backend_pid())');
        }
        return done;
      });
      if (recordsOutcome && faults.shift() === 'answerLost') throw new AmbiguousCommit('the connection was lost during COMMIT');
      return result;
    },
  };
}

async function tablesAboutApplications(database: Database): Promise<string[]> {
  const { rows } = await database.query<{ table_name: string }>(
    `select table_name from information_schema.columns where table_schema = 'public' and column_name = 'application_id' order by table_name`,
  );
  return rows.map((row) => row.table_name);
}

async function rowsOf(database: Database, tables: readonly string[], applicationId: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const wanted = [
    ...tables.map((table) => [table, `application_id = $1`]),
    ['applications', 'id = $1'],
    ['outbox', 'transaction_id in (select id from transactions where application_id = $1)'],
  ] as const;
  for (const [table = '', where = ''] of wanted) {
    const { rows } = await database.query<{ row: string }>(`select t::text as row from ${table} t where ${where} order by 1`, [
      applicationId,
    ]);
    found.set(
      table,
      rows.map(({ row }) => row),
    );
  }
  return found;
}
