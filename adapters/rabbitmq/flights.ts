// The messages that were sent and not answered yet. A broker confirms an unroutable message too, right after it returned it, so a return
// is remembered at its flight and outweighs the confirm.

import type { ConfirmAnswer, MessageAddress } from './transport.ts';

/** `confirmed`: in a queue, on disk. `returned`: no queue took it. `refused`: the broker said no (queue full).
 *  `unconfirmed`: nobody knows; publish it again, whoever consumes must bear the duplicate. */
export type Published = 'confirmed' | 'returned' | 'refused' | 'unconfirmed';

export interface Flight {
  verdict: Promise<Published>;
  land: (answer: ConfirmAnswer) => void;
}

export interface Flights {
  size(): number;
  /** Age in milliseconds of the flight that is up longest; 0 when there is none. */
  oldestMs(): number;
  find(address: MessageAddress): Flight | undefined;
  takeOff(address: MessageAddress): Flight;
  /** The broker gave the message back; its confirm is still to come. */
  noteReturn: (address: MessageAddress) => void;
  /** The channel is gone: nobody will hear of any of them. */
  loseAll(): void;
}

/** `onLanding` is called after each verdict. */
export function createFlights(onLanding: (verdict: Published) => void): Flights {
  const flights = new Map<string, Flight & { startedAt: number; returned: boolean }>();
  return {
    size: () => flights.size,
    oldestMs: () => {
      const [oldest] = flights.values(); // a Map keeps the order in which they took off
      return oldest ? performance.now() - oldest.startedAt : 0;
    },
    find: (address) => flights.get(keyOf(address)),
    takeOff: (address) => {
      const { promise, resolve } = Promise.withResolvers<Published>();
      const flight = { verdict: promise, startedAt: performance.now(), returned: false, land };
      flights.set(keyOf(address), flight);
      function land(answer: ConfirmAnswer): void {
        if (flights.get(keyOf(address)) !== flight) return; // it landed; another may be up in its place
        flights.delete(keyOf(address));
        const verdict = verdictOf(answer, flight.returned);
        resolve(verdict);
        onLanding(verdict);
      }
      return flight;
    },
    noteReturn: (address) => {
      const flight = flights.get(keyOf(address));
      if (flight) flight.returned = true;
    },
    loseAll: () => {
      for (const flight of flights.values()) flight.land('lost');
    },
  };
}

function verdictOf(answer: ConfirmAnswer, returned: boolean): Published {
  if (returned) return 'returned';
  if (answer === 'ack') return 'confirmed';
  return answer === 'nack' ? 'refused' : 'unconfirmed';
}

function keyOf({ exchange, routingKey, messageId }: MessageAddress): string {
  return `${exchange}\n${routingKey}\n${messageId}`;
}
