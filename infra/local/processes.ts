// Trasau's own processes, as the supervisor runs them. Each is a plain `node <entry>` with all of its configuration in the environment, as in a
// cluster; each is ready when its /health/ready answers 200.

import { join } from 'node:path';
import type { DevelopmentCertificate } from './certificate.ts';
import type { Environment } from './environment.ts';
import { answersOk } from './http-check.ts';
import { launch, untilReady, type Launched } from './launch.ts';
import { createOnceInAWhile, readableLine } from './log-lines.ts';
import { repository } from './paths.ts';
import { DEFAULT_PORTS, freePort, type Ports } from './ports.ts';
import { mustRun } from './run-command.ts';
import type { Servers } from './servers.ts';
import type { Stack } from './stack.ts';

export interface ProcessSpec {
  name: string;
  entry: string;
  /** Has a PORT of its own, which then answers the health checks too. */
  port?: 'api' | 'sandbox';
  /** How long it may take to finish what it has begun; above the grace of the process itself. */
  graceMs: number;
}

const GRACE_MS = 20_000;

/** In the order in which they are started. The sandbox, being the vendors, is stopped after all the others. */
export const PROCESSES: ProcessSpec[] = [
  { name: 'sandbox', entry: 'sandbox/main.ts', port: 'sandbox', graceMs: GRACE_MS },
  { name: 'api', entry: 'api/main.ts', port: 'api', graceMs: GRACE_MS },
  { name: 'applications', entry: 'workers/applications.ts', graceMs: GRACE_MS },
  { name: 'relay', entry: 'workers/relay.ts', graceMs: GRACE_MS },
  { name: 'transactions', entry: 'workers/transactions.ts', graceMs: GRACE_MS },
  { name: 'notifications', entry: 'workers/notifications.ts', graceMs: GRACE_MS },
];

const READY_WITHIN_MS = 90_000;
const BUNDLE_TIMEOUT_MS = 120_000;
const CHECK_TIMEOUT_MS = 2_000;

export interface ProcessPlan extends ProcessSpec {
  env: Environment;
  readyUrl: string;
}

/** Gives every process its ports and its environment. */
export async function planProcesses(base: Environment, ports: Ports): Promise<ProcessPlan[]> {
  const chosen = new Set<number>(Object.values(ports));
  const plans: ProcessPlan[] = [];
  for (const spec of PROCESSES) {
    const port = spec.port === undefined ? await freePort(DEFAULT_PORTS.health, chosen) : ports[spec.port];
    const own = { HEALTH_PORT: String(port), ...(spec.port === undefined ? {} : { PORT: String(port) }) };
    plans.push({ ...spec, env: { ...base, ...own }, readyUrl: `http://127.0.0.1:${port}/health/ready` });
  }
  return plans;
}

/** Everything that the processes are configured with, addresses and secrets; see config/env.ts for who reads what. */
export function processEnvironment(
  developer: Environment,
  stack: Stack,
  servers: Servers,
  certificate: DevelopmentCertificate,
): Environment {
  const { api, sandbox } = servers.ports;
  const {
    POSTGRES_PASSWORD: _p,
    RABBITMQ_PASSWORD: _r,
    ERLANG_COOKIE: _e,
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    ...secrets
  } = stack.secrets;
  const sandboxUrl = `http://127.0.0.1:${sandbox}`;
  return {
    TRASAU_ENV: 'development',
    LOG_LEVEL: 'info',
    PUBLIC_URL: `http://127.0.0.1:${api}`,
    SANDBOX_URL: sandboxUrl,
    WAY4_URL: `${sandboxUrl}/way4`,
    CIC_URL: `${sandboxUrl}/cic`,
    CIC_CALLBACK_URL: `http://127.0.0.1:${api}/hooks/cic`,
    SMS_URL: `${sandboxUrl}/sms`,
    STAFF_ISSUER_URL: `${sandboxUrl}/oidc`,
    STAFF_JWKS_URL: `${sandboxUrl}/oidc/jwks`,
    AWS_ENDPOINT_URL_REKOGNITION: `${sandboxUrl}/rekognition`,
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    ...secrets,
    // What the developer sets wins over all of the above, but never over the addresses of the servers that were really started.
    ...developer,
    DATABASE_URL: servers.databaseUrl,
    AMQP_URL: servers.amqpUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    ...(servers.temporalUiUrl !== undefined && { TEMPORAL_UI_URL: servers.temporalUiUrl }),
    // Some shells export HOST for themselves.
    HOST: '127.0.0.1',
    ESIGN_P12_FILE: certificate.p12File,
    ESIGN_P12_PASSWORD: secrets.ESIGN_P12_PASSWORD,
    WORKFLOW_BUNDLE: workflowBundleFile(stack),
    ...leanNode(stack),
    // By this the ledger recognises the process as one of this clone.
    TRASAU_STACK: stack.folder,
  };
}

/** Where the bundle of the workflows lies. */
function workflowBundleFile(stack: Pick<Stack, 'folder'>): string {
  return join(stack.folder, 'workflow-bundle.js');
}

/** Makes the bundle of the workflows anew, since the sources may have changed. Returns its file. */
export async function bundleWorkflows(stack: Pick<Stack, 'folder' | 'plainEnv'>): Promise<string> {
  const file = workflowBundleFile(stack);
  const args = [join(repository, 'workers/workflow-bundle.ts'), file];
  await mustRun(process.execPath, args, { cwd: repository, env: stack.plainEnv, timeoutMs: BUNDLE_TIMEOUT_MS });
  return file;
}

// Compiled code is kept, so that Node neither strips types nor compiles again; a small young generation keeps six processes small.
function leanNode(stack: Stack): Environment {
  return { NODE_COMPILE_CACHE: join(stack.folder, 'compile-cache'), NODE_OPTIONS: '--max-semi-space-size=2' };
}

/** Starts one process and returns once it is ready. Its warnings and errors are shown as readable lines. Throws with the end of its log. */
export async function startProcess(stack: Stack, plan: ProcessPlan, show: (line: string) => void): Promise<Launched[]> {
  const showSometimes = createOnceInAWhile(show);
  const launched = await launch(stack, {
    name: plan.name,
    file: process.execPath,
    args: [join(repository, plan.entry)],
    env: plan.env,
    folder: stack.folder,
    cwd: repository,
    graceMs: plan.graceMs,
    onLine(line) {
      const readable = readableLine(plan.name, line);
      if (readable !== undefined) showSometimes(readable);
    },
  });
  await untilReady(launched, () => answersOk(plan.readyUrl, CHECK_TIMEOUT_MS), READY_WITHIN_MS);
  return [launched];
}
