// Starts a program that stays: in a process group of its own, so that Ctrl-C in the terminal reaches only the supervisor, which then stops
// everything in order; written into the ledger, so that a killed run can be cleaned up by the next; its output in a log file.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, createWriteStream, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Environment } from './environment.ts';
import type { Ledger } from './ledger.ts';
import { endProcess, identify } from './process-identity.ts';

export interface LaunchSite {
  ledger: Ledger;
  logs: string;
}

export interface LaunchSpec {
  name: string;
  file: string;
  args: string[];
  env: Environment;
  /** The folder that the program works for; the ledger knows it by this. */
  folder: string;
  cwd?: string;
  uid?: number;
  gid?: number;
  stopSignal?: NodeJS.Signals;
  graceMs?: number;
  /** Called with every line of output, which is logged as well. Without it the output goes straight to the file and outlives the supervisor. */
  onLine?: (line: string) => void;
}

export interface Launched {
  name: string;
  pid: number;
  logFile: string;
  /** Settles when the program has ended, with what a person should know about how. Never rejects. */
  ended: Promise<string>;
  hasEnded(): boolean;
  /** Ends the program: its own stop signal, then force after its grace. Repeat: nothing happens. */
  stop(force?: boolean): Promise<void>;
}

const DEFAULT_GRACE_MS = 10_000;

/** Starts a program and returns at once. Throws when it cannot be started at all. */
export function launch(site: LaunchSite, spec: LaunchSpec): Promise<Launched> {
  mkdirSync(site.logs, { recursive: true });
  const logFile = join(site.logs, `${spec.name}.log`);
  const { child, started } = spawnLogged(spec, logFile);
  const { stopSignal = 'SIGTERM', graceMs = DEFAULT_GRACE_MS } = spec;
  return started.then((pid) => {
    const identity = identify(pid);
    if (identity !== undefined) site.ledger.add({ ...identity, name: spec.name, folder: spec.folder, stopSignal, graceMs });
    let over = false;
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        over = true;
        site.ledger.remove(pid);
        resolve(signal === null ? `exit code ${code}` : `killed by ${signal}`);
      });
    });
    const stop = async (force = false) => {
      if (identity !== undefined && !over) await endProcess(identity, force ? 'SIGKILL' : stopSignal, graceMs);
      await ended;
    };
    return { name: spec.name, pid, logFile, ended, hasEnded: () => over, stop };
  });
}

function spawnLogged(spec: LaunchSpec, logFile: string): { child: ChildProcess; started: Promise<number> } {
  const log = openSync(logFile, 'a');
  const output = spec.onLine === undefined ? log : 'pipe';
  const who = { ...(spec.uid === undefined ? {} : { uid: spec.uid }), ...(spec.gid === undefined ? {} : { gid: spec.gid }) };
  const child = spawn(spec.file, spec.args, { cwd: spec.cwd ?? spec.folder, env: spec.env, detached: true, stdio: ['ignore', output, output], ...who });
  closeSync(log);
  if (spec.onLine !== undefined) followLines(child, logFile, spec.onLine);
  const started = new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${spec.name} does not start: ${error.message}`)));
    child.once('spawn', () => (child.pid === undefined ? reject(new Error(`${spec.name} has no process id`)) : resolve(child.pid)));
  });
  return { child, started };
}

function followLines(child: ChildProcess, logFile: string, onLine: (line: string) => void): void {
  const file = createWriteStream(logFile, { flags: 'a' });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      file.write(`${line}\n`);
      onLine(line);
    });
  }
  child.once('close', () => file.end());
}

const TAIL_LINES = 15;
const POLL_MS = 100;

/** Waits until `check` is true. Throws, with the end of the program's log, when the program ends before that or the deadline passes. */
export async function untilReady(program: Launched, check: () => Promise<boolean>, deadlineMs: number): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    if (program.hasEnded()) throw new Error(`${program.name} ended while starting: ${await program.ended}.\n${logTail(program.logFile)}`);
    if (await check().catch(() => false)) return;
    if (performance.now() - startedAt > deadlineMs) {
      throw new Error(`${program.name} is not ready after ${deadlineMs / 1000} s.\n${logTail(program.logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The last lines of a log, indented, and where the rest is. */
export function logTail(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
  return `${lines.map((line) => `    ${line}`).join('\n')}\n    (all of it: ${file})`;
}
