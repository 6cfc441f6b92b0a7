// How values become what Temporal stores, in one place for workers, clients and the bundle of the workflows, which must agree.

import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createPayloadCodec } from './payload-codec.ts';
import type { PayloadCodecOptions } from './payload-codec.ts';

/** Given to the bundler as well: the failures of workflows are made inside the bundle. */
export const failureConverterPath = fileURLToPath(new URL('./failure-converter.ts', import.meta.url));

/** The converter of every client and worker. */
export function createDataConverter(options: PayloadCodecOptions): DataConverter {
  return { payloadCodecs: [createPayloadCodec(options)], failureConverterPath };
}
