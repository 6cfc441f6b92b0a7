// A world for activity tests: the real activities and a database of the file's own, vendors as plain objects, and a database that dies at
// the worst moments on order. An applicant walks through the steps as the workflow would lead them.

import { readFileSync } from 'node:fs';
import { after } from 'node:test';
import { createActivities } from '../../activities/index.ts';
import type { Activities } from '../../activities/index.ts';
import { otpLimits } from '../../config/limits.ts';
import { createApplication } from '../../db/applications.ts';
import { createBoxes } from '../../db/boxes.ts';
import { grantConsent } from '../../db/consents.ts';
import type { ConsentKind } from '../../db/consents.ts';
import { addMerchant } from '../../db/merchants.ts';
import { AmbiguousCommit, openDatabase } from '../../db/pool.ts';
import type { Database, Tx } from '../../db/pool.ts';
import { createStore } from '../../db/store.ts';
import type { Store } from '../../db/store.ts';
import type { DocumentRef } from '../../domain/application.ts';
import { parseRuleset } from '../../domain/decision/ruleset.ts';
import { freshDatabase } from '../support/database.ts';
import { createVendors, person, rightCode } from './vendors.ts';
import type { Vendors } from './vendors.ts';

/** The steps of the happy path, in order. */
export const happyPath = [
  'recordBasicInfo',
  'verifyIdentity',
  'requestCreditReport',
  'decide',
  'acceptOffer',
  'createClient',
  'createContract',
  'prepareContract',
  'sealContract',
  'requestOtp',
  'verifyOtp',
  'handOffTransaction',
  'finish',
] as const;

export type StepOnPath = (typeof happyPath)[number];

/** What happens to the next commit that records an outcome: the server dies before it, or the answer to it is lost. */
export type CommitFault = 'killed' | 'answerLost';

export interface Applicant {
  applicationId: string;
  ref(step: string, round?: number): { applicationId: string; step: string; round: number };
  /** Runs a step of the path with the input that the workflow would give it. */
  run(step: StepOnPath, round?: number): Promise<unknown>;
  /** Runs all steps before this one. */
  walksTo(step: StepOnPath): Promise<Applicant>;
  /** What the step returned. */
  outcome<N extends keyof Activities>(step: N): Awaited<ReturnType<Activities[N]>>;
  submission: { idFront: DocumentRef; idBack: DocumentRef; selfie: DocumentRef };
  contractConsentId: string;
}

export interface World {
  activities: Activities;
  database: Database;
  store: Store;
  vendors: Vendors;
  /** The errors before they were mapped. */
  failures: unknown[];
  anApplicant(options?: { consents?: readonly ConsentKind[]; amountVnd?: number }): Promise<Applicant>;
  faultNextCommit(fault: CommitFault): void;
  /** All rows about an application by table, as text that changes with any change. */
  rowsOf(applicationId: string): Promise<Map<string, string[]>>;
}

const document: unknown = JSON.parse(readFileSync(new URL('../../rulesets/pay-later-vn.v1.json', import.meta.url), 'utf8'));
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();

/** A new world, torn down after the file's tests. */
export async function aWorld(): Promise<World> {
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
  const activities = createActivities({
    store,
    ...vendors.ports,
    ruleset: { document: parseRuleset(document), sha256: 'test' },
    otpMaxAttempts: otpLimits.maxAttempts,
    otpLifetimeMs: otpLimits.lifetimeMs,
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

async function anApplicant(
  { activities, store, merchantId }: { activities: Activities; store: Store; merchantId: string },
  {
    consents = ['data_processing', 'credit_bureau', 'biometric', 'contract'],
    amountVnd = 3_000_000,
  }: { consents?: readonly ConsentKind[]; amountVnd?: number },
): Promise<Applicant> {
  const stored = await store.withTransaction(async (tx) => {
    const customerId = await store.customers.add(tx, { phone: person.phone });
    await store.customers.saveProfile(tx, customerId, person);
    const { id: applicationId } = await createApplication(tx, {
      merchantId,
      merchantReference: customerId,
      customerId,
      amountVnd,
      items: [],
      metadata: {},
      language: 'vi',
      returnUrl: null,
      cancelUrl: null,
      deadlineAt: new Date(soon()),
    });
    const text = { textVersion: '1', textSha256: 'text', language: 'vi', channel: 'checkout' } as const;
    const granted = new Map<ConsentKind, string>();
    for (const kind of consents) granted.set(kind, await grantConsent(tx, { applicationId, kind, ...text }));
    const photo = async (kind: 'id_front' | 'id_back' | 'selfie') =>
      store.documents.add(tx, { applicationId, kind, mediaType: 'image/jpeg', content: Buffer.from(`${kind} of ${applicationId}`) });
    const submission = { idFront: await photo('id_front'), idBack: await photo('id_back'), selfie: await photo('selfie') };
    return { applicationId, submission, contractConsentId: granted.get('contract') ?? 'cst_none' };
  });
  const { applicationId, submission, contractConsentId } = stored;
  const outcomes = new Map<string, unknown>();
  const ref: Applicant['ref'] = (step, round = 1) => ({ applicationId, step, round });
  // Stored under the step's name by `run` below, where the types agree.
  const outcome: Applicant['outcome'] = (step) => outcomes.get(step) as never;
  const inputs = {
    recordBasicInfo: () => ({ deadlineAt: soon() }),
    verifyIdentity: () => ({ submission, attemptsLeft: 2, deadlineAt: soon(), reviewDueAt: soon() }),
    decide: () => ({ offerExpiresAt: soon(), reviewDueAt: soon() }),
    acceptOffer: () => {
      const decided = outcome('decide');
      return { offerHash: decided.kind === 'approved' ? decided.offer.hash : 'none' };
    },
    prepareContract: () => ({ deadlineAt: soon() }),
    sealContract: () => ({
      documentSha256: outcome('prepareContract').documentSha256,
      consentId: contractConsentId,
      signedAt: new Date().toISOString(),
      deadlineAt: soon(),
    }),
    requestOtp: () => ({ deadlineAt: soon() }),
    verifyOtp: () => ({ challengeId: outcome('requestOtp').challengeId, code: rightCode }),
    finish: () => ({ status: 'completed', reasons: [] }),
  } satisfies Partial<Record<StepOnPath, () => unknown>>;
  const applicant: Applicant = {
    applicationId,
    submission,
    contractConsentId,
    ref,
    outcome,
    async run(step, round = 1) {
      const input = step in inputs ? inputs[step as keyof typeof inputs]() : undefined; // just asked
      const run = activities[step] as (ref: unknown, input: unknown) => Promise<unknown>; // each entry of `inputs` fits its activity
      const result = await run(ref(step, round), input);
      outcomes.set(step, result);
      return result;
    },
    async walksTo(step) {
      for (const earlier of happyPath.slice(0, happyPath.indexOf(step))) await applicant.run(earlier);
      return applicant;
    },
  };
  return applicant;
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
