// One way to run applications, ready to be measured: a namespace of its own, workers, and a customer who speaks its language.

import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { createDataConverter, failureConverterPath } from '../../adapters/temporal/data-converter.ts';
import { connectWorkers } from '../../adapters/temporal/worker-connection.ts';
import type { PayloadCodecOptions } from '../../adapters/temporal/payload-codec.ts';
import { temporalLimits } from '../../config/limits.ts';
import type { Queryable } from '../../db/pool.ts';
import { freshNamespace } from '../../test/support/temporal.ts';
import { createWorkers } from '../../workers/temporal-workers.ts';
import { workflowBundle } from '../../workers/workflow-bundle.ts';
import { naiveBuys, oursBuys } from './customers.ts';
import type { Buy } from './customers.ts';
import { createStubs } from './stubs.ts';

export interface Variant {
  buy: Buy;
  close(): Promise<void>;
}

interface Spec {
  kind: 'ours' | 'naive' | 'mute naive';
  address: string;
  /** Where the customer of ours reads the offer. */
  database: Queryable;
  /** Null: nothing is encrypted. */
  keys: PayloadCodecOptions['keys'] | null;
  stepMs: number;
  also?: Parameters<typeof createStubs>[1];
}

/** Starts the workers. */
export async function openVariant({ kind, address, database, keys, stepMs, also }: Spec): Promise<Variant> {
  const stubs = createStubs(stepMs, also);
  const payloads = { keys: keys ?? [{ id: 'unused', key: randomBytes(32) }], onRefused: () => undefined } as const;
  const { namespace, close } = await freshNamespace(address, payloads);
  const converter = keys && { dataConverter: createDataConverter(payloads) };
  const clientConnection = await Connection.connect({ address });
  const client = new Client({ connection: clientConnection, namespace, ...converter });
  const connection = kind === 'ours' ? await connectWorkers(address) : await NativeConnection.connect({ address });
  const shared = { connection, namespace, activities: stubs.activities, ...converter };
  const workers =
    kind === 'ours'
      ? await createWorkers({ ...shared, rekognitionTps: 1_000, bundle: await workflowBundle(undefined) })
      : [await naiveWorker(shared)];
  const running = Promise.all(workers.map(async (worker) => worker.run()));
  return {
    buy: kind === 'ours' ? oursBuys(client, stubs, database) : naiveBuys(client, stubs, kind === 'mute naive'),
    async close() {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
      await clientConnection.close();
      await close();
    },
  };
}

async function naiveWorker(shared: Pick<Parameters<typeof Worker.create>[0], 'connection' | 'namespace' | 'activities' | 'dataConverter'>) {
  const workflowsPath = fileURLToPath(new URL('naive.ts', import.meta.url));
  return Worker.create({
    ...shared,
    taskQueue: 'naive',
    workflowBundle: await bundleWorkflowCode({ workflowsPath, failureConverterPath, logger: new DefaultLogger('ERROR') }),
    maxCachedWorkflows: temporalLimits.maxCachedWorkflows,
    maxConcurrentWorkflowTaskExecutions: temporalLimits.workflowTaskSlots,
  });
}
