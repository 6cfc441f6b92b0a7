// Who is struck when, decided before anything starts: the same seed gives the same strikes, so a campaign that found something can be
// told again. (What the machine does between two strikes is its own; a repeat is likely to find it, not certain.)

import { faultOf } from './faults.ts';
import type { FaultName, Subject, Wire } from './faults.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';

export interface Strike {
  fault: FaultName;
  /** A process such as `consumer-2`, or a server. */
  victim: string;
  wire?: Wire;
  atMs: number;
  durationMs: number;
}

export interface ScheduleOptions {
  seed: number;
  /** All strikes are healed by then. */
  durationMs: number;
  heartbeatMs: number;
  faults: readonly FaultName[];
  /** Average time between two strikes. */
  paceMs: number;
}

export const crew: Record<Subject, readonly string[]> = {
  relay: ['relay-1', 'relay-2'],
  consumer: ['consumer-1', 'consumer-2', 'consumer-3'],
  sender: ['sender-1'],
  broker: ['broker'],
  postgres: ['postgres'],
  way4: ['way4'],
  api: ['api'],
  worker: ['applications'],
  temporal: ['temporal'],
};

const restMs = 500; // Between two strikes on the same victim, so that it is seen alive.

/** Deals the faults like cards, so that each comes up before one comes twice. Strikes overlap, but never on the same victim. */
export function schedule(options: ScheduleOptions): Strike[] {
  const { seed, durationMs, heartbeatMs, faults, paceMs } = options;
  const random = createRandom(seed);
  const freeAt = new Map<string, number>();
  const strikes: Strike[] = [];
  for (let deck: FaultName[] = [], atMs = paceMs; atMs < durationMs; atMs += random.between(paceMs / 2, paceMs * 1.5)) {
    if (deck.length === 0) deck = random.shuffle(faults);
    const fault = deck.pop();
    if (fault === undefined) break;
    const strike = aim(random, fault, atMs, faultOf(fault).heartbeats * heartbeatMs);
    strike.atMs = Math.max(atMs, freeAt.get(strike.victim) ?? 0);
    const healedAt = strike.atMs + strike.durationMs;
    if (healedAt > durationMs) continue;
    freeAt.set(strike.victim, healedAt + restMs);
    strikes.push(strike);
  }
  return strikes.toSorted((a, b) => a.atMs - b.atMs);
}

/** Whom one fault strikes, and on which wire. */
export function aim(random: Random, name: FaultName, atMs: number, durationMs: number): Strike {
  const fault = faultOf(name);
  const subject = random.pick(fault.strikes);
  const wires = fault.wires
    ?.filter((wire) => wire !== 'way4' || subject === 'consumer')
    .filter((wire) => wire !== 'amqp' || subject !== 'sender');
  return {
    fault: name,
    victim: random.pick(crew[subject]),
    ...(wires && { wire: random.pick(wires) }),
    atMs: Math.round(atMs),
    durationMs: Math.round(durationMs),
  };
}
