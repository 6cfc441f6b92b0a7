// What whole applications need in a campaign, beside what the hand-off has: the api and the worker of applications as production runs them, and a
// namespace of their own on a Temporal that may be killed. The two speak to their servers directly, so what strikes a server strikes them.

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { readEnv } from '../../config/env.ts';
import { addMerchant, issueApiKey, scopes } from '../../db/merchants.ts';
import type { Database } from '../../db/pool.ts';
import { plainEnvironment } from '../../infra/local/environment.ts';
import { freePort } from '../../infra/local/ports.ts';
import { PROCESSES, bundleWorkflows } from '../../infra/local/processes.ts';
import type { RunningServer } from '../../infra/local/servers.ts';
import type { TestServers } from '../../infra/local/test-servers.ts';
import { environmentAt } from '../support/system.ts';
import { createSystemProcess } from '../support/system-process.ts';
import type { SystemProcess } from '../support/system-process.ts';
import { freshNamespace } from '../support/temporal.ts';
import { serverNamed } from './server-named.ts';
import { crew } from './schedule.ts';

export interface ApplicationStack {
  apiUrl: string;
  /** The shop of every application of the campaign, and of nothing else. */
  merchantId: string;
  merchantKey: string;
  temporal: Client;
  temporalServer: RunningServer;
  /** What a process needs to speak to the workflows. */
  temporalEnv: Record<string, string>;
  processes: ReadonlyMap<string, SystemProcess>;
}

export interface ApplicationStackOptions {
  servers: TestServers;
  database: Database;
  databaseUrl: string;
  sandboxUrl: string;
}

const lowestPort = 22_000;
const portSpread = 4_000;

/** Starts it; resolves when both processes are ready. What is opened is closed by `undo`. */
export async function openApplicationStack(
  { servers, database, databaseUrl, sandboxUrl }: ApplicationStackOptions,
  undo: (() => Promise<unknown> | void)[],
): Promise<ApplicationStack> {
  const { TEMPORAL_ADDRESS, PAYLOAD_KEYS } = readStrings(servers.env, ['TEMPORAL_ADDRESS', 'PAYLOAD_KEYS']);
  const payloads = { keys: readEnv('temporal', servers.env).PAYLOAD_KEYS, onRefused: () => undefined };
  const [temporal, bundle] = await Promise.all([
    freshNamespace(TEMPORAL_ADDRESS, payloads),
    bundleWorkflows({ folder: servers.folder, plainEnv: plainEnvironment(servers.env) }),
  ]);
  undo.push(temporal.close);
  const temporalEnv = { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE: temporal.namespace, PAYLOAD_KEYS };
  const taken = new Set<number>();
  const ports = { api: await portFor(taken), applications: await portFor(taken) };
  const apiUrl = `http://127.0.0.1:${ports.api}`;
  const env = {
    ...servers.env,
    ...environmentAt({ api: apiUrl, sandbox: sandboxUrl }),
    ...temporalEnv,
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    WORKFLOW_BUNDLE: bundle,
    NODE_COMPILE_CACHE: join(servers.folder, 'compile-cache'), // a process that is killed is back sooner
  };
  const processes = new Map<string, SystemProcess>();
  for (const { name, entry } of PROCESSES) {
    if (![...crew.api, ...crew.worker].includes(name)) continue;
    const port = String(name === 'api' ? ports.api : ports.applications);
    const readyUrl = `http://127.0.0.1:${port}/health/ready`;
    const process = createSystemProcess({ name, entry, env: { ...env, PORT: port, HEALTH_PORT: port }, readyUrl });
    undo.push(process.kill);
    processes.set(name, process);
  }
  await Promise.all([...processes.values()].map(async (process) => process.start()));
  return {
    apiUrl,
    ...(await openShop(database)),
    temporal: temporal.client,
    temporalServer: serverNamed(servers, 'Temporal'),
    temporalEnv,
    processes,
  };
}

async function portFor(taken: Set<number>): Promise<number> {
  return freePort(lowestPort + randomInt(portSpread), taken);
}

async function openShop(database: Database): Promise<{ merchantId: string; merchantKey: string }> {
  return database.withTransaction(async (tx) => {
    const merchantId = await addMerchant(tx, { name: 'Cửa hàng Thử' });
    return { merchantId, merchantKey: (await issueApiKey(tx, { merchantId, scopes, mode: 'test' })).apiKey };
  });
}

function readStrings<Name extends string>(env: Record<string, string>, names: readonly Name[]): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, env[name] ?? ''])) as Record<Name, string>; // one entry for each name
}
