// Servers for one test run or one developer's command: fresh data, own ports, gone afterwards whatever happens.

import { join } from 'node:path';
import { ensureDevelopmentCertificate } from './certificate.ts';
import { isUnderNpm, withoutNpm, type Environment } from './environment.ts';
import { findTemporalTestServer } from './find/temporal.ts';
import { releasePorts } from './port-claims.ts';
import { createProgress, type Progress } from './progress.ts';
import { stopAll } from './launch.ts';
import { startServers, type RunningServer } from './servers.ts';
import { watchForStop } from './signals.ts';
import { openTestStack, removeStack } from './stack.ts';

export interface TestServers {
  /** Everything that a test needs, on top of the developer's own environment. */
  env: Environment;
  /** Where everything of this run lies; removed at its end. */
  folder: string;
  /** The servers that were started here and not given by address. */
  running: RunningServer[];
  /** Resolves when somebody asks this process to stop; what runs beside the servers should then end. */
  requested: Promise<void>;
  stop(): Promise<void>;
}

// Far from the ports of `npm start`, and spread by process id, so that several runs rarely look at the same ports at the same moment.
const LOWEST_OFFSET = 1_000;
const SLOTS = 40;
const PORTS_PER_SLOT = 100;

export interface TestServerOptions {
  /** What was committed survives a kill, as in production: PostgreSQL syncs. Tests save that time unless they are about it. */
  durable?: boolean;
  progress?: Progress;
}

/** Brings up PostgreSQL, RabbitMQ and Temporal for tests. The caller must call `stop` in the end. A request to stop that comes while
 *  they start makes this throw, with everything stopped. */
export async function startTestServers(env: Environment, options: TestServerOptions = {}): Promise<TestServers> {
  const { durable = false, progress = createProgress() } = options;
  const stack = await openTestStack(env, progress, durable);
  const watch = watchForStop({ onFirst: () => void (stack.closing = true), onAgain: () => void stopAll(stack, true) }, isUnderNpm(env));
  const stop = async () => {
    await stopAll(stack);
    stack.ledger.close();
    releasePorts();
    removeStack(stack);
    watch.done();
  };
  try {
    const offset = LOWEST_OFFSET + (process.pid % SLOTS) * PORTS_PER_SLOT;
    const testServer = await findTemporalTestServer(env, progress);
    const servers = await startServers(stack, env, offset);
    const certificate = await ensureDevelopmentCertificate(join(stack.folder, 'esign'), stack.secrets.ESIGN_P12_PASSWORD);
    const addresses = {
      DATABASE_URL: servers.databaseUrl,
      AMQP_URL: servers.amqpUrl,
      TEMPORAL_ADDRESS: servers.temporalAddress,
      ESIGN_P12_FILE: certificate.p12File,
      TRASAU_STACK: stack.folder,
      ...(servers.rabbitmqManagementUrl === undefined ? {} : { RABBITMQ_MANAGEMENT_URL: servers.rabbitmqManagementUrl }),
      ...(servers.temporalMetricsUrl === undefined ? {} : { TEMPORAL_METRICS_URL: servers.temporalMetricsUrl }),
      ...(testServer === undefined ? {} : { TEMPORAL_TEST_SERVER: testServer }),
    };
    return {
      env: { ...withoutNpm(env), ...stack.secrets, ...addresses },
      folder: stack.folder,
      running: servers.running,
      requested: watch.requested,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
