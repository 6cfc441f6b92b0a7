// Applications live for days and are replayed on the code of the day. Each recorded history is one that may be running somewhere: code
// on which it does not replay would stop that application.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { reasons } from '../../domain/reasons.ts';
import { workflowBundle } from '../workflows/world.ts';
import { readHistory } from './history-file.ts';
import { paths } from './paths.ts';

const folder = new URL('histories/', import.meta.url);
const recorded = readdirSync(folder).filter((file) => file.endsWith('.json'));

const workflows = new URL('../../workflows/', import.meta.url);
const sources = readdirSync(workflows).map((file) => new URL(file, workflows));

const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

/** Replays histories on this code, all in one call, and names those that do not fit it. */
async function broken(bundle: WorkflowBundleOption, files: readonly string[]): Promise<string[]> {
  const histories = files.map((workflowId) => ({ workflowId, history: readHistory(read(workflowId)) }));
  const found: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: bundle }, histories)) {
    if (error) found.push(`${workflowId}: ${error.name}`);
  }
  return found;
}

test('an application goes on after an update, whatever path it took', async () => {
  assert.ok(recorded.length >= 15);
  assert.deepEqual(await broken(await workflowBundle, recorded), []);
});

test('every path has its history', () => {
  const expected = Object.keys(paths).map((name) => `${name.replaceAll(/\W+/g, '-')}.json`);
  assert.deepEqual(
    expected.filter((file) => !recorded.includes(file)),
    [],
  );
});

test('no history breaks off in the middle of a workflow task, and every reason that a run can end for stands in one', () => {
  const breaksOff = (file: string): boolean => {
    const last = readHistory(read(file)).events?.at(-1);
    return Boolean(last?.workflowTaskScheduledEventAttributes ?? last?.workflowTaskStartedEventAttributes);
  };
  assert.deepEqual(recorded.filter(breaksOff), []);
  const code = sources.map((file) => readFileSync(file, 'utf8')).join('');
  const given = Object.keys(reasons).filter((reason) => code.includes(`'${reason}'`));
  const all = recorded.map(read).join('');
  assert.ok(given.length > 10);
  // A decline has the reasons of the ruleset: those of the path.
  assert.deepEqual(
    [...given, 'BAD_DEBT'].filter((reason) => !all.includes(reason)),
    [],
  );
});

const original = "await run.step('handOffTransaction', 1)";
const change = "(await run.step('acceptOffer', 2), await run.step('handOffTransaction', 1))";

test('code that does another thing than was recorded does not pass', async () => {
  const undone = ['canceled-at-contract.json', 'rejected-by-the-bank.json'];
  const { code } = await changed("run.step('closeClient', 1)", 'Promise.resolve()');
  assert.deepEqual(
    await broken({ code }, [...undone, 'declined.json']),
    undone.map((file) => `${file}: ${DeterminismViolationError.name}`),
  );
});

test('the same change behind a patch lets every application go on, as docs/changing-workflows.md says', async () => {
  const { code } = await changed(original, change);
  assert.notDeepEqual(await broken({ code }, ['completed.json']), []);
  const temporal = /(\w+)\.CancellationScope\.nonCancellable\(async \(\)\s*=>\s*settled\(/.exec(code)?.[1];
  const patched = code.replace(change, `(${temporal}.patched('offer-again') ? ${change} : ${original})`);
  assert.deepEqual(await broken({ code: patched }, recorded), []);
});

// Of each patch a history that was made behind it, and one that was recorded by the last code without it, which no path makes again. A guess by
// signal at a code that is locked is dropped, or asks the bank. A step that staff freed after the deadline leaves the customer
// their time, or expired at once.
const patches = {
  'otp-guesses-bounded': { behind: 'guess-in-vain.json', before: 'guess-in-vain-before-the-bound.json' },
  'deadlines-stand-still': {
    behind: 'freed-by-staff-after-the-deadline.json',
    before: 'freed-by-staff-after-the-deadline-at-once-expired.json',
  },
};

for (const [patch, files] of Object.entries(patches)) {
  const call = new RegExp(`\\(0,\\s*\\w+\\.patched\\)\\(['"]${patch}['"]\\)`);
  for (const [branch, without] of [
    ['behind', 'false'],
    ['before', '$& !== undefined'],
  ] as const) {
    test(`the patch ${patch} has the branch of ${files[branch]}: without it that application would stop`, async () => {
      const { code } = await changed(call, without);
      assert.deepEqual(await broken({ code }, Object.values(files)), [`${files[branch]}: ${DeterminismViolationError.name}`]);
    });
  }
}

/** The bundle of the day with one thing changed. */
async function changed(from: string | RegExp, to: string): Promise<{ code: string }> {
  const bundle = await workflowBundle;
  const code = 'code' in bundle ? bundle.code : readFileSync(bundle.codePath, 'utf8');
  const other = code.replace(from, to);
  assert.notEqual(other, code, String(from));
  return { code: other };
}

test('no history names the machine or the person that recorded it', () => {
  for (const file of recorded) assert.doesNotMatch(read(file), /"identity":"(?!recorder")|"\d+@|"stackTrace":"[^"]/, file);
});
