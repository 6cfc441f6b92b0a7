// One process of the system under test: a plain `node <entry>` as in a cluster, that a test can kill and start again. What it writes is kept in
// memory, and looked at when a test has failed.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { answersOk } from '../../infra/local/http-check.ts';
import { eventually } from './eventually.ts';

export interface SystemProcess {
  name: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  /** Starts it; resolves when it is ready. Throws with the end of its log when it ends before. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. A process that does not run is left alone. */
  kill(): Promise<void>;
  /** All that it has written, over all its lives. */
  log(): string;
  /** How its lives ended that nobody ended, once it was ready: none, in a system that survives everything. */
  accidents(): readonly string[];
}

const readyWithinMs = 90_000;
const checkTimeoutMs = 2_000;
const tailLines = 40;

/** The process `entry` with exactly this environment; nothing runs yet. */
export function createSystemProcess(spec: { name: string; entry: string; env: Record<string, string>; readyUrl: string }): SystemProcess {
  let child: ChildProcess | undefined;
  let output = '';
  let wasReady = false;
  const accidents: string[] = [];
  const isRunning = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  const killNow = (): void => void child?.kill('SIGKILL');
  // A test file that is itself ended leaves nothing behind.
  process.once('exit', killNow);
  return {
    name: spec.name,
    pid: () => (isRunning() ? child?.pid : undefined),
    async start() {
      const entry = fileURLToPath(new URL(`../../${spec.entry}`, import.meta.url));
      child = spawn(process.execPath, [entry], { env: spec.env, stdio: ['ignore', 'pipe', 'pipe'] });
      wasReady = false;
      child.once('exit', (code, signal) => {
        output += `\n${spec.name} ended: ${signal ?? code}\n`;
        if (wasReady) accidents.push(`${spec.name} ended by itself: ${signal ?? code}`);
      });
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => (output += bytes.toString()));
      await eventually(
        `${spec.name} is ready`,
        async () => !isRunning() || (await answersOk(spec.readyUrl, checkTimeoutMs)),
        readyWithinMs,
      ).catch((error: unknown) => {
        throw new Error(`${spec.name} does not become ready:\n${tail(output)}`, { cause: error });
      });
      if (!isRunning()) throw new Error(`${spec.name} ended while it started:\n${tail(output)}`);
      wasReady = true;
    },
    async kill() {
      if (!child || !isRunning()) return;
      const gone = once(child, 'exit');
      wasReady = false;
      killNow();
      await gone;
    },
    log: () => output,
    accidents: () => accidents,
  };
}

/** The last lines of a log, for a person. */
export function tail(log: string): string {
  return log.trimEnd().split('\n').slice(-tailLines).join('\n');
}
