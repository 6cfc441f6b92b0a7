// Runs Temporal's development server with its web UI, and makes sure that the search attributes that Trasau sets exist, also on a server that
// was given by address.

import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Program } from '../find/temporal.ts';
import { launch, untilReady, type Launched } from '../launch.ts';
import type { Ports } from '../ports.ts';
import type { Stack } from '../stack.ts';

const SEARCH_ATTRIBUTES = ['ApplicationStatus', 'MerchantId', 'Attention'];
export const NAMESPACE = 'default';

// temporal.api.enums.v1.IndexedValueType: INDEXED_VALUE_TYPE_KEYWORD
const KEYWORD = 2;
const READY_WITHIN_MS = 60_000;
const GRACE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;

/** Starts the development server and returns once its namespace answers and knows the search attributes. */
export async function startTemporal(stack: Stack, program: Program, ports: Ports): Promise<Launched> {
  const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  // Without a file the server keeps everything in memory: quicker, and what a test run needs.
  const keeping = stack.durable
    ? [
        '--db-filename',
        join(stack.folder, 'temporal.db'),
        '--ui-port',
        String(ports.temporalUi),
        '--ui-codec-endpoint',
        `http://127.0.0.1:${ports.payloadDesk}`,
      ]
    : ['--headless'];
  const server = await launch(stack, {
    name: 'temporal',
    file: program.file,
    args: [
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(ports.temporal),
      '--metrics-port',
      String(ports.temporalMetrics),
      '--log-level',
      'error',
      ...keeping,
      ...attributes,
    ],
    env: { ...stack.plainEnv, TRASAU_STACK: stack.folder },
    folder: stack.folder,
    graceMs: GRACE_MS,
  });
  await untilReady(server, async () => (await checkTemporal(temporalAddress(ports))) !== '', READY_WITHIN_MS);
  return server;
}

/** The address of the stack's Temporal frontend. */
export function temporalAddress(ports: Ports): string {
  return `127.0.0.1:${ports.temporal}`;
}

/** The version of the Temporal server at this address, once its namespace exists and has every search attribute. Repeat: nothing changes. */
export async function checkTemporal(address: string): Promise<string> {
  const connection = await Connection.connect({ address, connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
    const known = await connection.operatorService.listSearchAttributes({ namespace: NAMESPACE });
    const missing = SEARCH_ATTRIBUTES.filter((name) => known.customAttributes?.[name] === undefined);
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
    if (missing.length > 0) await connection.operatorService.addSearchAttributes({ namespace: NAMESPACE, searchAttributes });
    return (await connection.workflowService.getSystemInfo({})).serverVersion ?? 'unknown';
  } finally {
    await connection.close();
  }
}
