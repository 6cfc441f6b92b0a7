// What was confirmed and not done is not lost: it stays in the list, and anybody who may confirm it has it done, once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandRefused, CommandUnavailable } from '../../adapters/temporal/command-errors.ts';
import { planAccount } from '../../db/agreements.ts';
import { decideApproval, lockApproval } from '../../db/approvals.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, bodyOf, post, view } from './world.ts';

const world = await aWorld();
const { app, database, sent } = world;
const mai = await asStaff('mai', 'support', 'operations');
const lan = await asStaff('lan', 'operations');
const chi = await asStaff('chi', 'operations');

async function asked(): Promise<string> {
  const { applicationId } = await aCheckout(world);
  await database.withTransaction(async (tx) => planAccount(tx, applicationId, 5_000_000));
  const key = { 'idempotency-key': crypto.randomUUID() };
  const reply = await app.request(`/ops/v1/applications/${applicationId}/cancel`, post({ reason: 'a call' }, { ...mai, ...key }));
  return Object((await bodyOf(reply))['approval']).id;
}
const confirm = async (id: string, headers: Record<string, string>) =>
  app.request(`/ops/v1/approvals/${id}/confirm`, post({ reason: 'looked at it' }, headers));
const codeOf = async (reply: Promise<Response>) => (await bodyOf(reply))['code'];
const listed = async (id: string): Promise<unknown[]> => {
  const { data } = await bodyOf(app.request('/ops/v1/approvals', { headers: lan }));
  return data.filter((each) => each.id === id).map((each) => [Object(each).outcome, Object(each).result]);
};
const told = async (id: string): Promise<unknown[]> =>
  (await database.query<{ action: string }>('select action from audit_log where subject = $1 order by seq', [id])).rows.map(
    ({ action }) => action,
  );
const commandsOf = (id: string) => sent.filter(({ args }) => args[1] === `approval:${id}`).map(({ args }) => Object(args[2]));
const temporalIs = (state: 'away' | 'back'): void =>
  world.answer('cancel', async () => (state === 'back' ? view : Promise.reject(new CommandUnavailable('away'))));

test('what nobody answered stays in the list, and twenty others who confirm it again at once have it done once, as it was confirmed', async () => {
  const id = await asked();
  temporalIs('away');
  assert.equal(await codeOf(confirm(id, lan)), 'TEMPORARILY_UNAVAILABLE');
  assert.deepEqual(await listed(id), [['confirmed', 'unanswered']]);
  assert.equal(await codeOf(confirm(id, mai)), 'SECOND_PERSON_NEEDED', 'who asked is still not the second person');
  assert.equal(await codeOf(confirm(id, await asStaff('thu', 'reviewer'))), 'ROLE_MISSING');
  temporalIs('back');
  const others = await Promise.all(Array.from({ length: 20 }, async (_, index) => asStaff(`ops-${index}`, 'operations')));
  const replies = await Promise.all(others.map(async (other) => confirm(id, other)));
  assert.ok(replies.some(({ status }) => status === 200));
  for (const by of commandsOf(id)) assert.deepEqual([by.actor, by.approvedBy], ['staff:mai', 'staff:lan']);
  assert.deepEqual(await listed(id), []);
  assert.deepEqual(await told(id), ['approval.asked', 'approval.confirmed', 'approval.unanswered', 'approval.done']);
  assert.equal(await codeOf(confirm(id, chi)), 'APPROVAL_CLOSED');
});

test('a process that died after the confirmation leaves it in the list, and another person has it done a minute later', async () => {
  const id = await asked();
  await database.withTransaction(async (tx) => {
    const row = await lockApproval(tx, id);
    assert.ok(row);
    await decideApproval(tx, row, { outcome: 'confirmed', by: 'staff:lan', reason: 'looked at it', requestId: 'req_1' });
  });
  assert.deepEqual(await listed(id), [['confirmed', null]]);
  assert.equal(await codeOf(confirm(id, chi)), 'APPROVAL_CLOSED', 'it may be on its way');
  const since = async (time: string) => {
    await database.query('alter table approvals disable trigger approvals_keep');
    await database.query(`update approvals set decided_at = clock_timestamp() - interval '${time}' where id = $1`, [id]);
    await database.query('alter table approvals enable trigger approvals_keep');
  };
  await since('2 days');
  assert.deepEqual([await listed(id), await codeOf(confirm(id, chi))], [[], 'APPROVAL_CLOSED'], 'not for ever');
  await since('2 minutes');
  assert.equal((await bodyOf(confirm(id, chi)))['result'], 'done');
  assert.equal(commandsOf(id).length, 1);
});

test('what the application refused is not in the list, and what was done stays done, also in the database', async () => {
  const id = await asked();
  world.answer('cancel', async () => Promise.reject(new CommandRefused('POINT_OF_NO_RETURN', 'settling', undefined)));
  assert.equal(await codeOf(confirm(id, lan)), 'POINT_OF_NO_RETURN');
  temporalIs('back');
  assert.deepEqual([await listed(id), await codeOf(confirm(id, chi))], [[], 'APPROVAL_CLOSED']);
  assert.deepEqual(await told(id), ['approval.asked', 'approval.confirmed', 'approval.not_done']);
  const done = await asked();
  await confirm(done, lan);
  const change = `update approval_results set result = 'unanswered', code = 'X' where approval_id = $1`;
  await assert.rejects(database.query(change, [done]), { code: '23000' });
  await assert.rejects(database.query('delete from approval_results'), { code: '42501' });
});
