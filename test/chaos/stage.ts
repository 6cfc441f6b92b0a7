// Where a campaign plays: a database, queues and a WAY4 sandbox of its own on servers that it may break, and a crew of processes, each behind
// wires of its own. Nothing is shared with anybody else, so anything may be killed.

import { randomBytes } from 'node:crypto';
import { createCardCore } from '../../adapters/way4/client.ts';
import { transactionTopology } from '../../adapters/rabbitmq/topology.ts';
import type { Topology } from '../../adapters/rabbitmq/topology.ts';
import { vendorLimits } from '../../config/limits.ts';
import { newId } from '../../db/ids.ts';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { freePort } from '../../infra/local/ports.ts';
import type { RunningServer } from '../../infra/local/servers.ts';
import type { TestServers } from '../../infra/local/test-servers.ts';
import { anApplicationRow } from '../delivery/support/world.ts';
import { tcpProxy } from '../delivery/support/tcp-proxy.ts';
import { freshDatabase } from '../support/database.ts';
import { sandboxAt } from '../support/sandbox.ts';
import type { SandboxDoor } from '../support/sandbox.ts';
import { createSystemProcess } from '../support/system-process.ts';
import type { SystemProcess } from '../support/system-process.ts';
import { openApplicationStack } from './application-stack.ts';
import type { ApplicationStack } from './application-stack.ts';
import { createCrewMember } from './crew-member.ts';
import type { CrewMember } from './crew-member.ts';
import type { Orders, Report } from './orders.ts';
import * as profiles from './profiles.ts';
import type { Profile } from './profiles.ts';
import { crew as names } from './schedule.ts';
import { serverNamed } from './server-named.ts';

/** An account at WAY4 and the application that buys on it. */
export interface Account {
  applicationId: string;
  merchantId: string;
  contractNumber: string;
  limitVnd: number;
}

export interface Stage {
  profile: Profile;
  /** Straight to the servers, past every wire. */
  database: Database;
  amqpUrl: string;
  topology: Topology;
  sandbox: SandboxDoor & Pick<SystemProcess, 'pid' | 'log' | 'accidents'>;
  postgres: RunningServer;
  broker: RunningServer;
  crew: ReadonlyMap<string, CrewMember>;
  accounts: readonly Account[];
  /** Only where whole applications run as well. */
  applications?: ApplicationStack;
  close(): Promise<void>;
}

export interface StageOptions {
  servers: TestServers;
  profile: keyof typeof profiles;
  mutant?: string | undefined;
  /** Only where confirmed messages are taken away on purpose: elsewhere it would make up for a loss that must not be. */
  sweeper: boolean;
  /** Whole applications run as well: the api, their worker, and Temporal, which hears of every outcome. */
  applications?: boolean;
  /** False where nothing is broken but everything measured: the processes then talk to their servers directly. */
  wired?: boolean;
  onReport: (report: Report) => void;
}

const accountCount = 20;
const tightAccounts = 4; // Those run into their limit, so that purchases are refused as well.
const sandboxPort = 21_000;

