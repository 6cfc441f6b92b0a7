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

export const routingKeys = { work: 'work', parked: 'parked' } as const;

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
  // At-least-once dead-lettering needs a quorum queue that refuses when it is full; otherwise the broker silently falls back to "at most".
  const safely = {
    'x-queue-type': 'quorum',
    'x-overflow': 'reject-publish',
    'x-max-length': maxMessages,
    'x-dead-letter-exchange': name,
    'x-dead-letter-strategy': 'at-least-once',
  };
  return {
    exchange: name,
    queue: { name, arguments: { ...safely, 'x-dead-letter-routing-key': routingKeys.parked, 'x-delivery-limit': deliveryLimit } },
    delays: retryDelaysMs.map((delayMs) => ({
      delayMs,
      routingKey: `retry.${delayMs}`,
      queue: {
        name: `${name}.retry.${delayMs}`,
        arguments: { ...safely, 'x-dead-letter-routing-key': routingKeys.work, 'x-message-ttl': delayMs },
      },
    })),
    parked: { name: `${name}.parked`, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': neverDropped } },
  };
}

/** Each queue with the key that reaches it. */
export function bindingsOf(topology: Topology): { exchange: string; routingKey: string; queue: Queue }[] {
  const { exchange } = topology;
  return [
    { exchange, routingKey: routingKeys.work, queue: topology.queue },
    ...topology.delays.map(({ routingKey, queue }) => ({ exchange, routingKey, queue })),
    { exchange, routingKey: routingKeys.parked, queue: topology.parked },
  ];
}

/** A queue or exchange exists with other properties. Nothing was changed; a person has to drain and delete it, or restore the setting. */
export class TopologyMismatch extends Error {
  override readonly name = 'TopologyMismatch';
}

/** Declares everything on this channel. Repeat: proves that it is still so. Throws {@link TopologyMismatch}, naming the argument. */
async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  try {
    await channel.declareExchange({ name: topology.exchange, type: 'direct' });
    for (const { exchange, routingKey, queue } of bindingsOf(topology)) {
      await channel.declareQueue(queue);
      await channel.bind({ exchange, routingKey, queue: queue.name });
    }
  } catch (error) {
    throw mismatchOf(error) ?? error;
  }
}

/** Declares the queues at the start of every session of a link; to be attached before whoever uses them. */
export function topologyTenant(topology: Topology): Tenant {
  return {
    open: async ({ connection }) => {
      const channel = await connection.openChannel({ confirms: false });
      await declareTopology(channel, topology);
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
    `${sort} '${name}' exists with another ${argument}: ${difference}. Drain and delete it, or restore that setting; nothing was changed.`,
    { cause: error },
  );
}
