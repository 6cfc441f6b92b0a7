// A queue can be a name with nothing behind it that works. Hollow: RabbitMQ writes a queue's name down first, and when whoever declares it is
// cut off there, the name stays and no queue is started. Silent: a broker that is killed within a second of the declaration may have
// forgotten that the queue was ever started; it starts it again without a leader, and nobody elects one. To declare such a queue again
// finds everything in order, and what is published to it is refused or never confirmed; only to delete it helps. This file finds such a
// queue and makes it anew.

import { reasonOf } from './link.ts';
import type { MendReport } from './link.ts';
import type { Queue } from './topology.ts';
import type { Channel, Connection, QueueLook } from './transport.ts';

type Ailment = Exclude<QueueLook, 'queue'>;

export interface ProofOptions {
  /** A queue that was found like this at every look for so long is made anew; one that is just being declared, or elects its leader, works
   *  by then. */
  patienceMs: Readonly<Record<Ailment, number>>;
  /** A look without an answer after this found the queue silent. */
  lookTimeoutMs: number;
  /** After this whoever makes a queue anew gives up, and lets others try. */
  mendTimeoutMs: number;
  /** Name that only one connection holds at a time, so that nobody deletes what another has just declared. */
  lock: string;
  /** Opens a connection beside that of the session, for the look at such a queue ends or blocks the one that it is made on. */
  connect: () => Promise<Connection>;
  closeTimeoutMs: number;
  report: (report: MendReport) => void;
  /** Milliseconds that never go back; the monotonic clock by default. */
  now?: () => number;
}

interface Finding {
  ailment: Ailment;
  /** The time of the first of all looks that found nothing else. */
  since: number;
}

/** Proves that each of the queues works; for one link, because it remembers from session to session. Rejects when one does not, and the session
 *  is of no use then; when it was so for its patience, it is deleted and declared before. What answers otherwise is left alone. */
export function createQueueProof(options: ProofOptions): (channel: Channel, queues: readonly Queue[]) => Promise<void> {
  const findings = new Map<string, Finding>();
  const { now = () => performance.now() } = options;

  const note = (name: string, ailment: Ailment | undefined): void => {
    if (!ailment) findings.delete(name);
    else if (findings.get(name)?.ailment !== ailment) findings.set(name, { ailment, since: now() });
  };
  const isOverdue = ({ ailment, since }: Finding): boolean => now() - since >= options.patienceMs[ailment];

  async function prove(channel: Channel, queue: Queue, others: readonly Queue[]): Promise<void> {
    const known = findings.get(queue.name);
    if (known && isOverdue(known)) {
      await mendThoseOverdue([queue, ...others]);
      throw new Error(`queue '${queue.name}' was ${known.ailment}`);
    }
    const ailment = await ailmentOf(options, channel, queue);
    note(queue.name, ailment);
    if (!ailment) return;
    // The session ends here, before it gets to the others: they are looked at aside, so that many are mended as soon as one.
    for (const [name, found] of await ailmentsOf(options, others)) note(name, found);
    throw new Error(`queue '${queue.name}' is ${ailment}`);
  }

  /** Alone among all processes. To delete a silent queue takes the broker seconds, so the session in which this begins may be over when it ends. */
  async function mendThoseOverdue(queues: readonly Queue[]): Promise<void> {
    const aside = await options.connect();
    const giveUp = setTimeout(() => void aside.close(options.closeTimeoutMs), options.mendTimeoutMs);
    try {
      const locked = await aside.openChannel({ confirms: false });
      await locked.lock(options.lock); // until `aside` is closed
      for (const queue of queues) {
        const known = findings.get(queue.name);
        if (!known || !isOverdue(known)) continue;
        const found = await lookAside(options, queue);
        findings.delete(queue.name); // looked at once more, it counts anew: another may have mended it
        if (found === known.ailment) await makeAnew(options, locked, queue);
      }
    } finally {
      clearTimeout(giveUp);
      await aside.close(options.closeTimeoutMs);
    }
  }

  return async (channel, queues) => {
    for (const [index, queue] of queues.entries()) await prove(channel, queue, queues.slice(index + 1));
  };
}

/** Deletes and declares it; the next session of any process binds it. */
async function makeAnew({ report }: ProofOptions, channel: Channel, queue: Queue): Promise<void> {
  await channel.deleteQueue(queue.name);
  await channel.declareQueue(queue).then(
    () => report({ kind: 'mended', queue: queue.name }),
    (error: unknown) => report({ kind: 'unmendable', queue: queue.name, reason: reasonOf(error) }),
  );
}

/** A queue that could not be looked at is found to have nothing. */
async function ailmentsOf(options: ProofOptions, queues: readonly Queue[]): Promise<[name: string, ailment: Ailment | undefined][]> {
  return Promise.all(
    queues.map(async (queue): Promise<[string, Ailment | undefined]> => [
      queue.name,
      await lookAside(options, queue).catch(() => undefined),
    ]),
  );
}

/** Looks on a connection of its own, which ends with the look. */
async function lookAside(options: ProofOptions, queue: Queue): Promise<Ailment | undefined> {
  const aside = await options.connect();
  try {
    return await ailmentOf(options, await aside.openChannel({ confirms: false }), queue);
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
