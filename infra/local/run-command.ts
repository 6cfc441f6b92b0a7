// Runs a short-lived program to its end and returns what it said. For programs that stay, see launch.ts.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Environment } from './environment.ts';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: Environment;
  uid?: number;
  gid?: number;
  timeoutMs?: number;
}

const OUTPUT_LIMIT_CHARS = 1_000_000;

/** Runs a program and waits for it. Never throws: a program that is missing or runs out of time ends with code 127 or 124 and says so in stderr. */
export function runCommand(file: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { timeoutMs = 60_000, ...spawnOptions } = options;
  return new Promise((resolve) => {
    const child = spawn(file, args, { ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'] });
    // When we have to go, what we were waiting for goes too.
    const killWithUs = () => void child.kill('SIGKILL');
    process.once('exit', killWithUs);
    let [stdout, stderr, timedOut] = ['', '', false];
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => (stdout = (stdout + chunk.toString()).slice(-OUTPUT_LIMIT_CHARS)));
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-OUTPUT_LIMIT_CHARS)));
    child.on('error', (error) => {
      clearTimeout(timer);
      process.off('exit', killWithUs);
      resolve({ code: 127, stdout, stderr: error.message });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      process.off('exit', killWithUs);
      resolve(
        timedOut ? { code: 124, stdout, stderr: `${stderr}\nno answer within ${timeoutMs / 1000} s` } : { code: code ?? 1, stdout, stderr },
      );
    });
  });
}

/** Runs a program that must succeed and returns its stdout. Throws with the last line of what the program complained about. */
export async function mustRun(file: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const result = await runCommand(file, args, options);
  if (result.code === 0) return result.stdout;
  const words = `${result.stderr}\n${result.stdout}`
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '');
  const telling = words.findLast((line) => /error|fatal|fail|not found|ENOENT/i.test(line)) ?? words.at(-1) ?? `exit code ${result.code}`;
  throw new Error(telling.trim().slice(0, 300));
}

/** Runs a program at our own terminal and returns its exit code, 128 + n when signal n ended it. When `stop` resolves, the program is asked to end. */
export function runInherited(file: string, args: string[], env: Environment, stop?: Promise<void>): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: 'inherit' });
    void stop?.then(() => child.kill('SIGTERM'));
    child.on('error', (error) => {
      process.stderr.write(`${file}: ${error.message}\n`);
      resolve(127);
    });
    child.on('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128 + constants.signals[signal])));
  });
}
