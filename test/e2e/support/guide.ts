// Reads the calls of a guide out of its Markdown: each ```http block, and the answer that the ```json block below it promises. The page is
// the test, so the two cannot part.

import assert from 'node:assert/strict';

export interface GuideCall {
  /** The heading above it. */
  heading: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | undefined;
  status: number;
  /** What the answer holds at least. */
  answer: unknown;
}

const block = /^## (.+)$|^```http\n([\s\S]*?)^```\n```json (\d{3})\n([\s\S]*?)^```$/gm;

/** The calls in the order of the page. Throws for an http block without an answer. */
export function readGuide(markdown: string): GuideCall[] {
  let heading = '';
  const calls: GuideCall[] = [];
  for (const [, title, request = '', status = '', answer = ''] of markdown.matchAll(block)) {
    if (title !== undefined) heading = title;
    else calls.push({ heading, ...readRequest(request), status: Number(status), answer: JSON.parse(answer) });
  }
  assert.equal(calls.length, markdown.match(/^```http$/gm)?.length, 'every call of the guide has an answer below it');
  return calls;
}

function readRequest(text: string): Pick<GuideCall, 'method' | 'url' | 'headers' | 'body'> {
  const [head = '', ...rest] = text.trimEnd().split('\n\n');
  const [first = '', ...lines] = head.split('\n');
  const [method = '', url = ''] = first.split(' ');
  const headers = Object.fromEntries(lines.map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 2)]));
  return { method, url, headers, body: rest.length === 0 ? undefined : rest.join('\n\n') };
}

export type Names = Map<string, string>;

/** The text with every name that is known by now filled in. Throws for one that is not. */
export function filled(text: string, names: Names): string {
  return text.replaceAll(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => names.get(name) ?? assert.fail(`the guide uses {{${name}}} before it is known`),
  );
}

/** Checks that the answer holds what is promised, and keeps what it names. `…` fits anything that is there; of a list of objects, each promised
 *  entry is one of those that there are, while a list of words is promised whole. Throws where it does not fit, with nothing kept. */
export function keepsPromise(promised: unknown, actual: unknown, names: Names): void {
  const found: Names = new Map(names);
  fits(promised, actual, found, 'answer');
  for (const [name, value] of found) names.set(name, value);
}

function fits(promised: unknown, actual: unknown, names: Names, at: string): void {
  if (promised === '…') return assert.ok(actual !== undefined && actual !== null, `${at} is there`);
  const name = typeof promised === 'string' ? /^\{\{(\w+)\}\}$/.exec(promised)?.[1] : undefined;
  if (name !== undefined) {
    assert.ok(typeof actual === 'string' || typeof actual === 'number', `${at} can be named`);
    if (names.has(name)) assert.equal(String(actual), names.get(name), at);
    else names.set(name, String(actual));
  } else if (Array.isArray(promised)) {
    assert.ok(Array.isArray(actual), `${at} is a list`);
    if (promised.every((each) => typeof each === 'string')) assert.equal(actual.length, promised.length, `${at} is whole`);
    for (const [index, each] of promised.entries()) fitsOneOf(each, actual, names, `${at}[${index}]`);
  } else if (typeof promised === 'object' && promised !== null) {
    for (const [member, each] of Object.entries(promised)) fits(each, Object(actual)[member], names, `${at}.${member}`);
  } else assert.deepEqual(actual, promised, at);
}

function fitsOneOf(promised: unknown, list: readonly unknown[], names: Names, at: string): void {
  for (const each of list) {
    const tried: Names = new Map(names);
    try {
      fits(promised, each, tried, at);
    } catch {
      continue;
    }
    for (const [name, value] of tried) names.set(name, value);
    return;
  }
  assert.fail(`${at}: none of the ${list.length} entries is ${JSON.stringify(promised)}`);
}
