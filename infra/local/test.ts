// `npm test [-- files…]`: everything, or the named test files, beside servers of its own that are gone afterwards whatever happens.

import { readEnvironment } from './environment.ts';
import { bundleWorkflows } from './processes.ts';
import { findTestFiles, runStaticChecks, runTestFiles, summarize } from './run-tests.ts';
import type { TestTotals } from './test-reporter.ts';
import { startTestServers } from './test-servers.ts';

const EVERYTHING = ['**/*.test.ts'];

process.exitCode = await main(process.argv.slice(2));

/** Runs the tests and returns the exit code: 0 all passed, 1 some failed or the servers did not come up, 2 no such test. */
async function main(named: string[]): Promise<number> {
  const startedAtMs = performance.now();
  const files = findTestFiles(named.length > 0 ? named : EVERYTHING);
  if (files.length === 0) {
    process.stderr.write(`No test files found${named.length > 0 ? ` for ${named.join(' ')}` : ''}.\n`);
    return 2;
  }
  const parts: TestTotals[] = [];
  if (named.length === 0) parts.push(await runStaticChecks(readEnvironment()));
  parts.push(await runBesideServers(files));
  const { text, code } = summarize(parts, startedAtMs);
  process.stdout.write(text);
  return code;
}

async function runBesideServers(files: string[]): Promise<TestTotals> {
  try {
    const servers = await startTestServers(readEnvironment());
    try {
      const workflows = await bundleWorkflows({ folder: servers.folder, plainEnv: readEnvironment() });
      return await runTestFiles(files, { ...servers.env, WORKFLOW_BUNDLE: workflows }, servers.requested);
    } finally {
      await servers.stop();
    }
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return { passed: 0, failed: 1, skipped: 0, failures: ['the servers did not come up'] };
  }
}
