// A queue can be a name with nothing behind it that works. Hollow: RabbitMQ writes a queue's name down first, and when whoever declares it is
// cut off there, the name stays and no queue is started. Silent: a broker that is killed within a second of the declaration may have
// forgotten that the queue was ever started; it starts it again without a leader, and nobody elects one. To declare such a queue again
// finds everything in order, and what is published to it is refused or never confirmed; only to delete it helps. This file finds such a
// queue and makes it anew.

import type { Queue } from './topology.ts';
import type { Channel, Connection, QueueLook } from './transport.ts';

type Ailment = Exclude<QueueLook, 'queue'>;

export interface ProofOptions {
  /** A queue that was found like this at every look for so long is made anew; one that is just being declared, or elects its leader, works
   *  by then. */
  patienceMs: Readonly<Record<Ailment, number>>;
  /** A look without an answer after this found the queue silent. */
  lookTimeoutMs: number;
  /** Name that only one connection holds at a time, so that nobody deletes what another has just declared. */
  lock: string;
  /** Opens a connection beside that of the session, which the look at such a queue ends or blocks. */
  connect: () => Promise<Connection>;
  closeTimeoutMs: number;
  /** `unmendable`: the broker does not declare it either; it is tried again. */
  report: (kind: 'mended' | 'unmendable', queue: string) => void;
}

interface Finding {
  ailment: Ailment;
  /** By the monotonic clock, in milliseconds: at the first of all looks that found nothing else. */
  since: number;
}

/** Proves that each of the queues works; for one link, because it remembers from session to session. Rejects when one is hollow or silent, and
 *  the session is of no use then; when it was so for its patience, it is deleted and declared before. What answers otherwise is left alone. */
export function createQueueProof(options: ProofOptions): (channel: Channel, queues: readonly Queue[]) => Promise<void> {
  const findings = new Map<string, Finding>();

  async function prove(channel: Channel, queue: Queue, others: readonly Queue[]): Promise<void> {
    const known = findings.get(queue.name);
    const isOverdue = known !== undefined && performance.now() - known.since >= options.patienceMs[known.ailment];
    if (isOverdue) findings.delete(queue.name); // what is found later counts anew: another may have mended it
    const ailment = isOverdue ? await mend(options, channel, queue, known.ailment) : await ailmentOf(options, channel, queue);
    if (ailment !== known?.ailment) findings.delete(queue.name);
    if (!ailment) return;
    if (!known) {
      // The time of all begins with the first, so that many are mended as soon as one.
      note(queue.name, ailment);
      for (const [name, found] of await ailmentsOf(options, others)) note(name, found);
    }
    throw new Error(`queue '${queue.name}' is ${ailment}`);
  }

  function note(name: string, ailment: Ailment): void {
    if (findings.get(name)?.ailment !== ailment) findings.set(name, { ailment, since: performance.now() });
  }

  return async (channel, queues) => {
    for (const [index, queue] of queues.entries()) await prove(channel, queue, queues.slice(index + 1));
  };
}

/** What is found of the queues that do not work. Each is looked at on a connection of its own, which ends with the look. */
async function ailmentsOf(options: ProofOptions, queues: readonly Queue[]): Promise<[name: string, ailment: Ailment][]> {
  const looks = queues.map(async (queue): Promise<[string, Ailment][]> => {
    const aside = await options.connect();
    try {
      const ailment = await ailmentOf(options, await aside.openChannel({ confirms: false }), queue);
      return ailment ? [[queue.name, ailment]] : [];
    } finally {
      await aside.close(options.closeTimeoutMs);
    }
  });
  const seen = await Promise.allSettled(looks);
  return seen.flatMap((look) => (look.status === 'fulfilled' ? look.value : [])); // the others are looked at in their turn
}

/** Looks once more, alone, and makes the queue anew if it is still as it was; the next session of any process binds it. */
async function mend(options: ProofOptions, channel: Channel, queue: Queue, ailment: Ailment): Promise<Ailment | undefined> {
  const aside = await options.connect();
  try {
    const locked = await aside.openChannel({ confirms: false });
    await locked.lock(options.lock); // until `aside` is closed
    const found = await ailmentOf(options, channel, queue);
    if (found !== ailment) return found;
    await locked.deleteQueue(queue.name);
    const isMade = await locked.declareQueue(queue).then(
      () => true,
      () => false,
    );
    options.report(isMade ? 'mended' : 'unmendable', queue.name);
    return ailment;
  } finally {
    await aside.close(options.closeTimeoutMs);
  }
}

/** What has messages is a queue; only an empty one is asked, so that no message is fetched and given back for it. */
async function ailmentOf({ lookTimeoutMs }: ProofOptions, channel: Channel, { name }: Queue): Promise<Ailment | undefined> {
  if ((await channel.countIn(name)).messages > 0) return undefined;
  const seen = await channel.look(name, lookTimeoutMs);
  return seen === 'queue' ? undefined : seen;
}
