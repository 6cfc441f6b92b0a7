// The connection of workers to Temporal. What they carry is encrypted, and what is encrypted does not compress: gzip, the SDK's default, would cost
// worker and server processor time for nothing.

import { NativeConnection } from '@temporalio/worker';

/** Throws when Temporal cannot be reached. */
export async function connectWorkers(address: string): Promise<NativeConnection> {
  return NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
}
