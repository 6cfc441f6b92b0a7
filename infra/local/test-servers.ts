// Servers for one test run or one developer's command: fresh data, own ports, gone afterwards whatever happens.

import type { Environment } from './environment.ts';
import { findTemporalTestServer } from './find/temporal.ts';
import { createProgress, type Progress } from './progress.ts';
import { startServers, stopServers } from './servers.ts';
import { openTestStack, removeStack } from './stack.ts';

export interface TestServers {
  /** Everything that a test needs, on top of the developer's own environment. */
  env: Environment;
  stop(): Promise<void>;
}

// Far from the ports of `npm start`, and spread by process id, so that several runs rarely look at the same ports at the same moment.
const LOWEST_OFFSET = 1_000;
const SLOTS = 40;
const PORTS_PER_SLOT = 100;

/** Brings up PostgreSQL (without fsync), RabbitMQ and Temporal for tests. The caller must call `stop` in the end. */
export async function startTestServers(env: Environment, progress: Progress = createProgress()): Promise<TestServers> {
  const stack = await openTestStack(env, progress);
  const cleanUp = () => {
    stack.ledger.close();
    removeStack(stack);
  };
  try {
    const offset = LOWEST_OFFSET + (process.pid % SLOTS) * PORTS_PER_SLOT;
    const testServer = await findTemporalTestServer(env, progress);
    const servers = await startServers(stack, env, offset);
    const stop = async () => {
      await stopServers(servers.running);
      cleanUp();
    };
    const addresses = {
      DATABASE_URL: servers.databaseUrl,
      AMQP_URL: servers.amqpUrl,
      TEMPORAL_ADDRESS: servers.temporalAddress,
      ...(servers.rabbitmqManagementUrl === undefined ? {} : { RABBITMQ_MANAGEMENT_URL: servers.rabbitmqManagementUrl }),
      ...(testServer === undefined ? {} : { TEMPORAL_TEST_SERVER: testServer }),
    };
    return { env: { ...env, ...stack.secrets, ...addresses }, stop };
  } catch (error) {
    cleanUp();
    throw error;
  }
}
