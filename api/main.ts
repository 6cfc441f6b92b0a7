// The api process: reads its environment, puts the parts together, listens, and drains when it is asked to end. Temporal may be away
// at start; the database may too, and readiness says so.

import type { Client } from '@temporalio/client';
import { serve } from '@hono/node-server';
import { pino } from 'pino';
import { readCicCallback } from '../adapters/cic/wire.ts';
import { createImageIntake } from '../adapters/images/intake.ts';
import { createStaffTokens } from '../adapters/oidc/client.ts';
import type { StaffTokenOptions } from '../adapters/oidc/client.ts';
import { createIdentityProvider } from '../adapters/rekognition/client.ts';
import { openObjectStores } from '../adapters/s3/stores.ts';
import { connectTemporal } from '../adapters/temporal/client.ts';
import { createCommands } from '../adapters/temporal/commands.ts';
import type { PayloadCodecOptions } from '../adapters/temporal/payload-codec.ts';
import { createPayloadReader } from '../adapters/temporal/payload-reader.ts';
import { createRuns } from '../adapters/temporal/runs.ts';
import { readEnv, s3Options } from '../config/env.ts';
import type { Env } from '../config/env.ts';
import { identityLimits } from '../config/identity-limits.ts';
import { apiLimits, temporalLimits } from '../config/limits.ts';
import { staffLimits, staffTokenLimits } from '../config/staff-limits.ts';
import { createBoxes } from '../db/boxes.ts';
import { createCustomers } from '../db/customers.ts';
import { createDocuments } from '../db/documents.ts';
import type { ObjectStores } from '../db/documents.ts';
import { createIdempotencyKeys } from '../db/idempotency.ts';
import { createPostgresObjects } from '../db/objects.ts';
import { openDatabase } from '../db/pool.ts';
import type { Database } from '../db/pool.ts';
import { databaseProblems, knownMigrations } from '../db/readiness.ts';
import { applicationWorkflowId } from '../workflows/messages.ts';
import { createApp } from './app.ts';
import { createDrain } from './drain.ts';
import type { ApiDeps } from './environment.ts';
import { applicationPolicy } from './policy.ts';

