// The pool that books transactions, put together: a connection that consumes and one that publishes, the handlers of the work queue and
// of the parked queue, the loop that tells outcomes, and the drain of all of it in the order in which nothing started is lost.

import { setTimeout as pause } from 'node:timers/promises';
import { createConsumer } from '../adapters/rabbitmq/consumer.ts';
import type { Consumer } from '../adapters/rabbitmq/consumer.ts';
import type { Link, LinkReport } from '../adapters/rabbitmq/link.ts';
import { createPublisher } from '../adapters/rabbitmq/publisher.ts';
import type { Topology } from '../adapters/rabbitmq/topology.ts';
import type { Transport } from '../adapters/rabbitmq/transport.ts';
import { deliveryLimits, vendorLimits } from '../config/limits.ts';
import type { DeliveryLimits } from '../config/limits.ts';
import type { CardCore } from '../domain/ports.ts';
import type { Database } from '../db/pool.ts';
import { closeAfter, openLink } from './broker.ts';
import type { Faults } from './fault-points.ts';
import { createTransactionHandler } from './handle-transaction.ts';
import type { Handled, WaitInHand } from './handle-transaction.ts';
import { startLoop } from './loop.ts';
import type { Loop } from './loop.ts';
import { noticeRound } from './outcome-notices.ts';
import type { Notify } from './outcome-notices.ts';
import { createParkedHandler } from './parking.ts';

export interface PoolOptions {
  database: Database;
  amqpUrl: string;
  /** Consumer tag and connection names; the pod name. */
  name: string;
  topology: Topology;
  cardCore: Pick<CardCore, 'findPurchase' | 'purchase'>;
  notify: Notify;
  faults: Faults;
  report: (report: LinkReport | Handled) => void;
  onFault: (error: unknown) => void;
  /** Tests shorten these; the defaults are config/limits.ts. */
  limits?: Partial<Limits>;
  /** How AMQP is spoken; amqplib unless a test puts something between. */
  transport?: Transport;
}

type Limits = DeliveryLimits & { coreTimeoutMs: number };

export interface TransactionPool {
  /** Books. Resolves true when it consumes, which begins when it can publish, and false when it was drained before; rejects with
   *  TopologyMismatch, everything ended again, when the broker's queues are not ours. */
  start(): Promise<boolean>;
  ready(): boolean;
  counts(): PoolCounts;
  /** Stops consuming, finishes what was started, gives the rest back, closes. An outcome that is not told yet is told by the next process.
   *  Also while it starts. */
  drain(): Promise<void>;
}

export interface PoolCounts {
  handled: Record<Handled['kind'], number>;
  delivered: number;
  redelivered: number;
  lateAnswers: number;
  sessions: number;
}

export function createTransactionPool(options: PoolOptions): TransactionPool {
  const limits: Limits = { ...deliveryLimits, coreTimeoutMs: vendorLimits.way4TimeoutMs, ...options.limits };
  const handled: PoolCounts['handled'] = { settled: 0, duplicate: 0, fenced: 0, delayed: 0, parked: 0, expired: 0, ambiguous: 0 };
  const publishing = linkFor('publish', options, limits);
  const consuming = linkFor('consume', options, limits);
  const stopping = new AbortController();
  let notices: Loop | undefined;
  const count = (what: Handled): void => {
    handled[what.kind] += 1;
    options.report(what);
  };
  const waitInHand = createWait(consuming, stopping.signal);
  // Opened in this order: a parked queue that cannot be consumed ends the session, before any purchase was fetched and counts as delivered.
  const onExpired = (transactionId: string): void => count({ kind: 'expired', transactionId });
  const parked = consumeParked({ consuming, stopping: stopping.signal, onExpired }, options, limits);
  const transactions = consumeTransactions(
    { consuming, publishing, wakeNotices: () => notices?.wake(), count, waitInHand },
    options,
    limits,
  );

  const drain = async (): Promise<void> => {
    stopping.abort();
    consuming.drain(); // a connection that is lost now is not made again; on the one there is, work in hand is still answered
    await closeAfter(Promise.all([transactions.drain(), parked.drain()]), publishing, limits.drainConfirmMs);
    await Promise.all([notices?.stop(), consuming.close()]);
  };
  const start = async (): Promise<boolean> => {
    notices = startNotices(options, limits);
    try {
      await publishing.start(); // first, for what is booked may have to be put off
      await consuming.start();
    } catch (error) {
      await drain();
      throw error;
    }
    return !stopping.signal.aborted;
  };
  return {
    start,
    ready: () => consuming.state() === 'ready' && publishing.state() === 'ready',
    counts: () => {
      const { delivered, redelivered, late } = transactions.counts();
      return { handled: { ...handled }, delivered, redelivered, lateAnswers: late, sessions: consuming.generation() };
    },
    drain,
  };
}

