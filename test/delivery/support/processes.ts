// Starts, watches and kills the processes under test. Whatever is left of them is killed when the test is over.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChildOrders } from './child.ts';
import type { World } from './world.ts';

export interface Child {
  pid: number;
  /** Resolves when it is at work, and also when it died before. */
  ready: Promise<void>;
  /** How it ended: a signal, or an exit code. */
  ended: Promise<NodeJS.Signals | number>;
  signal(signal: NodeJS.Signals): void;
  /** What it wrote so far. */
  output(): string;
}

/** Starts a relay or a pool of this world in a process of its own. */
export function aChild(world: World, orders: Pick<ChildOrders, 'role' | 'name' | 'worldUrl' | 'faultAt' | 'limits'>): Child {
  const all: ChildOrders = { ...orders, databaseUrl: world.databaseUrl, amqpUrl: world.amqpUrl, topology: world.topologyOptions };
  const entry = fileURLToPath(new URL('child.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, JSON.stringify(all)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | number>((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code ?? -1)));
  let output = '';
  const said = new Promise<void>((resolve) =>
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString();
      resolve();
    }),
  );
  world.afterwards(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid ?? -1,
    ended,
    ready: Promise.race([said, ended.then(() => undefined)]),
    signal: (signal) => void child.kill(signal),
    output: () => output,
  };
}
