// Two stacks that start at the same moment see the same free ports. Each therefore claims a port, in a small file that every Trasau of the machine
// looks at, from the moment it chose the port until its process ends. A claim of a process that is gone counts for nothing.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

const PREFIX = 'trasau-port-';

/** Claims a port for this process. False when another living process has claimed it. Repeat by the same process: true. */
export function claimPort(port: number, folder: string = tmpdir()): boolean {
  const file = join(folder, `${PREFIX}${port}`);
  const us = identify(process.pid);
  const owner = readOwner(file);
  if (isSame(owner, us)) return true;
  if (owner !== undefined && isRunning(owner)) return false;
  try {
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(us), { flag: 'wx' });
    return true;
  } catch (error) {
    // Somebody was quicker. Where we may not write at all (another user's stale claim), the port is taken unclaimed.
    return !(error instanceof Error && 'code' in error && error.code === 'EEXIST');
  }
}

/** Gives back all that this process has claimed. Without it the claims end with the process, and only their files stay. */
export function releasePorts(folder: string = tmpdir()): void {
  const us = identify(process.pid);
  for (const name of readdirSync(folder)) {
    if (name.startsWith(PREFIX) && isSame(readOwner(join(folder, name)), us)) rmSync(join(folder, name), { force: true });
  }
}

function isSame(one: ProcessIdentity | undefined, other: ProcessIdentity | undefined): boolean {
  return one !== undefined && one.pid === other?.pid && one.startedAt === other.startedAt;
}

function readOwner(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity; // written above
  } catch {
    return undefined;
  }
}
