// The sentinel table as people read it, for docs/sandbox.md. Run this file to write the table into the document; a test fails when the
// two do not agree.

import { readFileSync, writeFileSync } from 'node:fs';
import { bureauSentinels, coreSentinels, livenessSentinels, phoneSentinels, photoSentinels } from './sentinels.ts';

export const sentinelDocument = new URL('../docs/sandbox.md', import.meta.url);

const begin = '<!-- sentinels: written by sandbox/sentinel-table.ts -->';
const end = '<!-- /sentinels -->';

/** The document with the table of today between its marks. Throws when the marks are missing. */
export function withSentinelTable(document: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error('docs/sandbox.md has lost the marks around its sentinel table');
  return `${document.slice(0, from)}${begin}\n${sentinelTable()}\n${document.slice(to)}`;
}

function sentinelTable(): string {
  const rows = [
    ...Object.entries(bureauSentinels).map(([name, { code, text, ends }]) => [
      'CIC',
      `national id \`??????99??${code}\``,
      `${text}; ${[ends.kind, ...ends.reasons.map((reason) => `\`${reason}\``)].join(' ')}`,
      `\`${name}\``,
    ]),
    ...Object.entries(coreSentinels).map(([name, { amountVnd, text }]) => ['WAY4', `purchase of ${amountVnd} VND`, text, `\`${name}\``]),
    ...Object.entries(phoneSentinels).map(([name, { phone, text }]) => ['SMS', `phone \`${phone}\``, text, `\`${name}\``]),
  ];
  for (const [name, { text, verdict, reasons }] of Object.entries(photoSentinels)) {
    const ending = reasons.length === 0 ? 'identified' : `${verdict}: ${reasons.map((code) => `\`${code}\``).join(', ')}`;
    rows.push(['photos', text, ending, `\`${name}\``]);
  }
  for (const [name, { text, ends }] of Object.entries(livenessSentinels)) rows.push(['camera', text, ends, `\`${name}\``]);
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(['vendor', 'input', 'what happens', 'name in code']), line(['---', '---', '---', '---']), ...rows.map(line)].join('\n');
}

if (import.meta.main) writeFileSync(sentinelDocument, withSentinelTable(readFileSync(sentinelDocument, 'utf8')));
