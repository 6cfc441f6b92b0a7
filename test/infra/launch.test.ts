import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { launch, stopAll, untilReady, type Launched, type LaunchSpec } from '../../infra/local/launch.ts';
import { openLedger, readLedger } from '../../infra/local/ledger.ts';
import { identify } from '../../infra/local/process-identity.ts';
import { aFolder } from './support.ts';

function aSite(t: TestContext) {
  const folder = aFolder(t);
  const site = { ledger: openLedger(join(folder, 'run.json')), logs: join(folder, 'logs'), running: new Set<Launched>(), closing: false };
  t.after(() => stopAll(site, true));
  const spec = (script: string): LaunchSpec => ({
    name: 'child',
    file: process.execPath,
    args: ['-e', script],
    env: {},
    folder,
    graceMs: 300,
  });
  return { folder, site, spec };
}

const idles = 'setInterval(() => {}, 1e6); console.log("up");';

test('a program that ends while starting is explained by the end of its log', async (t) => {
  const { site, spec } = aSite(t);
  const child = await launch(site, spec('console.error("no such table"); process.exit(3)'));
  await assert.rejects(
    untilReady(child, () => Promise.resolve(false), 60_000),
    /child ended while starting: exit code 3[\s\S]*no such table/,
  );
});

test('a program that ignores its stop signal is killed after its grace', async (t) => {
  const { folder, site, spec } = aSite(t);
  const child = await launch(site, spec(`process.on('SIGTERM', () => {}); ${idles}`));
  await untilReady(child, async () => readFileSync(child.logFile, 'utf8').includes('up'), 60_000);
  await child.stop();
  assert.equal(await child.ended, 'killed by SIGKILL');
  assert.equal(identify(child.pid), undefined);
  assert.deepEqual(readLedger(join(folder, 'run.json'))?.processes, []);
});

test('once everything is to stop, nothing new is started', async (t) => {
  const { site, spec } = aSite(t);
  const child = await launch(site, spec(idles));
  await stopAll(site);
  assert.equal(child.hasEnded(), true);
  await assert.rejects(launch(site, spec(idles)), /is not started: everything is being stopped/);
});

test('a program that cannot be started says so', async (t) => {
  const { site, spec } = aSite(t);
  await assert.rejects(launch(site, { ...spec(''), file: '/nonexistent/program' }), /child does not start: .*ENOENT/);
});
