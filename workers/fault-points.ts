// Every boundary of the hand-off at which a process may die, by name. In production nothing happens there; a test orders one process to
// kill (or freeze) itself at one of them and then proves that the purchase is still booked exactly once. A boundary that is added here
// without such a test fails test/delivery/crash-matrix.test.ts, which reads this list.

import { setImmediate as nextTurn } from 'node:timers/promises';

export const faultPoints = [
  // The relay: from the outbox to the broker.
  'relay.claimed',
  'relay.published',
  'relay.confirmed',
  'relay.marking',
  'relay.marked',
  'sweeper.sweeping',
  'sweeper.swept',
  // The pool: from the broker to WAY4 and back.
  'pool.delivered',
  'pool.claiming',
  'pool.claimed',
  'pool.asked',
  'pool.sending',
  'pool.answered',
  'pool.settling',
  'pool.settled',
  'pool.acknowledged',
  // A failed attempt on its way to a delay queue.
  'retry.noting',
  'retry.noted',
  'retry.sent',
  'retry.published',
  // A message that is put aside.
  'park.writing',
  'park.written',
  'parked.stored',
  // The outcome on its way to the workflow.
  'notice.claimed',
  'notice.told',
  'notice.forgotten',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

/** Called at every boundary. */
export type Faults = (point: FaultPoint) => void | Promise<void>;

/** Nothing ever happens. */
export const noFaults: Faults = () => undefined;

const turnsUntilWritten = 3;

/** Reads an order `<point>[#n][=kill|stop]`: at the n-th time (default the first) the process kills itself, or stops as if it hung.
 *  Throws in production, and for an unknown point. */
export function createFaults(order: string | undefined, environment: string): Faults {
  if (order === undefined) return noFaults;
  if (environment === 'production') throw new Error('FAULT_AT is for tests and refused in production');
  const [, point, count = '1', signal = 'kill'] = /^([a-z.]+)(?:#(\d+))?(?:=(kill|stop))?$/.exec(order) ?? [];
  if (!faultPoints.some((known) => known === point)) throw new Error('FAULT_AT names no fault point');
  let left = Number(count);
  return async (reached) => {
    if (reached !== point) return;
    left -= 1;
    if (left !== 0) return;
    // amqplib gives the socket what it was given in the next turn: "after" a publish or an ack has to mean that it is on its way.
    for (let turn = 0; turn < turnsUntilWritten; turn += 1) await nextTurn();
    process.kill(process.pid, signal === 'stop' ? 'SIGSTOP' : 'SIGKILL');
  };
}