async function main(): Promise<void> {
  const env = readEnv('api');
  const log = pino({ level: env.LOG_LEVEL, base: { process: 'api' } });
  const database = openDatabase({
    url: env.DATABASE_URL,
    applicationName: 'trasau-api',
    onError: (error) => log.warn({ error: error.name }, 'an idle database connection was lost'),
  });
  const payloads: PayloadCodecOptions = { keys: env.PAYLOAD_KEYS, onRefused: (code) => log.error({ code }, 'payload refused') };
  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE: namespace } = env;
  const temporal = connectTemporal({ address: TEMPORAL_ADDRESS, namespace, payloads, reconnectMs: temporalLimits.connectRetryMs });
  const { draining, drain } = createDrain({ deregisterMs: env.TRASAU_ENV === 'production' ? apiLimits.deregisterMs : 0 });
  const objects = await openObjectStores(createPostgresObjects(database), s3Options(env));
  const known = await knownMigrations();
  const intake = createImageIntake({
    limits: identityLimits,
    memoryMaxBytes: identityLimits.imageDecodeMaxBytes,
    timeoutMs: identityLimits.imageDecodeTimeoutMs,
    startTimeoutMs: identityLimits.imageDecoderStartMs,
    waitingMax: identityLimits.imageWaitingMax,
  });
  const app = createApp({
    ...stored(database, env, objects),
    ...throughTemporal(temporal.client, env, payloads),
    readImage: intake.read,
    readBureauCallback: (rawBody, signature, timestamp) => {
      const callback = readCicCallback(rawBody, signature, timestamp, env.CIC_CALLBACK_SECRET, new Date());
      return callback.kind === 'ok' ? callback : null;
    },
    liveness: livenessOf(env),
    notReady: async () => (draining() ? ['DRAINING'] : databaseProblems(database, known)),
    draining,
    now: () => new Date(),
    log,
    publicUrl: env.PUBLIC_URL.replace(/\/$/, ''),
    readStaffToken: createStaffTokens(staffTokenOptions(env)),
  });
  const { headersTimeoutMs: headersTimeout, requestTimeoutMs: requestTimeout } = apiLimits;
  const address = { port: env.PORT, ...(env.HOST !== undefined && { hostname: env.HOST }) };
  const server = serve({ fetch: app.fetch, ...address, serverOptions: { headersTimeout, requestTimeout } }, ({ port }) =>
    log.info({ port, publicUrl: env.PUBLIC_URL }, 'listening'),
  );
  const end = (signal: string): void => {
    log.info({ signal }, 'draining');
    drain(server, async () => {
      await temporal.close().catch(() => undefined);
      await intake.close();
      await database.close();
    }).then(
      () => log.info('ended'),
      (error: unknown) => {
        log.error({ error: error instanceof Error ? error.name : typeof error }, 'did not end cleanly');
        process.exitCode = 1;
      },
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

function stored(
  database: Database,
  env: Env<'api'>,
  objects: ObjectStores,
): Pick<ApiDeps, 'database' | 'boxes' | 'customers' | 'documents' | 'idempotencyKeys'> {
  const boxes = createBoxes({ dataKey: env.DATA_KEY, indexKey: env.INDEX_KEY });
  return {
    database,
    boxes,
    customers: createCustomers(boxes),
    documents: createDocuments(boxes, objects),
    idempotencyKeys: createIdempotencyKeys(boxes),
  };
}

function livenessOf(env: Env<'api'>): ApiDeps['liveness'] {
  if (env.LIVENESS === 'off') return null;
  const provider = createIdentityProvider({
    endpoint: env.AWS_ENDPOINT_URL_REKOGNITION,
    region: env.AWS_REGION,
    accessKeyId: env.AWS_ACCESS_KEY_ID,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    timeoutMs: identityLimits.livenessTimeoutMs,
  });
  return { provider, region: env.AWS_REGION };
}

function staffTokenOptions(env: Env<'api'>): StaffTokenOptions {
  return {
    ...staffTokenLimits,
    issuer: env.STAFF_ISSUER_URL,
    audience: env.STAFF_AUDIENCE,
    keys: new URL(env.STAFF_JWKS_URL),
    algorithms: env.STAFF_ALGORITHMS,
    type: env.STAFF_TOKEN_TYPE,
    rolesClaim: env.STAFF_ROLES_CLAIM,
  };
}

type ThroughTemporal = 'commands' | 'runs' | 'runUrl' | 'readPayloads' | 'payloadNamespace' | 'temporalUiOrigin';

function throughTemporal(client: Client, env: Env<'api'>, payloads: PayloadCodecOptions): Pick<ApiDeps, ThroughTemporal> {
  return {
    readPayloads: createPayloadReader(env.TEMPORAL_NAMESPACE, payloads),
    payloadNamespace: env.TEMPORAL_NAMESPACE,
    temporalUiOrigin: env.TEMPORAL_UI_URL === undefined ? null : new URL(env.TEMPORAL_UI_URL).origin,
    commands: createCommands(client, {
      policy: applicationPolicy,
      timeoutMs: apiLimits.commandTimeoutMs,
      atOnce: temporalLimits.commandsAtOnce,
    }),
    runs: createRuns(client, { timeoutMs: staffLimits.runLookMs }),
    runUrl: (applicationId) => runUrl(env, applicationId),
  };
}

function runUrl({ TEMPORAL_UI_URL, TEMPORAL_NAMESPACE }: Env<'api'>, applicationId: string): string | null {
  if (TEMPORAL_UI_URL === undefined) return null;
  const run = encodeURIComponent(applicationWorkflowId(applicationId));
  return `${TEMPORAL_UI_URL.replace(/\/$/, '')}/namespaces/${encodeURIComponent(TEMPORAL_NAMESPACE)}/workflows/${run}`;
}

await main();
