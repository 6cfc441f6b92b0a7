// The whole of Trasau for a test file: every process that `npm start` runs, on the test servers, with a database, a Temporal namespace and queues
// that nobody else uses. Started once per file; any process can be killed and started again in the middle of a journey.

import { randomBytes, randomInt } from 'node:crypto';
import { after, afterEach } from 'node:test';
import type { Client } from '@temporalio/client';
import type { PayloadCodecOptions } from '../../adapters/temporal/payload-codec.ts';
import { readEnv } from '../../config/env.ts';
import { addMerchant, issueApiKey, scopes } from '../../db/merchants.ts';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import type { StaffRole } from '../../domain/staff.ts';
import { releasePorts } from '../../infra/local/port-claims.ts';
import { freePort } from '../../infra/local/ports.ts';
import { PROCESSES } from '../../infra/local/processes.ts';
import { handOffTopology } from '../../workers/broker.ts';
import { deleteQueues } from '../delivery/support/world.ts';
import { freshDatabase } from './database.ts';
import { sandboxAt } from './sandbox.ts';
import type { SandboxDoor } from './sandbox.ts';
import { createSystemProcess, tail } from './system-process.ts';
import type { SystemProcess } from './system-process.ts';
import { freshNamespace } from './temporal.ts';

export interface System {
  apiUrl: string;
  /** The vendors, through their back door. */
  sandbox: SandboxDoor;
  database: Database;
  /** A client of the system's own namespace. */
  temporal: Client;
  /** How its payloads are encrypted. */
  payloads: PayloadCodecOptions;
  amqpUrl: string;
  /** Exchange and work queue of the hand-off. */
  handOffQueue: string;
  /** The access token of a member of staff with these roles; support, reviewer and operations unless told otherwise. */
  staffToken(roles?: readonly StaffRole[]): Promise<string>;
  /** Makes a merchant and returns its api key. */
  aMerchantKey(name?: string): Promise<string>;
  /** A number for one customer; no two customers of a test file get the same. */
  nextCustomer(): number;
  /** Ends a process at once, with SIGKILL. */
  kill(name: string): Promise<void>;
  /** Starts a process that was killed; resolves when it is ready. */
  restart(name: string): Promise<void>;
  /** Starts one more process of the api beside the first; returns its address. */
  anotherApi(): Promise<string>;
  /** What a process has written. */
  log(name: string): string;
  /** Runs something before the system is ended, last in first out. */
  afterwards(undo: () => Promise<unknown> | void): void;
}

export interface SystemOptions {
  /** For every process, on top of what it needs. */
  env?: Record<string, string>;
  /** PostgreSQL and Temporal of the test's own, where it wants to harm them. */
  servers?: Record<string, string>;
}

const lowestPort = 20_000;
const portSpread = 8_000;

/** Starts everything and ends it with the test file, whatever happens; the logs are shown when a test has failed. Call it once, at the top of
 *  the file. `env` is set for every process. Needs the servers of `npm test` or `npm run with-servers`. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const undo: (() => Promise<unknown> | void)[] = [];
  let failures = 0;
  afterEach((t) => void (failures += 'passed' in t && t.passed ? 0 : 1));
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  after(stop);
  try {
    return await assemble(options, undo, () => failures > 0);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The same outside of tests: whoever opens it stops it. */
