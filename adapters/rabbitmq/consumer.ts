// Hands deliveries to a handler, so many at once, and carries its answer back on the channel that delivered. A message whose handler
// died, threw or answered too late is delivered again by the broker; this file only has to make sure that it never acknowledges one that
// it should not.

import type { Link } from './link.ts';
import type { Session } from './session.ts';
import type { Channel, RawDelivery } from './transport.ts';

/** What is to become of a delivery. `done`: acknowledged, the broker forgets it. `park`: dead-lettered to the parked queue.
 *  `again`: delivered again at once, and counted by the broker; for the rare case in which nothing else is safe. */
export type Answer = 'done' | 'park' | 'again';

export type Delivery = Omit<RawDelivery, 'deliveryTag'> & {
  /** The session that delivered it. */
  generation: number;
};

export interface ConsumerOptions {
  link: Link;
  queue: string;
  /** Names this consumer in RabbitMQ; the pod name. */
  consumerTag: string;
  /** Deliveries held at once, started or not; twice the concurrency. */
  prefetch: number;
  /** Deliveries handled at once. */
  concurrency: number;
  /** A rejection counts as `again`. */
  handle: (delivery: Delivery) => Promise<Answer>;
  /** A handler threw; a bug, or the database in a place where nobody expected it. */
  onFault: (error: unknown) => void;
  /** Called after each answer was sent. */
  onAnswered?: () => void | Promise<void>;
}

export interface ConsumerCounts {
  delivered: number;
  redelivered: number;
  answered: Record<Answer, number>;
  /** Answers that came after their channel was gone; the broker delivers those messages again. */
  late: number;
}

export interface Consumer {
  /** Stops deliveries, gives back what was not started, and waits for what was. Repeat: the same promise. */
  drain(): Promise<void>;
  counts(): Readonly<ConsumerCounts>;
}

interface Held {
  channel: Channel;
  deliveryTag: number;
  delivery: Delivery;
}

/** Adds a consumer to the link; before the link starts. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { link, queue, consumerTag } = options;
  const counts: ConsumerCounts = { delivered: 0, redelivered: 0, answered: { done: 0, park: 0, again: 0 }, late: 0 };
  const running = new Set<Promise<void>>();
  let waiting: Held[] = [];
  let channel: Channel | undefined;
  let draining: Promise<void> | undefined;

  link.attach({ open: async (session) => open(session) });

  async function open(session: Session): Promise<void> {
    const opened = await session.connection.openChannel({ confirms: false });
    opened.onClosed((reason) => session.end(`consuming channel: ${reason}`));
    session.onEnd(() => {
      if (channel === opened) channel = undefined;
      waiting = waiting.filter((held) => held.channel !== opened); // the broker delivers them again
    });
    channel = opened;
    await opened.prefetch(options.prefetch);
    if (draining) return; // what is fetched and given back untouched counts as a delivery
    await opened.consume(queue, consumerTag, (raw) => {
      if (!raw) session.end('the broker ended the consumer');
      else if (channel === opened) receive(opened, raw, session.generation); // an ended session gets nothing done any more
    });
  }

  function receive(from: Channel, { deliveryTag, ...raw }: RawDelivery, generation: number): void {
    counts.delivered += 1;
    if (raw.redelivered) counts.redelivered += 1;
    const held = { channel: from, deliveryTag, delivery: { ...raw, generation } };
    if (draining) giveBack(held);
    else waiting.push(held);
    startMore();
  }

  function startMore(): void {
    // The broker's own prefetch can be exceeded by some versions; the concurrency here is not.
    while (running.size < options.concurrency) {
      const held = draining ? undefined : waiting.shift();
      if (!held) return;
      const work = run(held).finally(() => {
        running.delete(work);
        startMore();
      });
      running.add(work);
    }
  }

  async function run(held: Held): Promise<void> {
    const answer = await answerOf(options, held.delivery);
    if (tell(held, answer)) counts.answered[answer] += 1;
    else counts.late += 1;
    await options.onAnswered?.();
  }

  async function stop(): Promise<void> {
    await channel?.cancel(consumerTag).catch(() => undefined); // a channel that is gone delivers nothing either
    for (const held of waiting.splice(0)) giveBack(held);
    await Promise.all(running);
  }

  return {
    counts: () => ({ ...counts, answered: { ...counts.answered } }),
    drain: async () => (draining ??= stop()),
  };
}

async function answerOf({ handle, onFault }: ConsumerOptions, delivery: Delivery): Promise<Answer> {
  return handle(delivery).catch((error: unknown): Answer => {
    onFault(error);
    return 'again';
  });
}

/** False when the channel that delivered is gone, and with it the right to answer. */
function tell({ channel, deliveryTag }: Held, answer: Answer): boolean {
  try {
    if (answer === 'done') channel.ack(deliveryTag);
    else channel.reject(deliveryTag, answer === 'again');
    return true;
  } catch {
    return false;
  }
}

/** Returns what was never started. From RabbitMQ 4.3 on it is not held against the message; before, it counts towards the delivery limit. */
function giveBack({ channel, deliveryTag }: Held): void {
  try {
    channel.nack(deliveryTag);
  } catch {
    // The channel is gone: the broker delivers it again anyway.
  }
}
