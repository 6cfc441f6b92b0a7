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
import type { Loop } from './loop.ts';
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
  /** Relays, and reports late purchases from now on, whether the broker is there or not. Resolves true when the broker is there and its queues are
   *  ours, false when it was drained before; rejects with TopologyMismatch, everything ended again, when they are not. */
  start(): Promise<boolean>;
  ready(): boolean;
  counts(): { published: number; returned: number; refused: number; unconfirmed: number; sessions: number };
  /** Takes no new rows, waits for the confirms of those it has, and closes; also while it starts. Repeat: the same promise. */
  drain(): Promise<void>;
}

export function createRelay(options: RelayOptions): Relay {
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
  const ready = () => link.state() === 'ready';
  const { relayBatch: batch, relayRetryMs: retryMs } = limits;
  const round = async () => relayRound({ database, publisher, exchange: topology.exchange, ready, batch, retryMs, faults });
  const loops: Loop[] = [];
  let draining: Promise<void> | undefined;

  async function start(): Promise<boolean> {
    const everyMs = limits.sweepEveryMs;
    // Loops of their own: whatever tidying or the broker comes to, the sweeper goes on and late purchases are reported.
    begin(async () => reportLate(options, limits), everyMs, everyMs);
    await link.start().catch(async (error: unknown) => {
      await drain();
      throw error;
    });
    if (draining) return false;
    for (let lane = 0; lane < limits.relayLanes; lane += 1) begin(round, limits.relayPollMs, retryMs);
    begin(sweep, everyMs, everyMs);
    begin(async () => tidy(database, limits), everyMs, everyMs);
    return true;
  }

  function begin(work: () => Promise<boolean>, idleMs: number, faultMs: number): void {
    loops.push(startLoop({ round: work, idleMs, faultMs, onFault }));
  }

  async function drain(): Promise<void> {
    return (draining ??= closeAfter(Promise.all(loops.map(async (loop) => loop.stop())), link, limits.drainConfirmMs));
  }

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
    return count === limits.sweepBatch;
  }

  const counts = () => {
    const { confirmed, ...failed } = publisher.counts();
    return { published: confirmed, ...failed, sessions: link.generation() };
  };
  return { start, ready, counts, drain };
}

async function reportLate({ database, report }: RelayOptions, limits: DeliveryLimits): Promise<boolean> {
  const ages = await handOffAges(database);
  if (Math.max(ages.unpublishedMs, ages.unsettledMs) > limits.sweepAfterMs) report({ kind: 'late', ...ages });
  return false;
}

async function tidy(database: Database, { outboxKeptMs: keptMs, sweepBatch: limit }: DeliveryLimits): Promise<boolean> {
  return (await database.withTransaction(async (tx) => tidyOutbox(tx, { keptMs, limit }))) === limit;
}
