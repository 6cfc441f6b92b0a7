// What the tests of infra/local share: a folder that goes away, progress that is kept instead of printed, and a process to look at.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createProgress } from '../../infra/local/progress.ts';

/** A new folder, removed after the test. */
export function aFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trasau-infra-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Progress whose lines the test can read. */
export function keptProgress() {
  const lines: string[] = [];
  return { lines, progress: createProgress((line) => void lines.push(line)) };
}

/** A program on disk that prints one line, for looking it up. */
export function aProgram(folder: string, name: string, prints: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\necho '${prints}'\n`, { mode: 0o755 });
  return file;
}

/** A process that idles in a folder until it is told to go; ended after the test in any case. */
export async function anIdler(t: TestContext, folder: string): Promise<number> {
  const script = "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1e6); process.stdout.write('up');";
  const child = spawn(process.execPath, ['-e', script], { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('the idler did not start');
  return child.pid;
}
