// A relay or a pool as a process of its own, so that it can be killed and frozen. Started by processes.ts with its orders as JSON.

import { z } from 'zod';
import { deliveryLimits } from '../../../config/limits.ts';
import { openDatabase } from '../../../db/pool.ts';
import { drainOnSignal } from '../../../workers/drain.ts';
import { createLog } from '../../../workers/log.ts';
import { createRelay } from '../../../workers/relay-process.ts';
import { createTransactionPool } from '../../../workers/transaction-pool.ts';
import { transactionTopology } from '../../../adapters/rabbitmq/topology.ts';
import { dyingAt } from './dying.ts';
import { remoteWorld } from './remote.ts';

export const childOrders = z.object({
  role: z.enum(['relay', 'pool']),
  name: z.string(),
  databaseUrl: z.string(),
  amqpUrl: z.string(),
  topology: z.object({ name: z.string(), deliveryLimit: z.number(), maxMessages: z.number(), retryDelaysMs: z.array(z.number()) }),
  worldUrl: z.string(),
  faultAt: z.string().optional(),
  limits: z.record(z.string(), z.number()).optional(),
});
export type ChildOrders = z.infer<typeof childOrders>;

if (import.meta.main) {
  const orders = childOrders.parse(JSON.parse(process.argv[2] ?? ''));
  const database = openDatabase({
    url: orders.databaseUrl,
    applicationName: orders.name,
    poolSize: 12,
    idleInTransactionTimeoutMs: 2_000,
    onError: () => undefined,
  });
  const shared = {
    database,
    amqpUrl: orders.amqpUrl,
    name: orders.name,
    topology: transactionTopology(orders.topology),
    faults: dyingAt(orders.faultAt),
    report: () => undefined,
    onFault: (error: unknown) => process.stderr.write(`${error instanceof Error ? error.stack : 'fault'}\n`),
    limits: orders.limits ?? {},
  };
  const running = orders.role === 'relay' ? createRelay(shared) : createTransactionPool({ ...shared, ...remoteWorld(orders.worldUrl) });
  drainOnSignal({
    log: createLog({ process: orders.role, level: 'info' }),
    deadlineMs: orders.limits?.['drainMs'] ?? deliveryLimits.drainMs,
    drain: async () => {
      await running.drain();
      await database.close();
    },
  });
  await running.start();
  process.stdout.write('ready\n');
}
