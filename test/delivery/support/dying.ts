// Lets a process die, or stop as if it hung, at a named boundary. The entry points of workers/ know nothing of it: only processes of tests
// are given such orders.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { faultPoints, noFaults } from '../../../workers/fault-points.ts';
import type { Faults } from '../../../workers/fault-points.ts';

const arrivesWithinMs = 50;

/** Reads an order `<point>[#n][=kill|stop]`: at the n-th time (default the first) the process kills itself, or stops. Throws for an unknown point. */
export function dyingAt(order: string | undefined): Faults {
  if (order === undefined) return noFaults;
  const [, point, count = '1', signal = 'kill'] = /^([a-z.]+)(?:#(\d+))?(?:=(kill|stop))?$/.exec(order) ?? [];
  if (!faultPoints.some((known) => known === point)) throw new Error(`${order} names no fault point`);
  let left = Number(count);
  return async (reached) => {
    if (reached !== point) return;
    left -= 1;
    if (left !== 0) return;
    // "After" a publish or an ack means that the broker has it: amqplib writes it in the next turn, and a connection that dies takes along what
    // is still on its way.
    for (const until = performance.now() + arrivesWithinMs; performance.now() < until;) await nextTurn();
    process.kill(process.pid, signal === 'stop' ? 'SIGSTOP' : 'SIGKILL');
  };
}
