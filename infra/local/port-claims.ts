// Two stacks that start at the same moment see the same free ports. Each therefore claims a port, in a small file that every Trasau of the machine
// looks at, from the moment it chose the port until its process ends. A claim of a process that is gone counts for nothing.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

/** Claims a port for this process. False when another living process has claimed it. Repeat by the same process: true. */
export function claimPort(port: number, folder: string = tmpdir()): boolean {
  const file = join(folder, `trasau-port-${port}`);
  const us = identify(process.pid);
  const owner = readOwner(file);
  if (owner !== undefined && owner.pid === us?.pid && owner.startedAt === us.startedAt) return true;
  if (owner !== undefined && isRunning(owner)) return false;
  try {
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(us), { flag: 'wx' });
    process.once('exit', () => rmSync(file, { force: true }));
    return true;
  } catch (error) {
    // Somebody was quicker. Where we may not write at all (another user's stale claim), the port is taken unclaimed.
    return !(error instanceof Error && 'code' in error && error.code === 'EEXIST');
  }
}

function readOwner(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity; // written above
  } catch {
    return undefined;
  }
}
