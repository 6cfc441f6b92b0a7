import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseCommand } from '../../infra/local/arguments.ts';
import { isBooked, parseDemoResult } from '../../infra/local/demo-run.ts';
import { createOnceInAWhile, readableLine } from '../../infra/local/log-lines.ts';
import { summarize } from '../../infra/local/run-tests.ts';
import { messageOf } from '../../workers/report-command.ts';

const repository = join(import.meta.dirname, '../..');

test('npm start understands its arguments in any order', () => {
  assert.deepEqual(parseCommand([]), { kind: 'run', once: false, json: false });
  assert.deepEqual(parseCommand(['--json', '--once']), { kind: 'run', once: true, json: true });
  assert.deepEqual(parseCommand(['doctor']), { kind: 'doctor' });
  assert.deepEqual(parseCommand(['-h']), { kind: 'help' });
});

test('an unknown argument is named, the usage printed on stderr, and the exit code is 2', () => {
  for (const args of [['--onec'], ['doctor', '--once']]) assert.equal(parseCommand(args).kind, 'wrong');
  const run = spawnSync(process.execPath, ['infra/local/start.ts', '--onec'], { cwd: repository, encoding: 'utf8' });
  assert.equal(run.status, 2);
  assert.equal(run.stdout, '');
  assert.match(run.stderr, /unknown argument --onec\nusage: npm start/);
});

test('a command of operators says why it failed, also where a server has several addresses and each failed', () => {
  const refused = ['connect ECONNREFUSED ::1:5432', 'connect ECONNREFUSED 127.0.0.1:5432'];
  assert.equal(messageOf(new AggregateError(refused.map((text) => new Error(text)))), refused.join('; '));
  assert.equal(messageOf(new Error('no')), 'no');
});

const booked = {
  applicationId: 'app_01',
  status: 'completed',
  decision: { kind: 'approved', limitVnd: 15_000_000, rulesetVersion: '2026-01' },
  way4: { clientNumber: '1', contractNumber: '2' },
  contractPdf: '/tmp/contract.pdf',
  transaction: { id: 'txn_01', rrn: '123456789012', outcome: 'posted' },
  historyEvents: 65,
  timingsMs: { total: 8_000 },
};

test('the JSON of a run has the promised fields on one line, and only a posted purchase counts as success', () => {
  const line = JSON.stringify(parseDemoResult(booked));
  assert.ok(!line.includes('\n'));
  assert.deepEqual(JSON.parse(line), booked);
  assert.equal(isBooked(parseDemoResult(booked)), true);
  assert.equal(isBooked(parseDemoResult({ ...booked, transaction: { ...booked.transaction, outcome: 'rejected' } })), false);
});

test('a demo that answers in another shape is refused with the names of the fields', () => {
  assert.throws(() => parseDemoResult({ ...booked, historyEvents: undefined }), /promised shape[\s\S]*historyEvents/);
});

test('a warning of a child is one readable line, everything else is left to the log file', () => {
  const line = readableLine('api', '{"level":50,"time":1,"msg":"call failed","err":{"message":"connection\\n refused"}}');
  assert.equal(line, 'api           error   call failed: connection refused');
  for (const quiet of ['{"level":30,"msg":"ready"}', 'plain text', '{"level":50', '[1]'])
    assert.equal(readableLine('api', quiet), undefined);
});

test('the same warning is shown again only after a while', () => {
  const shown: string[] = [];
  let now = 0;
  const show = createOnceInAWhile(
    (line) => void shown.push(line),
    () => now,
  );
  show('a');
  show('a');
  show('b');
  now = 10_001;
  show('a');
  assert.deepEqual(shown, ['a', 'b', 'a']);
});

test('the closing summary of the tests has the counts alone on a line, and its exit code tells', () => {
  const good = summarize(
    [
      { passed: 4, failed: 0, skipped: 0, failures: [] },
      { passed: 38, failed: 0, skipped: 0, failures: [] },
    ],
    0,
  );
  assert.ok(good.text.split('\n').includes('42 passed, 0 failed'));
  assert.equal(good.code, 0);
});

test('the closing summary names what failed right above the counts, where a log that was cut still has it', () => {
  const bad = summarize([{ passed: 4, failed: 1, skipped: 0, failures: ['test/a.test.ts:3  a promise'] }], 0);
  assert.match(bad.text, /✗ test\/a\.test\.ts:3 {2}a promise\ntotal time/);
  assert.equal(bad.code, 1);
});
