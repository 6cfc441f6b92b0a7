import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { claimPort, releasePorts } from '../../infra/local/port-claims.ts';
import { identify } from '../../infra/local/process-identity.ts';
import { choosePorts, freePort, isPortFree, movePorts } from '../../infra/local/ports.ts';
import { aFolder, anIdler } from './support.ts';

after(() => releasePorts());

test('a port that somebody else has is left alone and the next free one taken', async (t) => {
  const foreign = createServer().listen(0, '127.0.0.1');
  t.after(() => foreign.close());
  await once(foreign, 'listening');
  const { port } = foreign.address() as AddressInfo; // a TCP server that listens has one
  assert.equal(await isPortFree(port), false);
  const chosen = await freePort(port, new Set());
  assert.ok(chosen > port);
  assert.equal(await isPortFree(chosen), true);
});

test('a port that was already given to another server is not given twice', async () => {
  const ports = Object.values(await choosePorts(20_000));
  assert.equal(new Set(ports).size, ports.length);
});

test('a server whose port was taken while it started moves, the others stay', async (t) => {
  const ports = await choosePorts(21_000);
  const before = { ...ports };
  const foreign = createServer().listen(ports.amqp, '127.0.0.1');
  t.after(() => foreign.close());
  await once(foreign, 'listening');
  assert.equal(await movePorts(ports, ['postgres', 'amqp']), true);
  assert.notEqual(ports.amqp, before.amqp);
  assert.deepEqual({ ...ports, amqp: 0 }, { ...before, amqp: 0 });
  assert.equal(await movePorts(ports, ['postgres', 'amqp']), false);
});

test('a port that another starting Trasau has claimed is passed over, a claim of a dead process is not', async (t) => {
  const folder = aFolder(t);
  const other = identify(await anIdler(t, folder));
  writeFileSync(join(folder, 'trasau-port-4100'), JSON.stringify(other));
  assert.equal(claimPort(4100, folder), false);
  writeFileSync(join(folder, 'trasau-port-4100'), JSON.stringify({ ...other, startedAt: 'earlier' }));
  assert.equal(claimPort(4100, folder), true);
  assert.equal(claimPort(4100, folder), true);
  releasePorts(folder);
  assert.deepEqual(readdirSync(folder), []);
});
