// Three books for reconciliation: a fresh database with our transactions and applications, and a sandbox whose books lie in the same
// database, in its own schema, so that a test can change either behind the other's back.

import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createCardCore } from '../../../adapters/way4/client.ts';
import { readEnv } from '../../../config/env.ts';
import { newId } from '../../../db/ids.ts';
import { openDatabase } from '../../../db/pool.ts';
import type { Database } from '../../../db/pool.ts';
import { acceptTransaction } from '../../../db/transactions.ts';
import type { ApplicationStatus } from '../../../domain/states.ts';
import { handOffTopology } from '../../../workers/broker.ts';
import { noFaults } from '../../../workers/fault-points.ts';
import { reconcile } from '../../../workers/reconciliation.ts';
import type { ReconciliationOptions } from '../../../workers/reconciliation.ts';
import type { ReconciliationReport } from '../../../workers/reconciliation-report.ts';
import { createRelay } from '../../../workers/relay-process.ts';
import { createTransactionPool } from '../../../workers/transaction-pool.ts';
import { freshDatabase } from '../../support/database.ts';
import { startSandbox } from '../../support/sandbox.ts';
import type { TestSandbox } from '../../support/sandbox.ts';
import { anApplicationRow, deleteQueues, fastPool, fastRelay } from './world.ts';

export interface Purchase {
  transactionId: string;
  applicationId: string;
  rrn: string;
}

export interface PurchaseOptions {
  status?: 'accepted' | 'posted' | 'rejected';
  /** Whether WAY4 has it; it does unless told otherwise. */
  atCore?: boolean;
  applicationStatus?: ApplicationStatus;
  /** When it happened; an hour ago unless told otherwise. */
  agoMs?: number;
  /** When it was accepted; as above unless told otherwise. */
  acceptedAgoMs?: number;
}

export interface Ledger {
  database: Database;
  databaseUrl: string;
  sandbox: TestSandbox;
  purchases: Purchase[];
  aPurchase(options?: PurchaseOptions): Promise<Purchase>;
  /** An application in this status, without a transaction. */
  anApplication(status: ApplicationStatus): Promise<string>;
  bookAtCore(rrn: string, amountVnd: number): Promise<void>;
  reconcile(change?: Partial<ReconciliationOptions>): Promise<ReconciliationReport>;
  /** Runs something when the test is over, last in first out. */
  afterwards(undo: () => Promise<void>): void;
}

const call = { reference: 'test' };
const contractNumber = 'K-LEDGER';
const amountVnd = 100_000;
const hourMs = 3_600_000;
const ends = { accepted: 'settling', posted: 'completed', rejected: 'failed' } as const;

/** Books that agree: two posted purchases and a rejected one. */
export async function aHealthyLedger(t: TestContext): Promise<Ledger> {
  const ledger = await aLedger(t);
  for (const status of ['posted', 'posted', 'rejected'] as const) await ledger.aPurchase({ status });
  return ledger;
}

