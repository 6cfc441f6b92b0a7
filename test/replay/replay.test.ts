// Applications live for days and are replayed on the code of the day. Each recorded history is one that may be running somewhere: code
// on which it does not replay would stop that application.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { workflowBundle } from '../workflows/world.ts';
import { readHistory } from './history-file.ts';
import { paths } from './paths.ts';

const folder = new URL('histories/', import.meta.url);
const recorded = readdirSync(folder).filter((file) => file.endsWith('.json'));

const replay = async (history: string): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: await workflowBundle }, readHistory(history), 'application:recorded');

const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

for (const file of recorded) {
  test(`an application that took this path goes on after an update: ${file}`, async () => {
    await replay(read(file));
  });
}

test('every path has its history', () => {
  const expected = Object.keys(paths).map((name) => `${name.replaceAll(/\W+/g, '-')}.json`);
  assert.deepEqual(
    expected.filter((file) => !recorded.includes(file)),
    [],
  );
});

test('code that does another thing than was recorded does not pass', async () => {
  const changed = read('attention-and-retry.json').replaceAll('"name":"createContract"', '"name":"openContract"');
  await assert.rejects(replay(changed), DeterminismViolationError);
});

test('no history names the machine or the person that recorded it', () => {
  for (const file of recorded) assert.doesNotMatch(read(file), /"identity":"(?!recorder")|"\d+@|"stackTrace":"[^"]/, file);
});
