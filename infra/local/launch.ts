// Starts a program that stays: in a process group of its own, so that Ctrl-C in the terminal reaches only the supervisor, which then stops
// everything in order; written into the ledger, so that a killed run can be cleaned up by the next; its output in a log file.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, createWriteStream, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Environment } from './environment.ts';
import type { Ledger } from './ledger.ts';
import { endProcess, identify } from './process-identity.ts';

export interface LaunchSite {
  ledger: Ledger;
  logs: string;
  /** What runs now, in the order of its start. */
  running: Set<Launched>;
  /** Set once everything is to end: nothing is started any more, whatever was about to start. */
  closing: boolean;
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

/** Starts a program and returns at once. Throws when it cannot be started at all, or when everything is about to end. */
export async function launch(site: LaunchSite, spec: LaunchSpec): Promise<Launched> {
  if (site.closing) throw new Error(`${spec.name} is not started: everything is being stopped.`);
  const logFile = prepareLog(site.logs, spec.name);
  const { child, started } = spawnLogged(spec, logFile);
  const { stopSignal = 'SIGTERM', graceMs = DEFAULT_GRACE_MS } = spec;
  const pid = await started;
  const identity = identify(pid);
  if (identity !== undefined) site.ledger.add({ ...identity, name: spec.name, folder: spec.folder, stopSignal, graceMs });
  let over = child.exitCode !== null || child.signalCode !== null;
  const ended = endOf(child).finally(() => {
    over = true;
    site.ledger.remove(pid);
    site.running.delete(launched);
  });
  const stop = async (force = false) => {
    if (identity !== undefined && !over) await endProcess(identity, force ? 'SIGKILL' : stopSignal, graceMs);
    await ended;
  };
  const launched: Launched = { name: spec.name, pid, logFile, ended, hasEnded: () => over, stop };
  site.running.add(launched);
  return launched;
}

/** Stops all that still runs at a site, the last started first, and starts nothing more. */
export async function stopAll(site: LaunchSite, force = false): Promise<void> {
  site.closing = true;
  for (const program of [...site.running].toReversed()) await program.stop(force);
}

function endOf(child: ChildProcess): Promise<string> {
  const words = () => (child.signalCode === null ? `exit code ${child.exitCode}` : `killed by ${child.signalCode}`);
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(words());
  return new Promise((resolve) => child.once('exit', () => resolve(words())));
}

const LOG_LIMIT_BYTES = 20_000_000;

/** The log of the runs before is kept until it is large, then moved aside once. */
function prepareLog(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.log`);
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES) renameSync(file, `${file}.old`);
  return file;
}

function spawnLogged(spec: LaunchSpec, logFile: string): { child: ChildProcess; started: Promise<number> } {
  const log = openSync(logFile, 'a');
  const output = spec.onLine === undefined ? log : 'pipe';
  const who = { ...(spec.uid === undefined ? {} : { uid: spec.uid }), ...(spec.gid === undefined ? {} : { gid: spec.gid }) };
  const child = spawn(spec.file, spec.args, {
    cwd: spec.cwd ?? spec.folder,
    env: spec.env,
    detached: true,
    stdio: ['ignore', output, output],
    ...who,
  });
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

/** Waits until `check` is true. Throws, with the end of the program's log, when the program ends before that, or is not ready in time and then ended. */
export async function untilReady(program: Launched, check: () => Promise<boolean>, deadlineMs: number): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    if (program.hasEnded()) throw new Error(`${program.name} ended while starting: ${await program.ended}.\n${logTail(program.logFile)}`);
    if (await check().catch(() => false)) return;
    if (performance.now() - startedAt > deadlineMs) {
      await program.stop();
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