/** Prepares everything and starts the crew. What was opened is closed again when it fails half-way. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { servers, profile, mutant, sweeper, wired = true, onReport } = options;
  const undo: (() => Promise<unknown> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const amqpUrl = servers.env['AMQP_URL'] ?? '';
    const fresh = await freshDatabase(servers.env['DATABASE_URL']);
    undo.push(fresh.close);
    const database = openDatabase({ url: fresh.url, applicationName: 'campaign', onError: () => undefined });
    undo.push(database.close);
    const sandbox = await startSandboxProcess(servers, fresh.url, undo);
    const { queueDeliveryLimit: deliveryLimit, queueMaxMessages: maxMessages, retryDelaysMs } = profiles[profile].delivery;
    const topology = transactionTopology({ name: `chaos.${randomBytes(6).toString('hex')}`, deliveryLimit, maxMessages, retryDelaysMs });
    const accounts = await openAccounts(database, sandbox);
    const applications = options.applications
      ? await openApplicationStack({ servers, database, databaseUrl: fresh.url, sandboxUrl: sandbox.url }, undo)
      : undefined;
    const temporal = applications && { temporal: applications.temporalEnv };
    const shared = { ...temporal, queue: topology.exchange, profile, sweeper, ...(mutant !== undefined && { mutant }) };
    const crew = new Map<string, CrewMember>();
    for (const role of ['relay', 'consumer', 'sender'] as const) {
      for (const name of names[role]) {
        const member = await hire(
          { ...shared, role, name, postgresUrl: fresh.url, amqpUrl, way4Url: sandbox.way4Url },
          wired,
          onReport,
          undo,
        );
        crew.set(name, member);
        member.start();
      }
    }
    await Promise.all([...crew.values()].map(async (member) => member.ready));
    return {
      profile: profiles[profile],
      database,
      amqpUrl,
      topology,
      sandbox,
      postgres: serverNamed(servers, 'PostgreSQL'),
      broker: serverNamed(servers, 'RabbitMQ'),
      crew,
      accounts,
      ...(applications && { applications }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function hire(
  orders: Orders,
  wired: boolean,
  onReport: (report: Report) => void,
  undo: (() => Promise<unknown> | void)[],
): Promise<CrewMember> {
  const { role } = orders;
  const wires: CrewMember['wires'] = wired
    ? {
        postgres: await tcpProxy(orders.postgresUrl),
        ...(role !== 'sender' && { amqp: await tcpProxy(orders.amqpUrl) }),
        ...(role === 'consumer' && { way4: await tcpProxy(orders.way4Url) }),
      }
    : {};
  const behind = {
    ...orders,
    postgresUrl: wires.postgres?.url ?? orders.postgresUrl,
    amqpUrl: wires.amqp?.url ?? orders.amqpUrl,
    way4Url: wires.way4?.url ?? orders.way4Url,
  };
  const member = createCrewMember(behind, wires, onReport);
  undo.push(async () => {
    await member.kill();
    await Promise.all(Object.values(wires).map(async (wire) => wire.close()));
  });
  return member;
}

async function startSandboxProcess(
  servers: TestServers,
  databaseUrl: string,
  undo: (() => Promise<unknown> | void)[],
): Promise<Stage['sandbox']> {
  const port = await freePort(sandboxPort, new Set());
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...servers.env,
    TRASAU_ENV: 'test',
    LOG_LEVEL: 'error',
    DATABASE_URL: databaseUrl,
    HOST: '127.0.0.1',
    PORT: String(port),
    REKOGNITION_MODE: 'scripted',
  };
  const child = createSystemProcess({ name: 'sandbox', entry: 'sandbox/main.ts', env, readyUrl: `${url}/health/ready` });
  undo.push(child.kill);
  await child.start();
  return { ...sandboxAt(url), pid: child.pid, log: child.log, accidents: child.accidents };
}

async function openAccounts(database: Database, sandbox: SandboxDoor): Promise<Account[]> {
  const { way4TimeoutMs: timeoutMs, connectTimeoutMs, answerMaxBytes } = vendorLimits;
  const core = createCardCore({ baseUrl: sandbox.way4Url, timeoutMs, connectTimeoutMs, answerMaxBytes });
  const call = { reference: 'campaign' };
  const person = { nationalId: '079199990001', fullName: 'Nguyễn Thị Thử', dateOfBirth: '1999-01-01', phone: '+84901234567' };
  const client = { ...person, clientNumber: 'C-CHAOS', regNumber: 'RC-CHAOS', address: '1 Đường Mẫu, Hà Nội' };
  await core.createClient(client, call);
  const merchantId = newId('merchant');
  await database.query('insert into merchants (id, name) values ($1, $2)', [merchantId, 'Test Shop']);
  const accounts: Account[] = [];
  for (let n = 0; n < accountCount; n += 1) {
    const contractNumber = `K-CHAOS-${n}`;
    const limitVnd = n < tightAccounts ? 2_000_000 : 1_000_000_000_000;
    const { clientNumber } = client;
    await core.createContract({ contractNumber, clientNumber, regNumber: `R${contractNumber}`, limitVnd, openedOn: '2026-01-02' }, call);
    accounts.push({ applicationId: await anApplicationRow(database, merchantId, 100_000), merchantId, contractNumber, limitVnd });
  }
  return accounts;
}
