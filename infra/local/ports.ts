// Ports on the loopback interface. Trasau's defaults avoid the usual ones; a port that somebody else has is left alone and the next free one taken.

import { createServer } from 'node:net';
import { claimPort } from './port-claims.ts';

export const DEFAULT_PORTS = {
  api: 4100,
  sandbox: 4110,
  postgres: 4132,
  temporal: 4140,
  temporalUi: 4141,
  temporalMetrics: 4142,
  payloadDesk: 4143,
  health: 4150,
  amqp: 4172,
  rabbitmqManagement: 4175,
  rabbitmqDistribution: 4176,
  epmd: 4177,
} as const;

export type Ports = Record<keyof typeof DEFAULT_PORTS, number>;

const HIGHEST_PORT = 65_535;
const TRIES = 500;

/** Whether nobody listens on this port, neither on loopback nor on all interfaces. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** The first free port from `wanted` up that is not in `chosen`; adds it there. Throws when hundreds in a row are taken. */
export async function freePort(wanted: number, chosen: Set<number>): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + TRIES, HIGHEST_PORT); port += 1) {
    if (chosen.has(port) || !(await isPortFree(port)) || !claimPort(port)) continue;
    chosen.add(port);
    return port;
  }
  throw new Error(`No free port between ${wanted} and ${wanted + TRIES}.`);
}

/** A free port for every server, as near to its default (moved by `offset`) as possible. */
export async function choosePorts(offset = 0, chosen: Set<number> = new Set()): Promise<Ports> {
  const ports: Ports = { ...DEFAULT_PORTS };
  for (const name of Object.keys(DEFAULT_PORTS) as (keyof Ports)[]) ports[name] = await freePort(DEFAULT_PORTS[name] + offset, chosen); // keys of a constant
  return ports;
}

/** Moves those of the named ports that are not free any more, in place. Returns whether one was moved. */
export async function movePorts(ports: Ports, names: (keyof Ports)[]): Promise<boolean> {
  let moved = false;
  for (const name of names) {
    if (await isPortFree(ports[name])) continue;
    ports[name] = await freePort(ports[name] + 1, new Set(Object.values(ports)));
    moved = true;
  }
  return moved;
}
