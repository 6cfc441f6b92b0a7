// docs/decisioning.md is run as it stands: every command of it, in order, as an analyst would type it. So the document cannot promise what
// the tool does not do.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decisionsOfThePast } from './past.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const document = readFileSync(path.join(root, 'docs/decisioning.md'), 'utf8');
const sections = document.split(/^## /m).slice(1);

const folder = mkdtempSync(path.join(tmpdir(), 'trasau-draft-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const { env, ids } = await decisionsOfThePast();

/** What the section's commands print; throws when one of them fails. */
async function run(section: string): Promise<string> {
  const commands = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text).join('');
  // npm itself takes longer than the tool; that its script is the tool is checked below.
  const script = `npm() { shift 3; "$NODE" workers/decisions.ts "$@"; }\n${commands}`;
  const given = { ...env, DRAFT: path.join(folder, 'draft.json'), DECISION: ids[4] ?? '', NODE: process.execPath };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: root, env: given });
  return stdout;
}

/** What an analyst must see, by the start of the section's title. */
const promised: Record<string, RegExp[]> = {
  '1.': [/pay-later-vn 3\.0\.0 +in force .* 5 decisions/],
  '2.': [/no problem; its hash is [0-9a-f]{64}/],
  '3.': [
    /5 decisions/,
    /approved +2 +0 +1/,
    /referred +0 +1 +0/,
    /declined +0 +0 +1/,
    /approval rate {2}60 % → 40 %/,
    /TOO_MANY_INQUIRIES +0 → 1/,
    /exposure .*\(-16\.800\.000 ₫\)/,
  ],
  '4.': [/runs as challenger until/, /No challenger ran\./, /the challenger is stopped/],
  '5.': [/^proposed [0-9a-f]{64}/, /^approved [0-9a-f]{64}; in force from/m, /3\.1\.0 +in force/],
  '6.': [/in force again, from now on/],
  '7.': [
    /Rất tiếc, chúng tôi chưa thể chấp thuận[\s\S]*1\. Báo cáo tín dụng \(CIC\) ghi nhận nợ xấu\.[\s\S]*CIC/,
    /We are sorry: we cannot approve[\s\S]*1\. The credit bureau \(CIC\) reports bad debt\.[\s\S]*pay-later-vn 3\.0\.0/,
    /dec_\w+ reproduced byte for byte/,
    /5 reproduced byte for byte, 0 differ, 0 tampered, 0 not comparable/,
  ],
};

for (const section of sections.filter((each) => each.includes('```sh'))) {
  const [title = ''] = section.split('\n');
  test(`what the document says works: ${title}`, async () => {
    const printed = await run(section);
    const expected = promised[title.split(' ')[0] ?? ''];
    assert.ok(expected, 'a section with commands says what they show');
    for (const pattern of expected) assert.match(printed, pattern);
  });
}

test('the document’s command is the tool', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }; // npm's own file
  assert.equal(scripts['decisions'], 'exec node workers/decisions.ts');
  for (const [, command] of document.matchAll(/^(npm .*)$/gm)) assert.match(command ?? '', /^npm run decisions -- /);
});
