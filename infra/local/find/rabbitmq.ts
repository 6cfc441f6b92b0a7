// Finds or installs RabbitMQ: as programs with their Erlang, or, as the last resort, as a container image.

import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Environment } from '../environment.ts';
import { cacheFolder } from '../paths.ts';
import { mustRun, runCommand } from '../run-command.ts';
import { rabbitmqHomeUnder, requireDebian, unpackDebianRabbitmq } from './debian.ts';
import { findOnPath, isExecutable } from './look.ts';
import type { Search } from './routes.ts';

export type RabbitmqProgram =
  | {
      kind: 'programs';
      /** RABBITMQ_HOME: has `sbin/rabbitmq-server`. */
      home: string;
      /** Folder with `erl` and, below or beside it, `epmd`. */
      erlangBin: string;
      /** Extra folders for LD_LIBRARY_PATH. */
      libraries: string[];
      version: string;
      origin: string;
    }
  | { kind: 'container'; engine: string; image: string; version: string; origin: string };

const CONTAINER_IMAGE = 'rabbitmq:4.2.4-management';
const PULL_TIMEOUT_MS = 300_000;
const BREW_TIMEOUT_MS = 15 * 60_000;
const ADVICE =
  'set AMQP_URL to a RabbitMQ 3.10 or newer that runs (in .env or the environment), or install the package rabbitmq-server, ' +
  'or give this machine access to its package archive, or use `docker compose up -d`.';

/** How RabbitMQ's programs are found. What an earlier run unpacked into the cache is used again. */
export function rabbitmqSearch(env: Environment): Search<RabbitmqProgram> {
  const unpacked = join(cacheFolder(env), 'rabbitmq-debian');
  return {
    server: 'RabbitMQ',
    variable: 'AMQP_URL',
    routes: [
      { title: 'installed', attempt: async () => programs(installedHome(env), dirname(findErl(env)), 'system') },
      { title: 'in the cache', attempt: async () => unpackedPrograms(unpacked, 'cache') },
      {
        title: 'Debian packages, unpacked into the cache',
        attempt: () => unpackDebianRabbitmq(unpacked).then(() => unpackedPrograms(unpacked, 'Debian packages')),
        feasible: requireDebian,
      },
      { title: 'brew install rabbitmq', attempt: () => brewInstall(env), feasible: async () => void findOnPath('brew', env) },
      { title: `container ${CONTAINER_IMAGE}`, attempt: pullImage, feasible: async () => void (await findEngine()) },
    ],
    advice: ADVICE,
  };
}

function installedHome(env: Environment): string {
  if (existsSync('/usr/lib/rabbitmq/lib')) return rabbitmqHomeUnder('/');
  const sbin = dirname(findOnPath('rabbitmq-server', env));
  if (basename(sbin) !== 'sbin') throw new Error(`${sbin}/rabbitmq-server is no program of RabbitMQ itself`);
  return dirname(sbin);
}

function findErl(env: Environment): string {
  return isExecutable('/usr/lib/erlang/bin/erl') ? '/usr/lib/erlang/bin/erl' : findOnPath('erl', env);
}

function unpackedPrograms(root: string, origin: string): RabbitmqProgram {
  const base = join(root, 'usr/lib');
  const libraries = existsSync(base)
    ? readdirSync(base)
        .filter((name) => name.includes('-linux-'))
        .map((name) => join(base, name))
    : [];
  return programs(rabbitmqHomeUnder(root), join(base, 'erlang/bin'), origin, libraries);
}

function programs(home: string, erlangBin: string, origin: string, libraries: string[] = []): RabbitmqProgram {
  if (!isExecutable(join(erlangBin, 'erl'))) throw new Error(`no erl in ${erlangBin}`);
  const plugins = join(home, 'plugins');
  // The folder's name is not the version everywhere (Homebrew); the core plugin's file name is.
  const names = existsSync(plugins) ? readdirSync(plugins) : [];
  const version = names.map((name) => /^rabbit-(\d+(\.\d+)+)/.exec(name)?.[1]).find((found) => found !== undefined);
  return { kind: 'programs', home, erlangBin, libraries, version: version ?? 'of unknown version', origin };
}

async function brewInstall(env: Environment): Promise<RabbitmqProgram> {
  const brew = findOnPath('brew', env);
  await mustRun(brew, ['install', '--quiet', 'rabbitmq'], { timeoutMs: BREW_TIMEOUT_MS });
  const prefix = (await mustRun(brew, ['--prefix', 'rabbitmq'])).trim();
  const erlang = (await mustRun(brew, ['--prefix', 'erlang'])).trim();
  return programs(prefix, join(erlang, 'bin'), 'Homebrew');
}

async function pullImage(): Promise<RabbitmqProgram> {
  const engine = await findEngine();
  await mustRun(engine, ['pull', '--quiet', CONTAINER_IMAGE], { timeoutMs: PULL_TIMEOUT_MS });
  return { kind: 'container', engine, image: CONTAINER_IMAGE, version: /:([\d.]+)/.exec(CONTAINER_IMAGE)?.[1] ?? '', origin: engine };
}

async function findEngine(): Promise<string> {
  for (const engine of ['docker', 'podman']) if ((await runCommand(engine, ['info'], { timeoutMs: 10_000 })).code === 0) return engine;
  throw new Error('no container engine answers (docker, podman)');
}
