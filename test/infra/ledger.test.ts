import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { endOrphans, findOrphans, openLedger, readLedger, type LedgerEntry } from '../../infra/local/ledger.ts';
import { identify, isRunning } from '../../infra/local/process-identity.ts';
import { aFolder, anIdler } from './support.ts';

const deadOwner = { pid: 2 ** 22 + 1, startedAt: 'never' };

async function anEntry(t: TestContext, folder: string): Promise<LedgerEntry> {
  const identity = identify(await anIdler(t, folder));
  assert.ok(identity);
  return { ...identity, name: 'idler', folder, stopSignal: 'SIGTERM', graceMs: 5_000 };
}

test('what a killed run left behind is ended by its own stop signal', async (t) => {
  const folder = aFolder(t);
  const entry = await anEntry(t, folder);
  const file = join(folder, 'run.json');
  writeFileSync(file, JSON.stringify({ owner: deadOwner, processes: [entry] }));
  assert.deepEqual(await endOrphans(file), ['idler']);
  assert.equal(isRunning(entry), false);
});

test('a process that got the id of a dead one of ours is not touched', async (t) => {
  const folder = aFolder(t);
  const entry = await anEntry(t, folder);
  const earlier = { ...entry, startedAt: `1${entry.startedAt}` };
  const file = join(folder, 'run.json');
  writeFileSync(file, JSON.stringify({ owner: deadOwner, processes: [earlier] }));
  assert.deepEqual(await endOrphans(file), []);
  assert.equal(isRunning(entry), true);
});

test('a process that works for another folder is not touched', async (t) => {
  const entry = await anEntry(t, aFolder(t));
  assert.deepEqual(findOrphans([{ ...entry, folder: aFolder(t) }]), []);
  assert.deepEqual(findOrphans([entry]), [entry]);
});

test('the processes of a run that lives are left alone, and it cannot be started a second time', async (t) => {
  const folder = aFolder(t);
  const entry = await anEntry(t, folder);
  const owner = identify(await anIdler(t, aFolder(t)));
  const file = join(folder, 'run.json');
  writeFileSync(file, JSON.stringify({ owner, processes: [entry] }));
  assert.deepEqual(await endOrphans(file), []);
  assert.equal(isRunning(entry), true);
  assert.throws(() => openLedger(file), /Already running here, as process \d+/);
});

test('a damaged ledger counts as none', async (t) => {
  const file = join(aFolder(t), 'run.json');
  writeFileSync(file, '{"owner":');
  assert.equal(readLedger(file), undefined);
  assert.deepEqual(await endOrphans(file), []);
});

test('a process is written down when it starts and struck out when it ends', async (t) => {
  const folder = aFolder(t);
  const ledger = openLedger(join(folder, 'run.json'));
  const entry = await anEntry(t, folder);
  ledger.add(entry);
  assert.deepEqual(readLedger(join(folder, 'run.json'))?.processes, [entry]);
  ledger.remove(entry.pid);
  assert.deepEqual(readLedger(join(folder, 'run.json'))?.processes, []);
});
