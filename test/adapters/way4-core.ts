// The WAY4 client in front of a core of its own, for one test file.

import { after, afterEach } from 'node:test';
import { createCardCore } from '../../adapters/way4/client.ts';
import type { CardCore } from '../../domain/ports.ts';
import { startSandbox } from '../support/sandbox.ts';
import type { TestSandbox } from '../support/sandbox.ts';

const timeoutMs = 2_000;

/** Starts the sandbox and ends it with the file; faults end with their test. A core that is slow takes longer than the client waits. */
export async function aCore(): Promise<{ sandbox: TestSandbox; core: CardCore }> {
  const sandbox = await startSandbox({ slowMs: 2 * timeoutMs });
  afterEach(async () => sandbox.clearFaults());
  after(async () => sandbox.close());
  return {
    sandbox,
    core: createCardCore({ baseUrl: sandbox.way4Url, timeoutMs, connectTimeoutMs: 1_000, answerMaxBytes: 100_000 }),
  };
}
