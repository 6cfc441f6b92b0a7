// Runs a short-lived program to its end and returns what it said. For programs that stay, see launch.ts.

import { spawn } from 'node:child_process';
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
    let [stdout, stderr, timedOut] = ['', '', false];
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => (stdout = (stdout + chunk.toString()).slice(-OUTPUT_LIMIT_CHARS)));
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-OUTPUT_LIMIT_CHARS)));
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, stdout, stderr: error.message });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(timedOut ? { code: 124, stdout, stderr: `${stderr}\nno answer within ${timeoutMs / 1000} s` } : { code: code ?? 1, stdout, stderr });
    });
  });
}

/** Runs a program that must succeed and returns its stdout. Throws with the last line of what the program complained about. */
export async function mustRun(file: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const result = await runCommand(file, args, options);
  if (result.code === 0) return result.stdout;
  const words = `${result.stderr}\n${result.stdout}`.trim().split('\n').filter((line) => line.trim() !== '');
  const telling = words.findLast((line) => /error|fatal|fail|not found|ENOENT/i.test(line)) ?? words.at(-1) ?? `exit code ${result.code}`;
  throw new Error(telling.trim().slice(0, 300));
}
