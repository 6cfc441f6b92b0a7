// Makes the packages ready before `npm start` and `npm test` (prestart, pretest). It runs on the machine's own Node, which may be older than
// the project's, and before any package is there: so it uses no dependency, is plain JavaScript, and does as little as possible. The servers
// are found or installed afterwards by TypeScript that runs on the project's Node (infra/local/find). All output goes to stderr.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const OLDEST_NODE_MAJOR = 20;
const PROJECT_NODE_MAJOR = 24;
const QUIET = ['--loglevel=error', '--no-audit', '--no-fund'];
const PROGRESS_EVERY_MS = 5_000;

await main();

async function main() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE_MAJOR)
    fail(`Trasau needs Node ${OLDEST_NODE_MAJOR} or newer to set itself up; this is Node ${process.versions.node}.`);
  await ensurePackages();
  ensureProjectNode();
}

/** Runs `npm ci` when what is installed differs from package-lock.json: on a fresh clone, after a change of the lock, after an install cut short. */
async function ensurePackages() {
  if (isInstalled()) return;
  const startedAt = Date.now();
  const say = (text) => process.stderr.write(`  ${text}\n`);
  say('installing packages (npm ci), about 500 MB once');
  const timer = setInterval(() => say(`still installing packages (${Math.round((Date.now() - startedAt) / 1000)} s)`), PROGRESS_EVERY_MS);
  let code = await runNpm(['ci', ...QUIET]);
  if (code !== 0) {
    // npm ci refuses a lock that lacks an optional package of another platform; install takes the same versions and leaves the lock as it is.
    say('npm ci failed, see above; trying npm install --no-save');
    code = await runNpm(['install', '--no-save', ...QUIET]);
  }
  clearInterval(timer);
  if (code !== 0) fail(`The packages could not be installed; npm's own words are above. Check the network and run the same command again.`);
  say(`packages installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** npm writes down what it has installed, as the last thing it does: the lock without the packages of other platforms. Compared to a stamp of
 *  our own this also knows what a developer's `npm install` did. */
function isInstalled() {
  const installedFile = join(repository, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return installed[path] === undefined ? optional === true : installed[path].version === version;
  });
}

/** Runs npm with its stdout sent to stderr and resolves with its exit code. */
function runNpm(args) {
  // npm tells its scripts where it lives; without that (run by hand) the one on PATH has to do.
  const npmScript = process.env.npm_execpath;
  const [file, all] = npmScript === undefined ? ['npm', args] : [process.execPath, [npmScript, ...args]];
  return new Promise((resolve) => {
    const child = spawn(file, all, { cwd: repository, stdio: ['ignore', 2, 2] });
    child.on('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** The scripts of package.json run `node` from node_modules/.bin when the platform has one there, else the machine's own, which must then be new enough. */
function ensureProjectNode() {
  const bundled = join(repository, 'node_modules', '.bin', 'node');
  const found = spawnSync(existsSync(bundled) ? bundled : 'node', ['--version'], { encoding: 'utf8' });
  const version = found.status === 0 ? found.stdout.trim() : 'none that runs';
  if (Number(version.slice(1).split('.')[0]) >= PROJECT_NODE_MAJOR) return;
  fail(
    `Trasau runs on Node ${PROJECT_NODE_MAJOR}. It comes with the packages for Linux and macOS (x64, arm64), but here it is ${version}.\n` +
      `Install Node ${PROJECT_NODE_MAJOR} or newer on this machine and run the same command again.`,
  );
}

function fail(text) {
  process.stderr.write(`\n${text}\n`);
  process.exit(1);
}