export async function openSystem(options: SystemOptions = {}): Promise<{ system: System; stop(): Promise<void> }> {
  const undo: (() => Promise<unknown> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    return { system: await assemble(options, undo, () => false), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(
  { env: own = {}, servers }: SystemOptions,
  undo: (() => Promise<unknown> | void)[],
  hasFailed: () => boolean,
): Promise<System> {
  const address = servers?.['TEMPORAL_ADDRESS'] ?? required('TEMPORAL_ADDRESS');
  const amqpUrl = required('AMQP_URL');
  const fresh = await freshDatabase(servers?.['DATABASE_URL']);
  undo.push(fresh.close);
  const database = openDatabase({ url: fresh.url, applicationName: 'test', onError: () => undefined });
  undo.push(database.close);
  const payloads: PayloadCodecOptions = { keys: readEnv('temporal').PAYLOAD_KEYS, onRefused: () => undefined };
  const temporal = await freshNamespace(address, payloads);
  undo.push(temporal.close);
  const handOffQueue = `test.${randomBytes(6).toString('hex')}`;
  undo.push(async () => deleteQueues(amqpUrl, handOffTopology(handOffQueue)));
  undo.push(releasePorts);
  const ports = await choosePorts();
  const addresses = { DATABASE_URL: fresh.url, AMQP_URL: amqpUrl, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: temporal.namespace };
  const url = (name: string): string => `http://127.0.0.1:${ports.get(name)}`;
  const env = {
    ...given(),
    ...environmentAt({ api: url('api'), sandbox: url('sandbox') }),
    ...addresses,
    HAND_OFF_QUEUE: handOffQueue,
    ...own,
  };
  const processes = createProcesses(ports, env);
  undo.push(async () => void (await Promise.all([...processes.values()].map(async (process) => process.kill()))));
  undo.push(() => void (hasFailed() && showLogs(processes)));
  await Promise.all([...processes.values()].map(async (process) => process.start()));
  const named = (name: string): SystemProcess => processes.get(name) ?? failUnknown(name);
  const sandbox = sandboxAt(`http://127.0.0.1:${ports.get('sandbox')}`);
  let customers = 0;
  return {
    apiUrl: `http://127.0.0.1:${ports.get('api')}`,
    sandbox,
    database,
    temporal: temporal.client,
    payloads,
    amqpUrl,
    handOffQueue,
    staffToken: async (roles = ['support', 'reviewer', 'operations']) => sandbox.staffToken('lan', roles),
    aMerchantKey: async (name = 'Cửa hàng Thử') =>
      database.withTransaction(async (tx) => {
        const merchantId = await addMerchant(tx, { name });
        return (await issueApiKey(tx, { merchantId, scopes, mode: 'test' })).apiKey;
      }),
    nextCustomer: () => (customers += 1),
    kill: async (name) => named(name).kill(),
    restart: async (name) => named(name).start(),
    anotherApi: async () => {
      const other = new Map([['api', await freePort(lowestPort + randomInt(portSpread), new Set(ports.values()))]]);
      const process = createProcesses(other, env).get('api') ?? failUnknown('api');
      undo.push(async () => process.kill());
      await process.start();
      return `http://127.0.0.1:${other.get('api')}`;
    },
    log: (name) => named(name).log(),
    afterwards: (step) => void undo.push(step),
  };
}

/** One port for each process, its own for as long as this test file runs. */
async function choosePorts(): Promise<Map<string, number>> {
  const chosen = new Set<number>();
  const from = lowestPort + randomInt(portSpread);
  const ports = new Map<string, number>();
  for (const { name } of PROCESSES) ports.set(name, await freePort(from, chosen));
  return ports;
}

function createProcesses(ports: Map<string, number>, env: Record<string, string>): Map<string, SystemProcess> {
  return new Map(
    PROCESSES.filter(({ name }) => ports.has(name)).map(({ name, entry }) => {
      const port = String(ports.get(name));
      const readyUrl = `http://127.0.0.1:${port}/health/ready`;
      return [name, createSystemProcess({ name, entry, env: { ...env, PORT: port, HEALTH_PORT: port }, readyUrl })];
    }),
  );
}

/** The secrets that the test run made. */
function given(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_') && !name.startsWith('npm_'));
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}

/** How the processes of a system find each other and the vendors; the servers and the secrets come on top. */
export function environmentAt({ api, sandbox }: { api: string; sandbox: string }): Record<string, string> {
  return {
    TRASAU_ENV: 'test',
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    REKOGNITION_MODE: 'scripted',
    PUBLIC_URL: api,
    CIC_CALLBACK_URL: `${api}/hooks/cic`,
    CIC_URL: `${sandbox}/cic`,
    WAY4_URL: `${sandbox}/way4`,
    SMS_URL: `${sandbox}/sms`,
    STAFF_ISSUER_URL: `${sandbox}/oidc`,
    STAFF_JWKS_URL: `${sandbox}/oidc/jwks`,
    AWS_ENDPOINT_URL_REKOGNITION: `${sandbox}/rekognition`,
  };
}

function showLogs(processes: Map<string, SystemProcess>): void {
  for (const [name, { log }] of processes) process.stderr.write(`\n── the end of what ${name} wrote ──\n${tail(log())}\n`);
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this beside the test servers (npm test, or npm run with-servers -- …).`);
  return value;
}

function failUnknown(name: string): never {
  throw new Error(`there is no process '${name}'`);
}
