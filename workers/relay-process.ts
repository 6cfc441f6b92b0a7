// The relay put together: lanes that publish the outbox, the sweeper that makes up for what was lost, and the drain of both. Several
// relays run at once; rows that one holds are passed over by the others.

import { createGauge } from '../adapters/rabbitmq/gauge.ts';
import { createPublisher } from '../adapters/rabbitmq/publisher.ts';
import type { Topology } from '../adapters/rabbitmq/topology.ts';
import type { Transport } from '../adapters/rabbitmq/transport.ts';
import type { LinkReport } from '../adapters/rabbitmq/link.ts';
import { deliveryLimits } from '../config/limits.ts';
import type { DeliveryLimits } from '../config/limits.ts';
import { handOffAges, sweepOutbox, tidyOutbox } from '../db/outbox.ts';
import type { HandOffAges } from '../db/outbox.ts';
import type { Database } from '../db/pool.ts';
import { closeAfter, openLink } from './broker.ts';
import type { Faults } from './fault-points.ts';
import { startLoop } from './loop.ts';
import { relayRound } from './relay-round.ts';

export interface RelayOptions {
  database: Database;
  amqpUrl: string;
  /** Shown at RabbitMQ. */
  name: string;
  topology: Topology;
  faults: Faults;
  report: (report: LinkReport | { kind: 'swept'; count: number } | ({ kind: 'late' } & HandOffAges)) => void;
  onFault: (error: unknown) => void;
  /** Tests shorten these; the defaults are config/limits.ts. */
  limits?: Partial<DeliveryLimits>;
  /** How AMQP is spoken; amqplib unless a test puts something between. */
  transport?: Transport;
}

export interface Relay {
  ready(): boolean;
  counts(): { published: number; returned: number; refused: number; unconfirmed: number; sessions: number };
  /** Takes no new rows, waits for the confirms of those it has, and closes. */
  drain(): Promise<void>;
}

/** Starts relaying. Resolves when the broker is there and its queues are ours; rejects with TopologyMismatch when they are not. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { database, topology, faults, onFault } = options;
  const limits = { ...deliveryLimits, ...options.limits };
  const link = openLink({
    url: options.amqpUrl,
    name: `${options.name} publish`,
    topology,
    limits,
    transport: options.transport,
    report: options.report,
  });
  const publisher = createPublisher({ link, ...limits });
  const gauge = createGauge({ link, queue: topology.queue.name });
  await link.start();

  const ready = () => link.state() === 'ready';
  const round = async () =>
    relayRound({ database, publisher, exchange: topology.exchange, ready, batch: limits.relayBatch, retryMs: limits.relayRetryMs, faults });
  const lanes = Array.from({ length: limits.relayLanes }, () =>
    startLoop({ round, idleMs: limits.relayPollMs, faultMs: limits.relayRetryMs, onFault }),
  );
  const sweeper = startLoop({ round: async () => sweep(), idleMs: limits.sweepEveryMs, faultMs: limits.sweepEveryMs, onFault });
  // A loop of its own: whatever tidying comes to, the sweeper goes on and late purchases are reported.
  const tidier = startLoop({ round: async () => tidy(), idleMs: limits.sweepEveryMs, faultMs: limits.sweepEveryMs, onFault });

  async function sweep(): Promise<boolean> {
    // What was published and is not in the queue was fetched, waits in a delay queue (for longer than this only if its row says so), or is lost: no need for patience then.
    const isEmpty = (await gauge.waiting()) === 0;
    const afterMs = isEmpty ? Math.min(limits.sweepAfterEmptyMs, limits.sweepAfterMs) : limits.sweepAfterMs;
    const count = await database.withTransaction(async (tx) => {
      const swept = await sweepOutbox(tx, { afterMs, limit: limits.sweepBatch });
      await faults('sweeper.sweeping');
      return swept;
    });
    await faults('sweeper.swept');
    if (count > 0) options.report({ kind: 'swept', count });
    const ages = await handOffAges(database);
    if (Math.max(ages.unpublishedMs, ages.unsettledMs) > limits.sweepAfterMs) options.report({ kind: 'late', ...ages });
    return count === limits.sweepBatch;
  }

  async function tidy(): Promise<boolean> {
    const { outboxKeptMs: keptMs, sweepBatch: limit } = limits;
    return (await database.withTransaction(async (tx) => tidyOutbox(tx, { keptMs, limit }))) === limit;
  }

  return {
    ready,
    counts: () => {
      const { confirmed, ...failed } = publisher.counts();
      return { published: confirmed, ...failed, sessions: link.generation() };
    },
    drain: async () => {
      const stopped = Promise.all([...lanes, sweeper, tidier].map(async (loop) => loop.stop()));
      await closeAfter(stopped, link, limits.drainConfirmMs);
    },
  };
}
