// One process of the campaign: started, killed, frozen and started again, behind wires of its own. What it saw in all its lives is added up.

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TcpProxy } from '../delivery/support/tcp-proxy.ts';
import type { Evidence, Wire } from './faults.ts';
import type { Orders, Report, Sending } from './orders.ts';

export interface CrewMember {
  name: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  wires: Partial<Record<Wire, TcpProxy>>;
  start(change?: { skewMs?: number }): void;
  /** True when it has said so since it was last started. */
  isAtWork(): boolean;
  /** Resolves when it is at work for the first time; rejects when it ended by itself before. */
  ready: Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL for one that is not gone within this time; resolves when it is, with false for one that had to be killed. One that
   *  drained and did not leave with 0 had an accident. */
  stop(withinMs: number): Promise<boolean>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** False when there is nobody to take it. */
  send(message: Sending): boolean;
  evidence(): Partial<Evidence>;
  /** How its lives ended that nobody ended: none, in a system that survives everything. */
  accidents(): readonly string[];
}

// When we have to go, they go too.
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export function createCrewMember(orders: Orders, wires: CrewMember['wires'], onReport: (report: Report) => void): CrewMember {
  const accidents: string[] = [];
  const total: Partial<Evidence> = {};
  const atWork = Promise.withResolvers<void>();
  atWork.promise.catch(() => undefined); // whoever asks hears of it
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();
  let killed = false;
  let stopping = false;
  let working = false;
  let current: Partial<Evidence> = {};
  const isAlive = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;

  function start(change: { skewMs?: number } = {}): void {
    killed = false;
    stopping = false;
    working = false;
    const entry = fileURLToPath(new URL('child.ts', import.meta.url));
    const born = fork(entry, [JSON.stringify({ ...orders, ...change })], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child = born;
    children.add(born);
    const ended = Promise.withResolvers<void>();
    gone = ended.promise;
    born.on('message', (message) => {
      const report = message as Report; // our own process, of the same commit
      atWork.resolve();
      if (child === born) working = true;
      if (report.kind === 'evidence') current = report.evidence;
      else onReport(report);
    });
    born.on('error', () => undefined); // a message to a process that is going
    born.on('exit', (code, signal) => {
      children.delete(born);
      ended.resolve();
      if (child !== born) return;
      for (const [name, count] of Object.entries(current)) total[name as keyof Evidence] = (total[name as keyof Evidence] ?? 0) + count; // its own keys
      current = {};
      if (killed || (stopping && (code === 0 || signal === 'SIGTERM'))) return; // SIGTERM: told to stop before it was at work
      accidents.push(`${orders.name} ended by itself: ${signal ?? code}`);
      atWork.reject(new Error(accidents.at(-1)));
    });
  }

  async function kill(): Promise<void> {
    killed = true;
    if (!child || !isAlive()) return;
    child.kill('SIGKILL');
    await gone;
  }

  async function stop(withinMs: number): Promise<boolean> {
    stopping = true;
    if (!child || !isAlive()) return true;
    child.kill('SIGTERM');
    const impatience = setTimeout(() => void kill(), withinMs);
    await gone;
    clearTimeout(impatience);
    return !killed;
  }

  return {
    name: orders.name,
    pid: () => (isAlive() ? child?.pid : undefined),
    wires,
    start,
    isAtWork: () => working && isAlive(),
    ready: atWork.promise,
    kill,
    stop,
    signal: (signal) => void child?.kill(signal),
    send: (message) => isAlive() && child?.connected === true && child.send(message),
    evidence: () => {
      const sum = { ...total };
      for (const [name, count] of Object.entries(current)) sum[name as keyof Evidence] = (sum[name as keyof Evidence] ?? 0) + count; // its own keys
      return sum;
    },
    accidents: () => accidents,
  };
}
