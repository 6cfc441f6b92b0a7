// The queues of the hand-off as one value. Every process declares it whenever it connects: the broker creates what is missing and proves
// that what is there has exactly these arguments. Why arguments and not policies: a bare broker without an administrator then behaves as
// the code expects, and a difference is found by the broker itself; a policy may still lower a limit (the smaller one counts).

import type { Tenant } from './session.ts';
import type { Channel } from './transport.ts';

export interface Queue {
  name: string;
  arguments: Record<string, string | number>;
}

export interface Topology {
  exchange: string;
  /** The work. */
  queue: Queue;
  /** Where a message waits before it comes back to the work, shortest first. */
  delays: { delayMs: number; routingKey: string; queue: Queue }[];
  /** What could not be handled, until its row is written. */
  parked: Queue;
}

/** What reaches the work queue. */
export const workKey = 'work';

export interface TopologyOptions {
  /** Name of exchange and work queue; the start of every other name. */
  name: string;
  deliveryLimit: number;
  maxMessages: number;
  retryDelaysMs: readonly number[];
}

const neverDropped = 1_000_000; // No limit in effect: 3.10 has no word for "none" and 4.x would otherwise drop after 20.

/** The exchange and queues of the hand-off. Quorum queues throughout: the only kind that has written to disk what it confirms. */
export function transactionTopology({ name, deliveryLimit, maxMessages, retryDelaysMs }: TopologyOptions): Topology {
  const parked = `${name}.parked`;
  // At-least-once dead-lettering needs a quorum queue that refuses when it is full; otherwise the broker silently falls back to "at most".
  // It goes by the default exchange, where a queue is found by its name: a message that finds no queue is tried again only after three
  // minutes, and a binding, unlike a name, can be taken away.
  const safely = {
    'x-queue-type': 'quorum',
    'x-overflow': 'reject-publish',
    'x-dead-letter-exchange': '',
    'x-dead-letter-strategy': 'at-least-once',
  };
  return {
    exchange: name,
    queue: {
      name,
      arguments: { ...safely, 'x-max-length': maxMessages, 'x-dead-letter-routing-key': parked, 'x-delivery-limit': deliveryLimit },
    },
    // No length: what a delay queue refused would come back to a consumer that cannot book it either.
    delays: retryDelaysMs.map((delayMs) => ({
      delayMs,
      routingKey: `retry.${delayMs}`,
      queue: {
        name: `${name}.retry.${delayMs}`,
        arguments: { ...safely, 'x-dead-letter-routing-key': name, 'x-message-ttl': delayMs },
      },
    })),
    parked: { name: parked, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': neverDropped } },
  };
}

export function queuesOf({ queue, delays, parked }: Topology): Queue[] {
  return [queue, ...delays.map((delay) => delay.queue), parked];
}

/** What we publish to, each with its key. Only the broker itself reaches the parked queue. */
export function bindingsOf({ exchange, queue, delays }: Topology): { exchange: string; routingKey: string; queue: Queue }[] {
  return [
    { exchange, routingKey: workKey, queue },
    ...delays.map((delay) => ({ exchange, routingKey: delay.routingKey, queue: delay.queue })),
  ];
}

/** A queue or exchange exists with other properties. What was there is unchanged; a person has to drain and delete it, or restore the setting. */
export class TopologyMismatch extends Error {
  override readonly name = 'TopologyMismatch';
}

/** Declares everything on this channel. Repeat: proves that it is still so. Throws {@link TopologyMismatch}, naming the argument. */
async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  try {
    await channel.declareExchange({ name: topology.exchange, type: 'direct' });
    for (const queue of queuesOf(topology)) await channel.declareQueue(queue);
    for (const { exchange, routingKey, queue } of bindingsOf(topology)) await channel.bind({ exchange, routingKey, queue: queue.name });
  } catch (error) {
    throw mismatchOf(error) ?? error;
  }
}

/** Declares the queues at the start of every session of a link, and proves that they are there; to be attached before whoever uses them. */
export function topologyTenant(topology: Topology, prove: (channel: Channel, queues: readonly Queue[]) => Promise<void>): Tenant {
  return {
    open: async ({ connection }) => {
      const channel = await connection.openChannel({ confirms: false });
      await declareTopology(channel, topology);
      await prove(channel, queuesOf(topology));
      await channel.close();
    },
  };
}

// RabbitMQ says: PRECONDITION_FAILED - inequivalent arg 'x-delivery-limit' for queue 'q' in vhost '/': received '20' but current is '10'
function mismatchOf(error: unknown): TopologyMismatch | undefined {
  const found =
    error instanceof Error ? /inequivalent arg '([^']+)' for (\w+) '([^']+)' in vhost '[^']*': (.*?)"?$/.exec(error.message) : null;
  if (!found) return undefined;
  const [, argument, sort, name, difference] = found;
  return new TopologyMismatch(
    `${sort} '${name}' exists with another ${argument}: ${difference}. Drain and delete it, or restore that setting; what was there is unchanged.`,
    { cause: error },
  );
}
