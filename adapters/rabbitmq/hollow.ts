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

/** Proves that a queue is one; for one link, because it remembers from session to session. Rejects when it is hollow, and the session's
 *  connection is gone then; when it was so for `hollowMs`, it is deleted and declared before. What answers otherwise is left alone. */
export function createQueueProof(options: ProofOptions): (channel: Channel, queue: Queue) => Promise<void> {
  const hollowSince = new Map<string, number>();
  return async (channel, queue) => {
    const since = hollowSince.get(queue.name) ?? performance.now();
    const isOverdue = performance.now() - since >= options.hollowMs;
    if (isOverdue) hollowSince.delete(queue.name); // what is found later counts anew: another may have mended it
    const found = isOverdue ? await mend(options, channel, queue) : await isHollow(channel, queue);
    if (!found) hollowSince.delete(queue.name);
    else if (!isOverdue) hollowSince.set(queue.name, since);
    if (found) throw new Error(`queue '${queue.name}' is hollow`);
  };
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