function linkFor(purpose: string, { amqpUrl, name, topology, transport, report }: PoolOptions, limits: Limits): Link {
  return openLink({ url: amqpUrl, name: `${name} ${purpose}`, topology, limits, transport, report });
}

/** A delivery whose session is gone holds no place any longer: the broker delivers it again. */
function createWait(consuming: Link, stopping: AbortSignal): WaitInHand {
  let session = new AbortController();
  consuming.onState((state) => {
    if (state !== 'connecting') return;
    session.abort();
    session = new AbortController();
  });
  return async (ms, { generation }) => {
    if (consuming.state() === 'connecting' || consuming.generation() !== generation) return false;
    return pause(ms, true, { signal: AbortSignal.any([stopping, session.signal]) }).catch(() => false);
  };
}

function startNotices({ database, notify, faults, onFault }: PoolOptions, limits: Limits): Loop {
  const { noticeBatch: batch, noticeRetryMs: retryMs } = limits;
  return startLoop({
    round: async () => noticeRound({ database, notify, batch, retryMs, faults, onFault }),
    idleMs: limits.noticePollMs,
    faultMs: retryMs,
    onFault,
  });
}

function consumeTransactions(
  parts: {
    consuming: Link;
    publishing: Link;
    wakeNotices: () => void;
    count: (what: Handled) => void;
    waitInHand: WaitInHand;
  },
  options: PoolOptions,
  limits: Limits,
): Consumer {
  const { database, topology, cardCore, faults, onFault } = options;
  return createConsumer({
    link: parts.consuming,
    queue: topology.queue.name,
    consumerTag: options.name,
    prefetch: limits.consumerPrefetch,
    concurrency: limits.consumerConcurrency,
    onFault,
    onAnswered: async () => faults('pool.acknowledged'),
    handle: createTransactionHandler({
      database,
      topology,
      cardCore,
      faults,
      publisher: createPublisher({ link: parts.publishing, ...limits }),
      leaseMs: limits.claimLeaseMs,
      coreTimeoutMs: limits.coreTimeoutMs,
      attemptsPerDelay: limits.attemptsPerDelay,
      onSettled: parts.wakeNotices,
      waitInHand: parts.waitInHand,
      report: parts.count,
    }),
  });
}

function consumeParked(
  { consuming, stopping, onExpired }: { consuming: Link; stopping: AbortSignal; onExpired: (transactionId: string) => void },
  options: PoolOptions,
  limits: Limits,
): Consumer {
  const { database, topology, faults, onFault } = options;
  return createConsumer({
    link: consuming,
    queue: topology.parked.name,
    consumerTag: `${options.name}.parked`,
    prefetch: 1,
    concurrency: 1,
    onFault,
    handle: createParkedHandler({
      database,
      faults,
      retryMs: limits.parkRetryMs,
      workQueue: topology.queue.name,
      stopping: () => stopping.aborted,
      onFault,
      onExpired,
    }),
  });
}
