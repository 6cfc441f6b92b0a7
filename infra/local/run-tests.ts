// Runs test files and static checks, and sums them up. What needs servers gets them from the caller through the environment.

import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.ts';
import { repository } from './paths.ts';
import { runInherited } from './run-command.ts';
import type { TestTotals } from './test-reporter.ts';

const CONCURRENCY = 2;
// A file that hangs must not hang the run; the longest honest file is far below this.
const FILE_TIMEOUT_MS = 6 * 60_000;

/** The test files that match the patterns, sorted. */
export function findTestFiles(patterns: string[]): string[] {
  const found = patterns.flatMap((pattern) =>
    globSync(pattern, { cwd: repository, exclude: (name) => name === 'node_modules' || name === '.local' }),
  );
  return [...new Set(found)].toSorted();
}

/** Runs test files with Node's own runner, two at a time, in processes of their own. A runner that dies counts as a failure. */
export async function runTestFiles(files: string[], env: Environment, stop?: Promise<void>): Promise<TestTotals> {
  const folder = mkdtempSync(join(tmpdir(), 'trasau-totals-'));
  const totalsFile = join(folder, 'totals.json');
  const flags = [
    '--test',
    `--test-concurrency=${CONCURRENCY}`,
    `--test-timeout=${FILE_TIMEOUT_MS}`,
    `--test-reporter=${join(import.meta.dirname, 'test-reporter.ts')}`,
  ];
  const code = await runInherited(
    process.execPath,
    [...flags, '--test-reporter-destination=stdout', ...files.map((file) => join(repository, file))],
    { ...env, TRASAU_TEST_TOTALS: totalsFile },
    stop,
  );
  const totals = readTotals(totalsFile);
  if (totals === undefined) process.stderr.write('The test run did not come to its end; what is above is all that ran.\n');
  rmSync(folder, { recursive: true, force: true });
  if (totals === undefined || (code !== 0 && totals.failed === 0))
    return { passed: totals?.passed ?? 0, failed: 1, skipped: totals?.skipped ?? 0, failures: ['the test runner itself'] };
  return totals;
}

function readTotals(file: string): TestTotals | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestTotals; // written by test-reporter.ts
  } catch {
    return undefined;
  }
}

const STATIC_CHECKS: [title: string, program: string, args: string[]][] = [
  ['types', 'tsc', ['--noEmit']],
  ['lint', 'oxlint', []],
  ['format', 'oxfmt', ['--check']],
  ['unused code', 'knip', []],
];

/** Types, lint, format and unused code. Each counts as one check that passed or failed. */
export async function runStaticChecks(env: Environment): Promise<TestTotals> {
  const totals: TestTotals = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const [title, program, args] of STATIC_CHECKS) {
    const startedAt = performance.now();
    const code = await runInherited(join(repository, 'node_modules/.bin', program), args, env);
    process.stdout.write(`${code === 0 ? '✓' : '✗'} ${`${((performance.now() - startedAt) / 1000).toFixed(1)} s`.padStart(8)}  ${title}\n`);
    totals[code === 0 ? 'passed' : 'failed'] += 1;
    if (code !== 0) totals.failures.push(title);
  }
  return totals;
}

/** The one closing summary; the counts stand alone on their line for tools that look for them. */
export function summarize(parts: TestTotals[], startedAtMs: number): { text: string; code: number } {
  const sum = (key: Exclude<keyof TestTotals, 'failures'>) => parts.reduce((total, part) => total + part[key], 0);
  const skipped = sum('skipped') > 0 ? `\n${sum('skipped')} skipped` : '';
  const failures = parts.flatMap((part) => part.failures.map((line) => `\n✗ ${line}`)).join('');
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  return {
    text: `${failures}\ntotal time ${seconds} s${skipped}\n${sum('passed')} passed, ${sum('failed')} failed\n`,
    code: sum('failed') === 0 ? 0 : 1,
  };
}
