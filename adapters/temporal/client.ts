// The connection to Temporal. It is made by the first call and not before, so a process starts, answers its health checks and
// serves what needs no workflow while Temporal is away.

import { Client, Connection } from '@temporalio/client';

export interface TemporalOptions {
  /** host:port */
  address: string;
  namespace: string;
}

export interface TemporalConnection {
  client: Client;
  close(): Promise<void>;
}

/** A client that connects when it is first used, and again after a loss. Throws nothing here, whatever the address. */
export function connectTemporal({ address, namespace }: TemporalOptions): TemporalConnection {
  const connection = Connection.lazy({ address });
  return { client: new Client({ connection, namespace }), close: async () => connection.close() };
}
