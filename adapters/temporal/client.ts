// The connection to Temporal. It is made by the first call and not before, so a process starts, answers its health checks and
// serves what needs no workflow while Temporal is away.

import { Client, Connection } from '@temporalio/client';
import { createDataConverter } from './data-converter.ts';
import type { PayloadCodecOptions } from './payload-codec.ts';

export interface TemporalOptions {
  /** host:port */
  address: string;
  namespace: string;
  payloads: PayloadCodecOptions;
}

export interface TemporalConnection {
  client: Client;
  close(): Promise<void>;
}

/** A client that connects when it is first used, and again after a loss. Throws nothing here, whatever the address. */
export function connectTemporal({ address, namespace, payloads }: TemporalOptions): TemporalConnection {
  const connection = Connection.lazy({ address });
  const client = new Client({ connection, namespace, dataConverter: createDataConverter(payloads) });
  return { client, close: async () => connection.close() };
}
