// The pool of the hand-off is taken down in order: the script is really run, with a kubectl that writes down what it is told.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { folder } from './kubernetes-manifests.ts';

/** Runs scale-down.sh with a kubectl that reports one more pod gone with each look; returns its exit code and what kubectl was told. */
async function scaleDown(t: TestContext, looksUntilGone: number, args: string[]): Promise<{ code: number; told: string[]; said: string }> {
  const bin = mkdtempSync(path.join(tmpdir(), 'trasau-kubectl-'));
  t.after(() => rmSync(bin, { recursive: true }));
  const log = path.join(bin, 'log');
  const script = `#!/bin/sh
echo "$*" >> ${log}
case "$*" in *"get pods"*) [ "$(grep -c 'get pods' ${log})" -gt ${looksUntilGone} ] || echo pod/transaction-handler-0 ;; esac
`;
  writeFileSync(path.join(bin, 'kubectl'), script);
  chmodSync(path.join(bin, 'kubectl'), 0o755);
  return new Promise((resolve) => {
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    execFile(path.join(folder, 'scale-down.sh'), args, { env }, (error, stdout, stderr) => {
      const told = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      resolve({ code: Number(error?.code ?? 0), told, said: stdout + stderr });
    });
  });
}

test('the pool is scaled to 0 and gone before anything is deleted', async (t) => {
  const { code, told } = await scaleDown(t, 2, ['--delete']);
  assert.equal(code, 0);
  assert.match(told[0] ?? '', /^--namespace trasau scale statefulset\/transaction-handler --replicas=0$/);
  assert.equal(told.filter((line) => line.includes('get pods')).length, 3);
  assert.match(told.at(-1) ?? '', / delete statefulset\/transaction-handler /);
  assert.equal(told.filter((line) => line.includes(' delete ')).length, 1);
});

test('nothing is deleted while a pod is still there, nor without being told to', async (t) => {
  const stuck = await scaleDown(t, 1_000, ['--delete', '--timeout', '0']);
  assert.equal(stuck.code, 1);
  assert.match(stuck.said, /nothing was deleted:\npod\/transaction-handler-0/);
  const kept = await scaleDown(t, 0, []);
  assert.equal(kept.code, 0);
  assert.ok(![...stuck.told, ...kept.told].some((line) => line.includes(' delete ')));
  const mistyped = await scaleDown(t, 0, ['--timeout', 'soon']);
  assert.deepEqual([mistyped.code, mistyped.told], [2, []]);
});
