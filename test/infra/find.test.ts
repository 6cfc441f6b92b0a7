import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAtLeast } from '../../infra/local/find/look.ts';
import { postgresSearch } from '../../infra/local/find/postgres.ts';
import { rabbitmqSearch } from '../../infra/local/find/rabbitmq.ts';
import { firstRoute, NoRouteError } from '../../infra/local/find/routes.ts';
import { temporalSearch } from '../../infra/local/find/temporal.ts';
import { inspect } from '../../infra/local/doctor.ts';
import { aFolder, aProgram, keptProgress } from './support.ts';

const refuse = (reason: string) => () => Promise.reject(new Error(reason));

test('routes are tried in order and the first that works is taken', async () => {
  const tried: string[] = [];
  const route = (title: string, works: boolean) => ({
    title,
    attempt: () => {
      tried.push(title);
      return works ? Promise.resolve(title) : Promise.reject(new Error('no'));
    },
  });
  const routes = [route('first', false), route('second', true), route('third', true)];
  const found = await firstRoute({ server: 'S', variable: 'S_URL', routes, advice: '' }, keptProgress().progress);
  assert.equal(found, 'second');
  assert.deepEqual(tried, ['first', 'second']);
});

test('a machine without any route gets one error that lists every route, its reason and what to do', async () => {
  const { lines, progress } = keptProgress();
  const routes = [
    { title: 'on PATH', attempt: refuse('no s on PATH') },
    { title: 'download', attempt: refuse('getaddrinfo\n  ENOTFOUND'), feasible: () => Promise.resolve() },
    { title: 'container', attempt: refuse('no engine'), feasible: () => Promise.resolve() },
  ];
  await assert.rejects(firstRoute({ server: 'S', variable: 'S_URL', routes, advice: 'set S_URL.' }, progress), (error: unknown) => {
    assert.ok(error instanceof NoRouteError);
    assert.equal(
      error.message,
      [
        'No way to get S on this machine. Tried, in this order:',
        '  - on PATH: no s on PATH',
        '  - download: getaddrinfo ENOTFOUND',
        '  - container: no engine',
        'What to do: set S_URL.',
      ].join('\n'),
    );
    return true;
  });
  for (const reason of ['no s on PATH', 'ENOTFOUND', 'no engine'])
    assert.equal(lines.filter((line) => line.includes(reason)).length, 1, reason);
});

test('nothing is said about failed looks when a later look finds the server', async () => {
  const { lines, progress } = keptProgress();
  const routes = [
    { title: 'on PATH', attempt: refuse('no') },
    { title: 'in the cache', attempt: () => Promise.resolve('here') },
  ];
  await firstRoute({ server: 'S', variable: 'S_URL', routes, advice: '' }, progress);
  assert.deepEqual(lines, []);
});

test('a Temporal CLI on PATH comes before one in the cache, unless it is too old', async (t) => {
  const [bin, cache] = [aFolder(t), aFolder(t)];
  mkdirSync(join(cache, 'trasau/temporal'), { recursive: true });
  aProgram(join(cache, 'trasau/temporal'), 'temporal', 'temporal version 1.9.1 (Server 1.32.0)');
  aProgram(bin, 'temporal', 'temporal version 1.5.1');
  const env = { PATH: `${bin}:/usr/bin:/bin`, XDG_CACHE_HOME: cache };
  const { progress } = keptProgress();
  assert.deepEqual(await firstRoute(temporalSearch(env), progress), { file: join(bin, 'temporal'), version: '1.5.1', origin: 'PATH' });
  aProgram(bin, 'temporal', 'temporal version 0.9.0');
  assert.equal((await firstRoute(temporalSearch(env), progress)).origin, 'cache');
});

test('every server is looked for on the machine before anything is installed', () => {
  for (const search of [postgresSearch({}), rabbitmqSearch({}), temporalSearch({})]) {
    const installs = search.routes.map((route) => route.feasible !== undefined);
    assert.deepEqual(
      installs,
      installs.toSorted((a, b) => Number(a) - Number(b)),
      search.server,
    );
    assert.match(search.advice, new RegExp(search.variable), search.server);
  }
});

test('doctor says which route would install a missing server, and is unhealthy only when there is none', async () => {
  const missing = { title: 'on PATH', attempt: refuse('no s on PATH') };
  const possible = { title: 'download', attempt: refuse('must not be tried'), feasible: () => Promise.resolve() };
  const impossible = { title: 'container', attempt: refuse('must not be tried'), feasible: refuse('no engine') };
  const search = { server: 'S', variable: 'S_URL', advice: 'set S_URL.' };
  const check = () => Promise.resolve('1.0');
  const installable = await inspect({ ...search, routes: [missing, possible] }, {}, check);
  assert.equal(installable.healthy, true);
  assert.match(installable.lines.join('\n'), /not there yet; npm start gets it: download/);
  const hopeless = await inspect({ ...search, routes: [missing, impossible] }, {}, check);
  assert.equal(hopeless.healthy, false);
  for (const words of ['no s on PATH', 'no engine', 'set S_URL.']) assert.ok(hopeless.lines.join('\n').includes(words), words);
  const given = await inspect({ ...search, routes: [missing, impossible] }, { S_URL: 's://there' }, check);
  assert.deepEqual([given.healthy, given.lines.length], [true, 1]);
});

test('versions are compared number by number', () => {
  assert.ok(isAtLeast('18.4', '18'));
  assert.ok(isAtLeast('1.10.0', '1.9.1'));
  assert.ok(!isAtLeast('15.18', '18'));
  assert.ok(!isAtLeast('1', '1.1.0'));
});
