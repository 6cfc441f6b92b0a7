// A campaign that ran and broke nothing may still prove nothing; what makes it so is named.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../infra/local/ports.ts';
import { repository } from '../../infra/local/paths.ts';
import { eventually } from '../support/eventually.ts';
import { createSystemProcess } from '../support/system-process.ts';
import { noEvidence } from './faults.ts';
import { vacuous } from './vacuous.ts';

const copies = { ...noEvidence, suppressed: 1 };

test('a run in which nothing was struck, or no copy was suppressed, proves nothing', () => {
  assert.deepEqual(vacuous({}, copies), ['vacuous: nothing was struck']);
  assert.deepEqual(vacuous({ 'kill-relay': 2 }, noEvidence), ['vacuous: no copy was suppressed']);
  assert.deepEqual(vacuous({ 'kill-relay': 2 }, copies), []);
});

test('a fault that struck twice and left no trace did not happen; one that struck once may have met an idle moment', () => {
  assert.deepEqual(vacuous({ 'kill-consumer': 2 }, copies), ['vacuous: kill-consumer left no trace (redelivered)']);
  assert.deepEqual(vacuous({ 'kill-consumer': 1 }, copies), []);
  assert.deepEqual(vacuous({ 'kill-consumer': 2 }, { ...copies, redelivered: 1 }), []);
});

const entry = `import { createServer } from 'node:http';
createServer((req, res) => (req.url === '/fall' ? process.exit(7) : res.end())).listen(Number(process.env.PORT), '127.0.0.1');`;

test('a process that ended by itself is told of, also when it was killed and started again afterwards', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'trasau-proof-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'entry.mjs');
  writeFileSync(file, entry);
  const port = await freePort(20_000, new Set());
  const url = `http://127.0.0.1:${port}`;
  const process = createSystemProcess({ name: 'api', entry: relative(repository, file), env: { PORT: String(port) }, readyUrl: url });
  t.after(process.kill);
  for (let life = 1; life <= 2; life += 1) {
    await process.start();
    await process.kill();
  }
  assert.deepEqual(process.accidents(), []);
  await process.start();
  await assert.rejects(fetch(`${url}/fall`));
  await eventually('it is gone', () => process.pid() === undefined);
  await process.kill();
  await process.start();
  assert.deepEqual(process.accidents(), ['api ended by itself: 7']);
});
