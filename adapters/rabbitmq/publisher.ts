// Publishes and says, for each message, what became of it. Only `confirmed` means that the broker has it on disk in a queue. While the
// broker is away or blocked, or while too many messages are unconfirmed, whoever publishes waits: that is the back-pressure.

import { createFlights } from './flights.ts';
import type { Published } from './flights.ts';
import type { Link } from './link.ts';
import type { Session } from './session.ts';
import type { Channel, OutgoingMessage } from './transport.ts';

export interface Publisher {
  /** Publishes once, persistent and mandatory, and waits for the verdict; never rejects. Waits for its turn at most the confirm time-out, and
   *  not at all when the link comes to its end. */
  publish(message: OutgoingMessage): Promise<Published>;
  /** How often each verdict was given. */
  counts(): Readonly<Record<Published, number>>;
}

export interface PublisherOptions {
  link: Link;
  /** Messages that may be unconfirmed at once. */
  maxUnconfirmed: number;
  /** After this everything that waits is `unconfirmed`, and the channel is given up unless the broker said that it is blocked. */
  confirmTimeoutMs: number;
}

/** Adds a publisher to the link; before the link starts. */
export function createPublisher({ link, maxUnconfirmed, confirmTimeoutMs }: PublisherOptions): Publisher {
  const counts = { confirmed: 0, returned: 0, refused: 0, unconfirmed: 0 };
  const turns = createTurns(() => free() || isOver());
  const flights = createFlights((verdict) => {
    counts[verdict] += 1;
    turns.wake();
    // Unroutable means that the queues are not as they were declared: the next session declares them again.
    if (verdict === 'returned') link.rebuild('a message was returned');
  });
  let channel: Channel | undefined;
  const isOver = (): boolean => link.state() === 'draining' || link.state() === 'closed';
  const free = (): boolean => link.state() === 'ready' && channel !== undefined && flights.size() < maxUnconfirmed;

  async function open(session: Session): Promise<void> {
    const opened = await session.connection.openChannel({ confirms: true });
    const watch = setInterval(() => {
      if (flights.oldestMs() <= confirmTimeoutMs) return;
      // A broker under an alarm reads nothing, on a new connection neither: nobody waits for it with rows under a lock, and it stays blocked.
      if (link.state() === 'blocked') flights.loseAll();
      else session.end('no confirm in time');
    }, confirmTimeoutMs / 10);
    session.onEnd(() => {
      clearInterval(watch);
      channel = undefined;
      flights.loseAll();
    });
    opened.onReturn(flights.noteReturn);
    opened.onClosed((reason) => session.end(`publishing channel: ${reason}`));
    channel = opened;
  }

  link.attach({ open });
  link.onState(turns.wake);
  return {
    counts: () => ({ ...counts }),
    publish: async (message) => {
      const deadline = performance.now() + confirmTimeoutMs;
      do {
        // The same message may be on its way already: then one verdict serves both.
        const flight = flights.find(message) ?? (free() && channel ? send(channel, message) : undefined);
        if (flight) return flight.verdict;
      } while (!isOver() && (await turns.next(deadline - performance.now())));
      counts.unconfirmed += 1;
      return 'unconfirmed';
    },
  };

  function send(to: Channel, message: OutgoingMessage) {
    const flight = flights.takeOff(message);
    try {
      to.publish(message, flight.land);
    } catch {
      flight.land('lost'); // the channel is gone
    }
    return flight;
  }
}

/** Those who wait to publish, first come first served, until there is nothing to wait for. */
function createTurns(isUp: () => boolean) {
  const waiting = new Set<() => void>();
  return {
    wake: (): void => {
      for (const go of waiting) {
        if (!isUp()) return;
        waiting.delete(go);
        go();
      }
    },
    /** True when it is one's turn to look again, false when `timeoutMs` is over first. */
    next: async (timeoutMs: number): Promise<boolean> =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(go);
          resolve(false);
        }, timeoutMs);
        function go(): void {
          clearTimeout(timer);
          resolve(true);
        }
        waiting.add(go);
      }),
  };
}
