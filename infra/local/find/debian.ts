// RabbitMQ without root and without installing: Debian's packages of RabbitMQ and Erlang are downloaded by apt, which checks their signatures,
// and unpacked into the cache folder. No service is started, nothing outside that folder changes, and no root is needed.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, runCommand } from '../run-command.ts';
import { isExecutable } from './look.ts';

const APT_TIMEOUT_MS = 180_000;
const UNPACK_TIMEOUT_MS = 60_000;
const LEAN = ['--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks', '--no-replaces', '--no-enhances'];

/** Fills `target` with an unpacked RabbitMQ and Erlang. Throws when this is no Debian or Ubuntu, or its archive cannot be reached. */
export async function unpackDebianRabbitmq(target: string): Promise<void> {
  await requireDebian();
  const work = `${target}.part-${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'debs'), { recursive: true });
  try {
    // The machine's own package lists first; when they are empty or outdated, fresh ones in a folder of ours: no root, nothing global.
    await downloadPackages(work, []).catch(async () => downloadPackages(work, await freshLists(work)));
    const root = join(work, 'root');
    for (const deb of readdirSync(join(work, 'debs'))) {
      if (deb.endsWith('.deb')) await mustRun('dpkg', ['-x', join(work, 'debs', deb), root], { timeoutMs: UNPACK_TIMEOUT_MS });
    }
    pointErlangTo(root, target);
    rmSync(target, { recursive: true, force: true });
    renameSync(root, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Throws unless the machine has Debian's package tools. */
export async function requireDebian(): Promise<void> {
  for (const program of ['apt-get', 'apt-cache', 'dpkg']) {
    if ((await runCommand(program, ['--version'])).code !== 0) throw new Error(`no ${program}: not a Debian or Ubuntu`);
  }
}

async function downloadPackages(work: string, aptOptions: string[]): Promise<void> {
  const closure = await mustRun('apt-cache', [...aptOptions, 'depends', '--recurse', ...LEAN, 'rabbitmq-server'], {
    timeoutMs: APT_TIMEOUT_MS,
  });
  const names = closure.split('\n').filter((line) => /^[a-z0-9]/.test(line));
  const servers = names.filter((name) => name === 'rabbitmq-server' || name.startsWith('erlang-'));
  if (servers.length < 2) throw new Error('the package lists do not know rabbitmq-server');
  const libraries = await missingLibraries(aptOptions);
  const options = [...aptOptions, '-o', 'APT::Sandbox::User=root', '-qq'];
  await mustRun('apt-get', [...options, 'download', ...servers, ...libraries], { cwd: join(work, 'debs'), timeoutMs: APT_TIMEOUT_MS });
}

/** Libraries that Erlang needs and that a very small image may lack. Their names differ between releases, so only those that exist are asked for. */
async function missingLibraries(aptOptions: string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const name of ['libssl3', 'libssl3t64', 'libtinfo6', 'libncurses6', 'libsystemd0', 'zlib1g', 'libstdc++6', 'libsctp1']) {
    const installed = await runCommand('dpkg-query', ['-W', '-f', '${Status}', name]);
    if (installed.code === 0 && installed.stdout.includes('ok installed')) continue;
    if ((await runCommand('apt-cache', [...aptOptions, 'show', '--no-all-versions', name])).code === 0) missing.push(name);
  }
  return missing;
}

async function freshLists(work: string): Promise<string[]> {
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(work, folder), { recursive: true });
  const options = ['-o', `Dir::State::Lists=${join(work, 'lists')}`, '-o', `Dir::Cache=${join(work, 'cache')}`];
  await mustRun('apt-get', [...options, '-o', 'APT::Sandbox::User=root', '-qq', 'update'], { timeoutMs: APT_TIMEOUT_MS });
  return options;
}

/** Debian's start scripts of Erlang have its folder written in and ignore ERL_ROOTDIR; they are pointed to where the files will lie. */
function pointErlangTo(root: string, target: string): void {
  const erlang = join(root, 'usr/lib/erlang');
  const folders = [
    join(erlang, 'bin'),
    ...readdirSync(erlang)
      .filter((name) => name.startsWith('erts-'))
      .map((name) => join(erlang, name, 'bin')),
  ];
  for (const file of folders.flatMap((folder) => ['erl', 'start'].map((name) => join(folder, name)))) {
    if (!existsSync(file)) continue;
    const script = readFileSync(file, 'utf8');
    rmSync(file);
    writeFileSync(file, script.replaceAll('/usr/lib/erlang', join(target, 'usr/lib/erlang')));
    chmodSync(file, 0o755);
  }
}

/** Where a RabbitMQ under this root (`/` for an installed one) keeps its programs. Throws when there is none. */
export function rabbitmqHomeUnder(root: string): string {
  const base = join(root, 'usr/lib/rabbitmq/lib');
  const names = existsSync(base) ? readdirSync(base).filter((name) => name.startsWith('rabbitmq_server-')) : [];
  const home = names
    .toSorted()
    .map((name) => join(base, name))
    .findLast((folder) => isExecutable(join(folder, 'sbin/rabbitmq-server')));
  if (home === undefined) throw new Error(`none under ${base}`);
  return home;
}
