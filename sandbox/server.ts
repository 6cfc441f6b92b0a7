// Starts and stops the sandbox: its store, its HTTP server and the loop that calls back. Used by the entry point and by tests alike, so
// both run the same thing.

import { createAdaptorServer } from '@hono/node-server';
import type { Logger } from 'pino';
import { sandboxLimits } from '../config/sandbox-limits.ts';
import type { AwsCredentials } from './aws/signature.ts';
import { createSandbox } from './app.ts';
import { callBack } from './cic/callbacks.ts';
import { createFaults } from './faults.ts';
import { createIssuer } from './oidc/issuer.ts';
import type { Rekognition } from './rekognition/rekognition.ts';
import { openStore } from './store.ts';
import type { Store } from './store.ts';

export interface SandboxOptions {
  databaseUrl: string;
  /** PostgreSQL schema of its own; created when missing. */
  schema?: string;
  hostname: string;
  /** 0 picks a free port. */
  port: number;
  log: Logger;
  cicApiKey: string;
  cicCallbackSecret: string;
  smsApiKey: string;
  smsApiSecret: string;
  awsCredentials: AwsCredentials;
  /** `aud` of the tokens of staff; that of the api unless given. */
  staffAudience?: string;
  /** Closed with the sandbox. /rekognition is not there without it. */
  rekognition?: Rekognition;
  /** Tests make slow answers and reports faster. */
  slowMs?: number;
  reportDelayMs?: number;
}

export interface RunningSandbox {
  /** `http://host:port`, without a path. */
  url: string;
  store: Store;
  /** Stops taking calls, ends open ones and the callback loop, and closes the store. */
  close(): Promise<void>;
}

/** Resolves when the sandbox answers every vendor's calls, the face models included. Throws when the database, the port or the models
 *  cannot be had; nothing is left running then. */
export async function startSandboxServer(options: SandboxOptions): Promise<RunningSandbox> {
  const { log, slowMs = sandboxLimits.slowMs, reportDelayMs = sandboxLimits.reportDelayMs } = options;
  const store = await openStore({
    databaseUrl: options.databaseUrl,
    schema: options.schema ?? 'sandbox',
    onError: (error) => log.warn({ type: error.name }, 'an idle database connection was lost'),
  });
  const faults = createFaults();
  let isReady = false;
  const app = createSandbox({
    ...options,
    store,
    faults,
    slowMs,
    reportDelayMs,
    issuer: await createIssuer(options.staffAudience ?? 'trasau'),
    rekognition: options.rekognition,
    isReady: () => isReady,
  });
  const server = createAdaptorServer({ fetch: app.fetch });
  const url = await listen(server, options).catch(async (error: unknown) => {
    await Promise.all([options.rekognition?.close(), store.close()]);
    throw error;
  });
  const stop = new AbortController();
  const callbacks = callBack(
    {
      store,
      faults,
      slowMs,
      secret: options.cicCallbackSecret,
      onFailure: ({ inquiryId, tries, error }) =>
        log.warn({ inquiryId, tries, type: error instanceof Error ? error.name : 'unknown' }, 'a callback could not be delivered'),
    },
    stop.signal,
  );
  const close = async (): Promise<void> => {
    stop.abort();
    await Promise.all([closeServer(server), callbacks]);
    await Promise.all([options.rekognition?.close(), store.close()]);
  };
  await options.rekognition?.ready().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  isReady = true;
  return { url, store, close };
}

async function closeServer(server: ReturnType<typeof createAdaptorServer>): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  if (!('closeIdleConnections' in server)) return closed;
  server.closeIdleConnections();
  const deadline = setTimeout(() => server.closeAllConnections(), sandboxLimits.drainMs);
  await closed.finally(() => clearTimeout(deadline));
}

async function listen(server: ReturnType<typeof createAdaptorServer>, { hostname, port }: SandboxOptions): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, resolve);
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${hostname}:${actualPort}`;
}
