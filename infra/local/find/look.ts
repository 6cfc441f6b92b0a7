// Looking for programs that are already there.

import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../environment.ts';
import { mustRun } from '../run-command.ts';

/** Whether this is a file that may be executed. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The real file behind a program on PATH, symbolic links resolved. Throws when PATH does not have it. */
export function findOnPath(program: string, env: Environment): string {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    // The project's own node_modules/.bin is on PATH under npm; what is there is no server of the machine.
    if (folder === '' || folder.includes('node_modules')) continue;
    if (isExecutable(join(folder, program))) return realpathSync(join(folder, program));
  }
  throw new Error(`no ${program} on PATH`);
}

/** The first dotted number that a program prints when asked for its version: "18.4", "1.9.1". Throws when the program does not run. */
export async function versionOf(file: string, args: string[] = ['--version']): Promise<string> {
  const version = /\d+(\.\d+)+/.exec(await mustRun(file, args, { timeoutMs: 20_000 }))?.[0];
  if (version === undefined) throw new Error(`${file} does not say its version`);
  return version;
}

/** Whether a dotted version is at least another, number by number. */
export function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => text.split('.').map(Number));
  for (const [index, part] of (want ?? []).entries()) {
    const difference = (have?.[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
