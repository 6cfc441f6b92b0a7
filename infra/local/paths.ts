// Where everything that Trasau makes on a developer's machine lies: its own data under `.local/` of the clone, downloads in the user's cache.
// Nothing is written anywhere else, with one exception (see reachableFolder), so deleting the clone deletes its data.

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Environment } from './environment.ts';

export const repository = join(import.meta.dirname, '..', '..');
export const localFolder = join(repository, '.local');

/** Tells one clone from another: part of Erlang node names, container names and of folders outside the clone. */
export const cloneHash = createHash('sha256').update(repository).digest('hex').slice(0, 8);

/** The folder for downloaded servers, shared by all clones of one user. It is not created. */
export function cacheFolder(env: Environment): string {
  const base = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(base, 'trasau');
}

/** Whether every user of the machine may pass through all folders above `path`. PostgreSQL refuses to run as root, and as another user it must get there. */
export function isReachableByAnyone(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Where to keep `name` for an unprivileged server: in `folder` when that is reachable, else in its stand-in outside the clone. Throws when that
 *  place belongs to somebody else. */
export function reachableFolder(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true });
  if (isReachableByAnyone(join(folder, name))) return join(folder, name);
  const standIn = standInFolder(folder);
  mkdirSync(standIn, { recursive: true, mode: 0o755 });
  for (const path of [dirname(standIn), standIn]) {
    const found = lstatSync(path);
    if (!found.isDirectory() || found.uid !== process.getuid?.())
      throw new Error(`${path} exists but is not a folder of this user; remove it.`);
  }
  return join(standIn, name);
}

/** The folder that stands in for one that nobody but root may enter. Under /var/tmp, because that, unlike /tmp, survives a restart. */
export function standInFolder(folder: string): string {
  return join('/var/tmp', `trasau-${cloneHash}`, relative(localFolder, folder).replaceAll(/[^a-z0-9]+/gi, '-') || 'local');
}
