// The tool tells a mistake from a refusal, and a record that was tampered with from one that cannot be repeated.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Challenge } from '../../domain/decision/shadow.ts';
import { answerTo } from '../../workers/decisions/commands.ts';
import { UsageError } from '../../workers/decisions/flags.ts';
import { replayAll, replayOne } from '../../workers/decisions/replay.ts';
import { shippedRuleset } from '../support/facts.ts';
import { decisionsOfThePast } from './past.ts';

const tool = fileURLToPath(new URL('../../workers/decisions.ts', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'trasau-tool-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const { env, database, store, boxes, ids } = await decisionsOfThePast();

const say = async (...args: string[]) => answerTo(args, async (work) => work({ database, boxes }));
const signed = ['--by', 'mai', '--why', 'test'];

function fileOf(document: unknown): string {
  const file = path.join(folder, 'ruleset.json');
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
  return file;
}

/** What was found wrong with any record. */
async function found(): Promise<string[]> {
  const problems: string[] = [];
  const onProblem = (problem: { kind: string }) => void problems.push(problem.kind);
  await replayAll(database, boxes, { pageRows: 2, onProblem, onProgress: () => undefined });
  return problems;
}

test('exit code 2 and the usage for what is not understood, 1 for what cannot be done', () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [tool, ...args], { env, encoding: 'utf8' });
  const mistaken = run('list', '--loud');
  assert.deepEqual([mistaken.status, mistaken.stdout], [2, '']);
  assert.match(mistaken.stderr, /--loud[\s\S]*Rulesets and recorded decisions\./);
  const nowhere = run('lint', '/nowhere.json');
  assert.deepEqual([nowhere.status, nowhere.stdout], [1, '']);
  assert.match(nowhere.stderr, /^\/nowhere\.json cannot be read/);
});

test('a command that is not understood does nothing', async () => {
  const cases = [
    [],
    ['dance'],
    ['list', 'what', 'else'],
    ['replay'],
    ['replay', 'dec_1', '--all'],
    ['explain'],
    ['explain', 'dec_1', '--lang', 'fr'],
    ['backtest'],
    ['backtest', '--ruleset', fileOf(shippedRuleset), '--since', 'yesterday'],
    ['backtest', '--ruleset', fileOf(shippedRuleset), '--limit', '0'],
    ['publish', 'x.json', '--by', 'mai'],
    ['rollback', '--why', 'x'],
    ['shadow', 'x.json', ...signed],
    ['shadow', 'x.json', ...signed, '--days', '400'],
  ];
  for (const args of cases) await assert.rejects(say(...args), UsageError, args.join(' '));
});

test('a file that is none, a ruleset with problems and a decision that is not there each have their own words', async () => {
  await assert.rejects(say('lint', fileOf('{"half":')), /ruleset\.json cannot be read/);
  const broken = { ...Object(shippedRuleset), limit: { minimumVnd: 0, stepVnd: 1, table: [] } };
  for (const args of [
    ['lint', fileOf(broken)],
    ['publish', fileOf(broken), ...signed],
    ['shadow', fileOf(broken), '--days', '1', ...signed],
  ]) {
    const { code, text } = await say(...args);
    assert.equal(code, 1);
    assert.match(text, /limit\.minimumVnd must be above zero\n.*limit\.table must end with a row/);
  }
  const [good, ...others] = Object(shippedRuleset).cases as object[]; // as loose as JSON
  const promise = { ...good, expect: { outcome: 'declined', reasons: ['BAD_DEBT'] } };
  const unkept = await say('publish', fileOf({ ...Object(shippedRuleset), version: '9.9.9', cases: [promise, ...others] }), ...signed);
  assert.deepEqual([unkept.code, unkept.text], [1, 'case good: is to be declined BAD_DEBT, and is approved']);
  await assert.rejects(say('explain', 'dec_none'), /there is no decision dec_none/);
  await assert.rejects(say('replay', 'app_none'), /there is no decision app_none/);
  const { code, text } = await say('publish', fileOf(shippedRuleset), ...signed);
  assert.deepEqual([code, text], [1, 'refused: it is in force already']);
});

test('a backtest says which facts the draft asks for and nobody kept, and what is missing never approves', async () => {
  const document = structuredClone(shippedRuleset) as { inputs: object[]; stages: { fraud: object[] } }; // as loose as JSON
  document.inputs.push({
    ...document.inputs.find((input) => Object(input).name === 'personApplications24h'),
    name: 'cardApplications24h',
  });
  const when = { gte: [{ var: 'cardApplications24h' }, 5] };
  document.stages.fraud.push({ ...document.stages.fraud.at(-1), id: 'velocity-card', when });
  const { value } = await say('backtest', '--ruleset', fileOf(document));
  assert.deepEqual(Object(value).missing, [{ input: 'cardApplications24h', decisions: 5 }]);
  assert.deepEqual(Object(value).transitions.approved, { approved: 0, referred: 3, declined: 0 });
  assert.equal(Object((await say('backtest', '--ruleset', fileOf(document), '--limit', '2')).value).decisions, 2);
});

test('what challengers said is reported with counts, amounts and samples', async () => {
  const first = await store.decisions.find(database, ids[0] ?? '');
  assert.ok(first);
  const said = { sha256: 'c', version: '9.0.0', outcome: 'approved' as const, limitVnd: 12_100_000, reasons: [] };
  const challenges: Challenge[] = [
    { ...said, kind: 'differs' },
    { ...said, kind: 'agrees' },
    { sha256: 'c', kind: 'late' },
  ];
  for (const [index, challenger] of challenges.entries()) {
    const next = { ...first, ...first.open(), round: index + 2, challenger };
    await database.withTransaction(async (tx) => store.decisions.add(tx, next));
  }
  const { text, value } = await say('shadow');
  assert.match(text, /9\.0\.0 c\n {2}3 decisions: 1 agree, 1 differ, 0 failed, 1 late\n {2}approved → approved: 1, limits -4\.700\.000 ₫/);
  assert.equal(Object(value)[0].samples.length, 1);
  assert.match((await say('shadow', '--since', '2030-01-01')).text, /No challenger ran/);
});

test('a record that was changed, moved or removed shows, and the others are still repeated', async () => {
  assert.deepEqual(await found(), []);
  await database.query('alter table decisions disable trigger decisions_append_only');
  const [first = '', second = '', third = '', fourth = ''] = ids;
  await database.query('update decisions set limit_vnd = 1000000 where id = $1', [first]);
  assert.deepEqual(await found(), ['tampered']);
  await database.query('update decisions set snapshot = (select snapshot from decisions where id = $2) where id = $1', [second, third]);
  assert.deepEqual(await found(), ['tampered', 'tampered']);
  await database.query('delete from decisions where id = $1', [fourth]);
  assert.deepEqual(await found(), ['tampered', 'tampered', 'tampered']);
  assert.equal((await say('replay', '--all')).code, 1);
  assert.deepEqual(await replayOne(database, boxes, third), { id: third, kind: 'reproduced' });
});
