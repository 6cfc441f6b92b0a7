// A Temporal namespace of its own for each test file: task queues have fixed names, so files that run side by side on one server
// would otherwise take each other's work.

import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { msToTs } from '@temporalio/common/lib/time.js';
import { repeats } from '../../adapters/temporal/client.ts';
import { createDataConverter } from '../../adapters/temporal/data-converter.ts';
import type { PayloadCodecOptions } from '../../adapters/temporal/payload-codec.ts';

export interface FreshNamespace {
  address: string;
  namespace: string;
  client: Client;
  close(): Promise<void>;
}

const keyword = 2; // INDEXED_VALUE_TYPE_KEYWORD

/** Registers a namespace with Trasau's search attributes on the server at this address, and a client of it that encrypts. */
export async function freshNamespace(address: string, payloads: PayloadCodecOptions): Promise<FreshNamespace> {
  const connection = await Connection.connect({ address, interceptors: repeats });
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  await defineSearchAttributes(connection, namespace);
  const client = new Client({ connection, namespace, dataConverter: createDataConverter(payloads) });
  return { address, namespace, client, close: async () => connection.close() };
}

/** Defines Trasau's search attributes in a namespace. */
export async function defineSearchAttributes({ operatorService }: Pick<Connection, 'operatorService'>, namespace: string): Promise<void> {
  const searchAttributes = { ApplicationStatus: keyword, MerchantId: keyword, Attention: keyword };
  await operatorService.addSearchAttributes({ namespace, searchAttributes });
}

/** Lets this time pass on a server that skips time: days are over in a moment, and every timer due in them has gone off. */
export async function skipTime(environment: TestWorkflowEnvironment, duration: `${number} ${'seconds' | 'hours'}`): Promise<void> {
  await environment.sleep(duration);
}
