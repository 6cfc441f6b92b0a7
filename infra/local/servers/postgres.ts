// Runs a PostgreSQL of our own: data under the stack's folder, TCP on loopback only, password authentication, UTF-8 with a locale that is the
// same on every machine. When we are root it runs as an unprivileged user, because it refuses to run as root.

import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { PostgresProgram } from '../find/postgres.ts';
import { launch, untilReady, type Launched } from '../launch.ts';
import { reachableFolder } from '../paths.ts';
import { endProcess, identify, worksFor } from '../process-identity.ts';
import { mustRun } from '../run-command.ts';
import type { Stack } from '../stack.ts';

const USER = 'trasau';
const DATABASE = 'trasau';
const READY_WITHIN_MS = 60_000;
const GRACE_MS = 15_000;
const INITDB_TIMEOUT_MS = 120_000;

/** The address of the stack's database on this port. */
export function postgresUrl(stack: Stack, port: number): string {
  return `postgres://${USER}:${stack.secrets.POSTGRES_PASSWORD}@127.0.0.1:${port}/${DATABASE}`;
}

/** Starts PostgreSQL on the port, makes its data folder and database if needed, and returns once it answers. */
export async function startPostgres(stack: Stack, program: PostgresProgram, port: number): Promise<Launched> {
  const owner = unprivilegedOwner();
  // A data folder belongs to one major version, so its name says which.
  const folder = reachableFolder(stack.folder, `postgres-${program.version.split('.')[0]}`);
  if (!existsSync(join(folder, 'PG_VERSION'))) await makeCluster(stack, program, folder, owner);
  await clearStalePid(folder);
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    ...(stack.durable ? [] : FAST_SETTINGS),
  ];
  const server = await launch(stack, {
    name: 'postgres',
    file: join(program.bin, 'postgres'),
    args: ['-D', folder, ...settings.flatMap((setting) => ['-c', setting])],
    env: { ...stack.plainEnv, LC_ALL: 'C', TZ: 'UTC' },
    folder,
    // Fast shutdown: open sessions are told to go, nothing is lost. Immediate where the data is thrown away.
    stopSignal: stack.durable ? 'SIGINT' : 'SIGQUIT',
    graceMs: GRACE_MS,
    ...owner,
  });
  await untilReady(server, () => ensureDatabase(stack, port), READY_WITHIN_MS);
  return server;
}

const FAST_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_wal_senders=0', 'wal_level=minimal'];

/** Who PostgreSQL runs as: ourselves, or `nobody` when we are root. */
function unprivilegedOwner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('nobody:'));
  const [uid, gid] = (entry?.split(':') ?? []).slice(2, 4).map(Number);
  if (uid === undefined || gid === undefined)
    throw new Error('PostgreSQL refuses to run as root and this machine has no user `nobody`. Run as another user.');
  return { uid, gid };
}

async function makeCluster(stack: Stack, program: PostgresProgram, folder: string, owner: { uid?: number; gid?: number }): Promise<void> {
  // Made beside its place and moved there when whole: half a cluster would look like a whole one to the next start.
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  const passwordFile = `${folder}.password`;
  writeFileSync(passwordFile, stack.secrets.POSTGRES_PASSWORD, { mode: 0o600 });
  if (owner.uid !== undefined && owner.gid !== undefined) for (const path of [part, passwordFile]) chownSync(path, owner.uid, owner.gid);
  const flags = [
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--auth=scram-sha-256',
    '--data-checksums',
  ];
  const options = { cwd: part, env: { ...stack.plainEnv, LC_ALL: 'C' }, timeoutMs: INITDB_TIMEOUT_MS, ...owner };
  try {
    await mustRun(
      join(program.bin, 'initdb'),
      ['-D', part, '-U', USER, `--pwfile=${passwordFile}`, ...flags, ...(stack.durable ? [] : ['--no-sync'])],
      options,
    );
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
    rmSync(passwordFile, { force: true });
  }
}

/** postmaster.pid of a killed server blocks the next start when its process id is used again. If it is our own server, it is ended; else only the file goes. */
async function clearStalePid(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const process = Number.isInteger(pid) && pid > 1 ? identify(pid) : undefined;
  if (process !== undefined && worksFor(pid, folder)) await endProcess(process, 'SIGINT', GRACE_MS);
  rmSync(file, { force: true });
}

async function ensureDatabase(stack: Stack, port: number): Promise<boolean> {
  const admin = new pg.Client({
    connectionString: postgresUrl(stack, port).replace(/\/[^/]*$/, '/postgres'),
    connectionTimeoutMillis: 2_000,
  });
  try {
    await admin.connect();
    const found = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await admin.query(`CREATE DATABASE ${DATABASE}`);
    return true;
  } finally {
    await admin.end().catch(() => undefined);
  }
}

/** Whether something answers as PostgreSQL at this address. Throws with the server's own words when it does not. */
export async function checkPostgres(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const answer = await client.query<{ server_version: string }>('SHOW server_version');
    return answer.rows[0]?.server_version ?? '';
  } finally {
    await client.end().catch(() => undefined);
  }
}
