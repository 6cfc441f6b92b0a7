// A wrong flag of a campaign or a bench starts nothing: it prints the usage and ends with 2.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../infra/local/run-command.ts';

const entry = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const wrong: [string, string[]][] = [
  ['test/chaos/main.ts', ['--minutes', 'soon']],
  ['test/chaos/main.ts', ['--minutes', '0']],
  ['test/chaos/main.ts', ['--seed', 'x']],
  ['test/chaos/main.ts', ['--faults', 'kill-consumer,earthquake']],
  ['test/chaos/main.ts', ['--mutant', 'godzilla']],
  ['test/chaos/main.ts', ['--control']],
  ['test/chaos/main.ts', ['--verbose']],
  ['test/crash/main.ts', ['--victim', 'godzilla']],
  ['bench/main.ts', []],
  ['bench/main.ts', ['nothing']],
  ['bench/main.ts', ['handoff', '--slow']],
];

for (const [file, flags] of wrong) {
  test(`${file} ${flags.join(' ')}: usage and exit code 2`, async () => {
    const { code, stdout, stderr } = await runCommand(process.execPath, [entry(file), ...flags]);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /npm run/);
  });
}
