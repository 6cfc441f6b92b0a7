// How a test run looks: one line per file, every failure in full when it happens, and the totals as JSON for the runner, which prints the one
// closing summary. Node loads this file as a custom reporter; it exports a default because Node asks for one.

import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** What the runner reads back after the run. */
export interface TestTotals {
  passed: number;
  failed: number;
  skipped: number;
  /** Where and what failed, one line each: the closing summary names them again, for a log may be cut before it. */
  failures: string[];
}

type Failure = Extract<TestEvent, { type: 'test:fail' }>['data'];
type FileSummary = Extract<TestEvent, { type: 'test:summary' }>['data'];

// oxlint-disable-next-line no-default-export -- Node's reporter interface
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failures: string[] = [];
  for await (const event of events) {
    if (event.type === 'test:fail' && isOwnFailure(event.data)) {
      failures.push(`${placeOf(event.data)}  ${event.data.name}`);
      yield failureText(event.data);
    }
    if (event.type === 'test:stderr' || event.type === 'test:stdout') yield event.data.message;
    if (event.type === 'test:summary') {
      if (event.data.file === undefined) saveTotals(event.data, failures);
      else yield fileLine(event.data.file, event.data);
    }
  }
}

/** A suite or file that fails only because something inside failed is not worth a second message. */
function isOwnFailure({ details, ...test }: Failure): boolean {
  const kind = details.error && 'failureType' in details.error ? details.error.failureType : undefined;
  return kind !== 'subtestsFailed' && test.todo === undefined;
}

function placeOf({ file, line }: Failure): string {
  return file === undefined ? 'unknown file' : `${relative(process.cwd(), file)}:${line ?? 1}`;
}

function failureText(failure: Failure): string {
  const error: unknown = failure.details.error?.cause ?? failure.details.error;
  const words = inspect(error); // with the causes of the error, which often say more than the error
  return `\n✗ ${failure.name}  (${placeOf(failure)})\n${words
    .split('\n')
    .map((text) => `    ${text}`)
    .join('\n')}\n\n`;
}

function fileLine(file: string, { counts, duration_ms: durationMs, success }: FileSummary): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  const failed = countFailed(counts) > 0 ? `, ${countFailed(counts)} failed` : '';
  const time = `${(durationMs / 1000).toFixed(1)} s`.padStart(8);
  return `${success ? '✓' : '✗'} ${time}  ${relative(process.cwd(), file)}  ${counts.passed} passed${failed}${skipped}\n`;
}

function saveTotals({ counts }: FileSummary, failures: string[]): void {
  const target = process.env['TRASAU_TEST_TOTALS'];
  const totals: TestTotals = { passed: counts.passed, failed: countFailed(counts), skipped: counts.skipped, failures };
  if (target !== undefined) writeFileSync(target, JSON.stringify(totals));
}

/** Everything that neither passed nor was set aside: failed, cancelled, timed out. */
function countFailed({ tests, passed, skipped, todo }: FileSummary['counts']): number {
  return tests - passed - skipped - todo;
}
