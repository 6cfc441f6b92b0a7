// A support agent's day, as docs/support-guide.md tells it: the calls of the page are sent to a running system, and its answers compared.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startSystem } from '../support/system.ts';
import { call, staffSee } from './support/actors.ts';
import { filled, keepsPromise, readGuide } from './support/guide.ts';
import type { GuideCall, Names } from './support/guide.ts';
import { aJourney } from './support/journey.ts';
import type { Journey } from './support/journey.ts';

const guide = readGuide(readFileSync(new URL('../../docs/support-guide.md', import.meta.url), 'utf8'));
const system = await startSystem();
const { sandbox } = system;

/** What happens outside before the calls below a heading. */
const meanwhile: Record<string, () => Promise<void>> = { 'Retry: WAY4 is back': async () => sandbox.clearFaults() };

/** Two customers whom an outage of WAY4 holds up, one with a question to reviewers, one who will change their mind, one without a code and one
 *  who typed something wrongly. */
async function givenTheDay(): Promise<void> {
  const [first, second, reviewed, unwanted, withoutCode, mistyped] = [
    await aJourney(system, { phone: '+84901234567' }),
    await aJourney(system),
    await aJourney(system, { bureau: 'multipleMatch' }),
    await aJourney(system, { phone: '+84907654321' }),
    await aJourney(system, { phone: '+84903456789' }),
    await aJourney(system, { phone: '+84904567891' }),
  ];
  await Promise.all([
    first.walksTo('accept_offer'),
    second.walksTo('accept_offer'),
    unwanted.walksTo('accept_offer'),
    reviewed.walksToTheEnd(),
    withoutCode.walksTo('submit_otp'),
    mistyped.walksTo('accept_offer'),
  ]);
  await sandbox.fault({ vendor: 'way4', operation: 'addClient', fault: 'fail', times: 1_000 });
  const isHeldUp = async (journey: Journey): Promise<void> => {
    await journey.customer.acceptOffer();
    await eventually('staff are asked', async () => (await staffSee(system, journey)).attention, 120_000);
  };
  await Promise.all([first, second].map(isHeldUp));
}

async function send(each: GuideCall, names: Names): Promise<void> {
  const path = filled(each.url, names).replace(system.apiUrl, '');
  const headers = Object.fromEntries(Object.entries(each.headers).map(([name, value]) => [name, filled(value, names)]));
  if (each.body !== undefined) headers['content-type'] = 'application/json';
  const request = { method: each.method, headers, ...(each.body !== undefined && { body: filled(each.body, names) }) };
  // Told "not now", people send the same again.
  const answer = await eventually('it is taken', async () => {
    const first = await call(system, path, request);
    return first.status !== 503 && first;
  });
  const told = `${each.method} ${path} is answered ${answer.status} ${JSON.stringify(answer.body).slice(0, 600)}`;
  assert.equal(answer.status, each.status, told);
  assert.doesNotThrow(() => keepsPromise(each.answer, answer.body, names), told);
}

test('every call of the guide works as the guide says', async (t) => {
  assert.ok(guide.length >= 20);
  for (const heading of Object.keys(meanwhile))
    assert.ok(
      guide.some((each) => each.heading === heading),
      `the guide has "${heading}"`,
    );
  await givenTheDay();
  const people = { support: 'linh.tran', reviewer: 'thu.ha', operations: 'binh.le' } as const;
  const tomorrow = new Date(Date.now() + 36 * 3_600_000).toISOString();
  const names: Names = new Map([
    ['api', system.apiUrl],
    ['tomorrow', tomorrow],
  ]);
  for (const role of ['support', 'reviewer', 'operations'] as const) names.set(role, await sandbox.staffToken(people[role], [role]));
  let heading = '';
  for (const each of guide) {
    if (each.heading !== heading) await meanwhile[each.heading]?.();
    heading = each.heading;
    await t.test(`${heading}: ${each.method} ${each.url.replace('{{api}}', '')}`, async () => {
      if (each.method !== 'GET') return send(each, names);
      // What was done shows a moment later, so a look is repeated until it shows what the guide says.
      await eventually('the answer is as the guide says', async () => send(each, names).then(() => true), 60_000);
    });
  }
});
