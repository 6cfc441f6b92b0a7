// What the audit log says of the acts of staff, and who of several acts on a version: one act is one line, however often it is sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandRefused, CommandUnavailable } from '../../adapters/temporal/command-errors.ts';
import { firstBrokenAuditRow, reasonGiven } from '../../db/audit.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, bodyOf, post, view } from './world.ts';

const world = await aWorld();
const { app, database, sent } = world;
const mai = await asStaff('mai', 'support', 'operations');

const retry = async (applicationId: string, headers: Record<string, string>) =>
  app.request(`/ops/v1/applications/${applicationId}/retry`, post({ reason: 'WAY4 is back' }, { ...mai, ...headers }));
const aKey = () => ({ 'idempotency-key': crypto.randomUUID() });
const codeOf = async (reply: Promise<Response>) => (await bodyOf(reply))['code'];

const told = async (applicationId: string): Promise<string[]> => {
  const { rows } = await database.query<{ action: string; code: string | null }>(
    `select action, change->>'code' as code from audit_log where application_id = $1 order by seq`,
    [applicationId],
  );
  return rows.map(({ action, code }) => [action.replace('application.retry_', ''), ...(code === null ? [] : [code])].join(' '));
};
const answers = (...each: ('taken' | 'refused' | 'unanswered')[]): void =>
  world.answer('retryStep', async () => {
    const next = each.shift();
    if (next === 'refused') throw new CommandRefused('NOTHING_TO_RETRY', 'created', undefined);
    if (next === 'unanswered') throw new CommandUnavailable('no answer');
    return view;
  });

test('twenty clicks at once are one line in the audit log, and the application is told the request under which the reason stands', async () => {
  const { applicationId } = await aCheckout(world);
  const key = aKey();
  const replies = await Promise.all(Array.from({ length: 20 }, async () => retry(applicationId, { ...key, 'if-match': '"1"' })));
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([202]));
  assert.deepEqual(await told(applicationId), ['asked']);
  const commands = sent
    .filter(({ command, args }) => command === 'retryStep' && Object(args[0]).applicationId === applicationId)
    .map(({ args }) => args);
  assert.equal(new Set(commands.map(([, id]) => id)).size, 1);
  for (const [, , by] of commands) assert.equal(await reasonGiven(database, applicationId, Object(by).requestId), 'WAY4 is back');
});

test('what nobody answered is called unanswered, what was not done refused, and what a repeat brought about taken', async () => {
  const { applicationId } = await aCheckout(world);
  answers('unanswered', 'unanswered', 'refused', 'taken', 'unanswered');
  const key = { ...aKey(), 'if-match': '"1"' };
  const codes = [];
  for (let click = 0; click < 5; click += 1) codes.push(await codeOf(retry(applicationId, key)));
  assert.deepEqual(codes, ['TEMPORARILY_UNAVAILABLE', 'TEMPORARILY_UNAVAILABLE', 'NOTHING_TO_RETRY', undefined, 'TEMPORARILY_UNAVAILABLE']);
  const lines = ['asked', 'asked.unanswered TEMPORARILY_UNAVAILABLE', 'asked.refused NOTHING_TO_RETRY', 'asked.taken'];
  assert.deepEqual(await told(applicationId), lines, 'and a repeat of what was taken takes nothing back');
});

test('the answer is the one that the application gave, even when the audit log cannot take what came of it', async () => {
  const { applicationId } = await aCheckout(world);
  world.answer('retryStep', async () => {
    await database.query('alter table audit_log rename to audit_log_away');
    throw new CommandRefused('NOTHING_TO_RETRY', 'created', undefined);
  });
  try {
    assert.equal(await codeOf(retry(applicationId, aKey())), 'NOTHING_TO_RETRY');
  } finally {
    await database.query('alter table audit_log_away rename to audit_log');
    answers();
  }
  assert.ok(world.logged.some(({ level, message }) => level === 'error' && message.includes('not in the audit log')));
});

test('of twenty people who mean the same version one acts, and the others are told with 412 what it is now', async () => {
  const { applicationId } = await aCheckout(world);
  const before = sent.length;
  const people = await Promise.all(Array.from({ length: 20 }, async (_, index) => asStaff(`person-${index}`, 'support')));
  const replies = await Promise.all(people.map(async (person) => retry(applicationId, { ...person, ...aKey(), 'if-match': '"1"' })));
  const statuses = replies.map(({ status }) => status).toSorted((a, b) => a - b);
  assert.deepEqual(statuses, [202, ...Array.from({ length: 19 }, () => 412)]);
  assert.equal(sent.length, before + 1);
  for (const reply of replies.filter(({ status }) => status === 412)) assert.equal(reply.headers.get('etag'), '"2"');
});

test('who means a version is too late once somebody acted who named none, and may send again what nobody answered', async () => {
  const { applicationId } = await aCheckout(world);
  answers('unanswered');
  const [first, second] = [aKey(), aKey()];
  assert.equal((await retry(applicationId, { ...first, 'if-match': '"1"' })).status, 503);
  assert.equal((await retry(applicationId, { ...first, 'if-match': '"1"' })).status, 202, 'the same act on the version it took');
  assert.equal((await retry(applicationId, { ...second, 'if-match': '"1"' })).status, 412);
  assert.equal((await retry(applicationId, { ...second, 'if-match': '"2"' })).status, 202, 'the key is not lost by it');
  const before = Number((await app.request(`/ops/v1/applications/${applicationId}`, { headers: mai })).headers.get('etag')?.slice(1, -1));
  await retry(applicationId, aKey());
  assert.equal((await retry(applicationId, { ...aKey(), 'if-match': `"${before}"` })).status, 412);
});

test('of two links for one version one is sent', async () => {
  const { applicationId } = await aCheckout(world);
  const send = async () =>
    app.request(
      `/ops/v1/applications/${applicationId}/link`,
      post({ reason: 'the customer asked' }, { ...mai, ...aKey(), 'if-match': '"1"' }),
    );
  const statuses = (await Promise.all([send(), send(), send()])).map(({ status }) => status).toSorted((a, b) => a - b);
  assert.deepEqual(statuses, [202, 412, 412]);
  assert.equal(await firstBrokenAuditRow(database), null);
});
