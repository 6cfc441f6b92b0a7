// A queue can be hollow: RabbitMQ writes its name down before it starts it, and when whoever declares it is cut off between the two, the
// name stays and no queue stands behind it. To declare it again finds everything in order, what is published to it is refused, and to
// consume it ends the connection; only to delete it helps. This file finds such a queue and makes it anew.

import type { Queue } from './topology.ts';
import type { Channel, Connection } from './transport.ts';

export interface ProofOptions {
  /** A queue that was hollow for so long is made anew; one that is just being declared has started by then. */
  hollowMs: number;
  /** Name that only one connection holds at a time, so that nobody deletes what another has just declared. */
  lock: string;
  /** Opens a connection beside that of the session, which a look at a hollow queue ends. */
  connect: () => Promise<Connection>;
  closeTimeoutMs: number;
  /** `unmendable`: the broker does not declare it either; it is tried again. */
  report: (kind: 'mended' | 'unmendable', queue: string) => void;
}

/** Proves that each of the queues is one; for one link, because it remembers from session to session. Rejects when one is hollow, and the
 *  session's connection is gone then; when it was so for `hollowMs`, it is deleted and declared before. What answers otherwise is left alone. */
export function createQueueProof(options: ProofOptions): (channel: Channel, queues: readonly Queue[]) => Promise<void> {
  const hollowSince = new Map<string, number>();

  async function prove(channel: Channel, queue: Queue, others: readonly Queue[]): Promise<void> {
    const since = hollowSince.get(queue.name);
    const isOverdue = since !== undefined && performance.now() - since >= options.hollowMs;
    if (isOverdue) hollowSince.delete(queue.name); // what is found later counts anew: another may have mended it
    const found = isOverdue ? await mend(options, channel, queue) : await isHollow(channel, queue);
    if (!found) hollowSince.delete(queue.name);
    if (found && since === undefined) {
      // The time of all that are hollow begins with the first, so that many are mended as soon as one.
      for (const name of [queue.name, ...(await hollowOf(options, others))])
        hollowSince.set(name, hollowSince.get(name) ?? performance.now());
    }
    if (found) throw new Error(`queue '${queue.name}' is hollow`);
  }

  return async (channel, queues) => {
    for (const [index, queue] of queues.entries()) await prove(channel, queue, queues.slice(index + 1));
  };
}

/** The names of the hollow ones among the queues. Each is looked at on a connection of its own, which ends with the look. */
async function hollowOf({ connect, closeTimeoutMs }: ProofOptions, queues: readonly Queue[]): Promise<string[]> {
  const looks = queues.map(async (queue) => {
    const aside = await connect();
    try {
      return (await isHollow(await aside.openChannel({ confirms: false }), queue)) ? [queue.name] : [];
    } finally {
      await aside.close(closeTimeoutMs);
    }
  });
  const seen = await Promise.allSettled(looks);
  return seen.flatMap((look) => (look.status === 'fulfilled' ? look.value : [])); // the others are looked at in their turn
}

/** Looks once more, alone, and makes the queue anew if it is still hollow; the next session of any process binds it. */
async function mend({ lock, connect, closeTimeoutMs, report }: ProofOptions, channel: Channel, queue: Queue): Promise<boolean> {
  const aside = await connect();
  try {
    const locked = await aside.openChannel({ confirms: false });
    await locked.lock(lock); // until `aside` is closed
    if (!(await isHollow(channel, queue))) return false;
    await locked.deleteQueue(queue.name);
    const isMade = await locked.declareQueue(queue).then(
      () => true,
      () => false,
    );
    report(isMade ? 'mended' : 'unmendable', queue.name);
    return true;
  } finally {
    await aside.close(closeTimeoutMs);
  }
}

/** What has messages is a queue; only an empty one is asked, so that no message is fetched and given back for it. */
async function isHollow(channel: Channel, { name }: Queue): Promise<boolean> {
  return (await channel.countIn(name)).messages === 0 && (await channel.look(name)) === 'hollow';
}