async function aLedger(t: TestContext): Promise<Ledger> {
  const fresh = await freshDatabase();
  const database = openDatabase({ url: fresh.url, applicationName: 'test-ledger' });
  const sandbox = await startSandbox({ databaseUrl: fresh.url, schema: 'sandbox' });
  const undo = [fresh.close, database.close, sandbox.close];
  t.after(async () => {
    for (const step of undo.toReversed()) await step();
  });
  const core = coreOf(sandbox);
  await openContracts(core);
  const merchantId = newId('merchant');
  await database.query('insert into merchants (id, name) values ($1, $2)', [merchantId, 'Test Shop']);
  const purchases: Purchase[] = [];
  const at = async (applicationId: string, status: ApplicationStatus, agoMs: number) =>
    database.query(`update applications set status = $2, updated_at = now() - $3 * interval '1 ms' where id = $1`, [
      applicationId,
      status,
      agoMs,
    ]);
  const ledger: Ledger = {
    database,
    databaseUrl: fresh.url,
    sandbox,
    purchases,
    afterwards: (step) => void undo.push(step),
    aPurchase: async ({
      status = 'posted',
      atCore = true,
      applicationStatus = ends[status],
      agoMs = hourMs,
      acceptedAgoMs = agoMs,
    } = {}) => {
      const applicationId = await anApplicationRow(database, merchantId, amountVnd);
      const terms = { applicationId, merchantId, kind: 'purchase', contractNumber, amountVnd } as const;
      const accepted = await database.withTransaction(async (tx) =>
        acceptTransaction(tx, { ...terms, intentKey: `${applicationId}:purchase` }),
      );
      if (atCore) await ledger.bookAtCore(accepted.rrn, amountVnd);
      if (atCore && status === 'rejected') await database.query(`update sandbox.docs set resp_code = '51' where rrn = $1`, [accepted.rrn]);
      await settle(database, accepted.transactionId, status, { agoMs, acceptedAgoMs });
      await at(applicationId, applicationStatus, agoMs);
      const purchase = { applicationId, ...accepted };
      purchases.push(purchase);
      return purchase;
    },
    anApplication: async (status) => {
      const applicationId = await anApplicationRow(database, merchantId, amountVnd);
      await at(applicationId, status, hourMs);
      return applicationId;
    },
    bookAtCore: async (rrn, amount) => {
      const shop = { merchantId, merchantName: 'Test Shop', at: '2026-01-02T03:04:05Z' };
      await core.purchase({ rrn, contractNumber, amountVnd: amount, ...shop }, call);
    },
    reconcile: async (change = {}) => {
      const limits = { periodMs: 24 * hourMs, quietMs: 60_000, clockSkewMs: hourMs, maxBreaks: 100, reportBreaks: 100 };
      const batches = { pageRows: 2, batchRows: 2, askAtOnce: 2, askTries: 3, askPauseMs: 10 }; // small, so that everything takes several
      return reconcile({ database, books: core, dryRun: false, ...limits, ...batches, ...change });
    },
  };
  return ledger;
}

/** Runs a relay and a pool on the ledger until the test is over; an application ends as soon as it is told. */
export async function runHandOff({ database, sandbox, afterwards }: Ledger): Promise<void> {
  const { AMQP_URL: amqpUrl } = readEnv('relay');
  const topology = handOffTopology(`test.${randomBytes(6).toString('hex')}`);
  const shared = { database, amqpUrl, topology, faults: noFaults, report: () => undefined, onFault: () => undefined };
  const relay = createRelay({ ...shared, name: 'relay', limits: fastRelay });
  const pool = createTransactionPool({
    ...shared,
    name: 'pool',
    cardCore: coreOf(sandbox),
    notify: async ({ applicationId, status }) =>
      void (await database.query('update applications set status = $2 where id = $1', [applicationId, ends[status]])),
    limits: fastPool,
  });
  afterwards(async () => {
    await Promise.all([relay.drain(), pool.drain()]);
    await deleteQueues(amqpUrl, topology);
  });
  await Promise.all([relay.start(), pool.start()]);
}

function coreOf(sandbox: TestSandbox): ReturnType<typeof createCardCore> {
  return createCardCore({ baseUrl: sandbox.way4Url, timeoutMs: 2_000, connectTimeoutMs: 500, answerMaxBytes: 1_000_000 });
}

/** The contract of all purchases, and another one. */
async function openContracts(core: ReturnType<typeof createCardCore>): Promise<void> {
  const person = { nationalId: '079199990001', fullName: 'Nguyễn Thị Thử', dateOfBirth: '1999-01-01', phone: '+84901234567' };
  await core.createClient({ ...person, clientNumber: 'C-LEDGER', regNumber: 'RC-LEDGER', address: '1 Đường Mẫu, Hà Nội' }, call);
  for (const number of [contractNumber, 'K-OTHER']) {
    const contract = { contractNumber: number, clientNumber: 'C-LEDGER', regNumber: `R${number}`, limitVnd: 100_000_000 };
    await core.createContract({ ...contract, openedOn: '2026-01-02' }, call);
  }
}

/** Dates a transaction back and gives it its outcome, in the one change that the database allows. */
async function settle(
  database: Database,
  id: string,
  status: 'accepted' | 'posted' | 'rejected',
  { agoMs, acceptedAgoMs }: { agoMs: number; acceptedAgoMs: number },
): Promise<void> {
  await database.query(
    `update transactions set status = $2, accepted_at = now() - $4 * interval '1 ms',
       settled_at = case when $2 = 'accepted' then null else now() - $3 * interval '1 ms' end where id = $1`,
    [id, status, agoMs, acceptedAgoMs],
  );
  await database.query(`update outbox set published_at = now() - $2 * interval '1 ms' where transaction_id = $1`, [id, agoMs]);
}
