// What needs a second person is done by two, exactly as it was asked for, and by nobody else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandRefused } from '../../adapters/temporal/command-errors.ts';
import { planAccount } from '../../db/agreements.ts';
import { firstBrokenAuditRow } from '../../db/audit.ts';
import { addChallenge, closeChallenge } from '../../db/otp.ts';
import { parkMessage } from '../../db/parked.ts';
import { openReviewTask } from '../../db/reviews.ts';
import { acceptTransaction, readTransaction } from '../../db/transactions.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, anOrder, bodyOf, post, view } from './world.ts';

const world = await aWorld();
const { app, database, sent } = world;
const mai = await asStaff('mai', 'support', 'operations', 'reviewer');
const lan = await asStaff('lan', 'operations', 'reviewer');

const act = async (path: string, body: unknown, headers: Record<string, string>) =>
  app.request(`/ops/v1${path}`, post(body, { 'idempotency-key': crypto.randomUUID(), ...headers }));
const cancels = (): number => sent.filter(({ command }) => command === 'cancel').length;
const codeOf = async (reply: Promise<Response>) => [(await reply).status, (await bodyOf(reply))['code']];
const decide = async (id: string, headers: Record<string, string>, verb = 'confirm') =>
  act(`/approvals/${id}/${verb}`, { reason: 'looked at it' }, headers);

/** An application that the bank may know. */
async function anAccepted(): Promise<string> {
  const { applicationId } = await aCheckout(world);
  await database.withTransaction(async (tx) => planAccount(tx, applicationId, 5_000_000));
  return applicationId;
}

async function asksToCancel(applicationId: string, headers = mai): Promise<string> {
  const reply = await act(`/applications/${applicationId}/cancel`, { reason: 'the customer called' }, headers);
  assert.equal(reply.status, 202);
  return Object((await bodyOf(reply))['approval']).id;
}

test('one person cancels before the offer is accepted; after it the cancel waits for another, who is not the first', async () => {
  const { applicationId: early } = await aCheckout(world);
  assert.equal((await bodyOf(act(`/applications/${early}/cancel`, { reason: 'the customer called' }, mai)))['approval'], null);
  const applicationId = await anAccepted();
  const before = cancels();
  const id = await asksToCancel(applicationId);
  assert.equal(await asksToCancel(applicationId), id, 'who asks twice has asked once');
  assert.deepEqual(await codeOf(decide(id, mai)), [409, 'SECOND_PERSON_NEEDED']);
  assert.equal(cancels(), before, 'nothing was sent');
  const confirmed = await bodyOf(decide(id, lan));
  assert.deepEqual([confirmed['outcome'], confirmed['decided_by']], ['confirmed', 'staff:lan']);
  const { requestId, ...by } = Object(sent.at(-1)?.args.at(-1));
  assert.deepEqual(by, { by: 'operations', actor: 'staff:mai', approvedBy: 'staff:lan' });
  const { rows } = await database.query('select actor, action, reason from audit_log where request_id = $1', [requestId]);
  assert.deepEqual(rows, [{ actor: 'staff:mai', action: 'approval.asked', reason: 'the customer called' }]);
});

test('a cancel by one person that the bank was quicker than waits for another', async () => {
  const { applicationId } = await aCheckout(world);
  world.answer('cancel', async () => {
    await database.withTransaction(async (tx) => planAccount(tx, applicationId, 5_000_000)); // the customer accepted since it was read
    world.answer('cancel', async () => view);
    throw new CommandRefused('SECOND_PERSON_NEEDED', 'in_progress', undefined);
  });
  const cancel = { reason: 'the customer called' };
  const asked = Object(await bodyOf(act(`/applications/${applicationId}/cancel`, cancel, { ...mai, 'if-match': '"1"' }))).approval;
  assert.equal(asked.outcome, null);
  assert.equal((await decide(asked.id, lan)).status, 200);
  assert.equal(Object(sent.at(-1)?.args.at(-1)).approvedBy, 'staff:lan');
});

test('412 for a confirmation after the application has changed: it is asked anew, on what it is now', async () => {
  const applicationId = await anAccepted();
  const id = await asksToCancel(applicationId);
  await world.move(applicationId, { status: 'in_progress', step: 'identity' });
  const before = cancels();
  const late = await Promise.all(Array.from({ length: 5 }, async (_, index) => decide(id, await asStaff(`late-${index}`, 'operations'))));
  for (const reply of late) assert.deepEqual([reply.status, (await bodyOf(reply))['code']], [412, 'VERSION_MISMATCH']);
  assert.equal(cancels(), before);
  const anew = await asksToCancel(applicationId);
  assert.notEqual(anew, id);
  assert.deepEqual(await codeOf(decide(id, lan)), [409, 'APPROVAL_CLOSED']);
  assert.equal((await decide(anew, lan)).status, 200);
  assert.equal(cancels(), before + 1);
});

test('a confirmation that is repeated is done once, and closed to others', async () => {
  const id = await asksToCancel(await anAccepted());
  const before = cancels();
  assert.equal((await bodyOf(decide(id, lan)))['result'], 'done');
  assert.equal((await bodyOf(decide(id, lan)))['result'], 'done');
  assert.equal(cancels(), before + 1);
  assert.equal(sent.at(-1)?.args[1], `approval:${id}`);
  assert.deepEqual(await codeOf(decide(id, await asStaff('chi', 'operations'))), [409, 'APPROVAL_CLOSED']);
});

test('of twenty who confirm at once one does', async () => {
  const id = await asksToCancel(await anAccepted());
  const all = await Promise.all(Array.from({ length: 20 }, async (_, index) => decide(id, await asStaff(`ops-${index}`, 'operations'))));
  assert.equal(all.filter(({ status }) => status === 200).length, 1);
});

test('a role is needed to confirm, a refused request does nothing, and an expired one cannot be confirmed', async () => {
  const before = cancels();
  const changed = await anAccepted();
  const id = await asksToCancel(changed);
  assert.deepEqual(await codeOf(decide(id, await asStaff('thu', 'reviewer'))), [403, 'ROLE_MISSING']);
  await world.move(changed, { status: 'in_progress', step: 'identity' });
  assert.equal((await bodyOf(decide(id, mai, 'refuse')))['outcome'], 'refused', 'who asked takes it back, whatever has changed');
  assert.deepEqual(await codeOf(decide(id, lan)), [409, 'APPROVAL_CLOSED']);
  const applicationId = await anAccepted();
  const late = await asksToCancel(applicationId);
  await database.query('alter table approvals disable trigger approvals_keep');
  await database.query(`update approvals set expires_at = clock_timestamp() where id = $1`, [late]);
  await database.query('alter table approvals enable trigger approvals_keep');
  assert.deepEqual(await codeOf(decide(late, lan)), [409, 'APPROVAL_CLOSED']);
  assert.notEqual(await asksToCancel(applicationId), late, 'it can be asked anew');
  assert.equal(cancels(), before);
});

test('what was asked for cannot be edited, nor confirmed by the one who asked, not even in the database', async () => {
  const id = await asksToCancel(await anAccepted());
  for (const change of [`request = '{"x":1}'`, `asked_by = 'staff:lan'`, `expires_at = now() + interval '9 days'`])
    await assert.rejects(database.query(`update approvals set ${change} where id = $1`, [id]), { code: '23000' }, change);
  const own = `outcome = 'confirmed', decided_by = 'staff:mai', decided_at = now()`;
  await assert.rejects(database.query(`update approvals set ${own} where id = $1`, [id]), { code: '23514' });
  await assert.rejects(database.query('delete from approvals'), { code: '42501' });
});

test('a cancel that the application refuses meanwhile says so to the second person, and in the audit log', async () => {
  const id = await asksToCancel(await anAccepted());
  world.answer('cancel', async () => {
    throw new CommandRefused('POINT_OF_NO_RETURN', 'settling', undefined);
  });
  assert.deepEqual(await codeOf(decide(id, lan)), [409, 'POINT_OF_NO_RETURN']);
  const { rows } = await database.query(`select action, change from audit_log where subject = $1 order by seq desc limit 1`, [id]);
  assert.deepEqual(rows, [{ action: 'approval.not_done', change: { operation: 'application.cancel', code: 'POINT_OF_NO_RETURN' } }]);
});

test('200 with what a cancel would undo, in order, and whether it takes two', async () => {
  const applicationId = await anAccepted();
  await database.query(`update accounts set client_status = 'active' where application_id = $1`, [applicationId]);
  const preview = await bodyOf(app.request(`/ops/v1/applications/${applicationId}/cancel`, { headers: mai }));
  assert.deepEqual([preview['possible'], preview['needs_second_person'], preview['told']], [true, true, ['customer', 'merchant']]);
  const undo = Object(preview['undo']) as { what: string; certain: boolean }[];
  assert.deepEqual(
    undo.map(({ what, certain }) => [what, certain]),
    [
      ['close_contract', false],
      ['close_client', true],
    ],
  );
  await world.move(applicationId, { status: 'canceled', step: 'end' });
  const ended = await bodyOf(app.request(`/ops/v1/applications/${applicationId}/cancel`, { headers: mai }));
  assert.deepEqual([ended['possible'], ended['why_not'], ended['undo']], [false, 'ENDED', []]);
});

test('once the purchase was approved with the right code no cancel is offered and no second person asked, unless the application wants one', async () => {
  const applicationId = await anAccepted();
  for (const [status, step] of [
    ['in_progress', 'activation'],
    ['awaiting_signature', 'contract'],
    ['awaiting_approval', 'purchase'],
  ] as const)
    await world.move(applicationId, { status, step });
  const code = { coreChallengeId: 'otp_1', amountVnd: 3_000_000, contractNumber: 'TS1', documentSha256: 'x', maskedPhone: '+84*****567' };
  const challenge = { applicationId, round: 1, ...code, maxAttempts: 5, expiresAt: new Date(Date.now() + 180_000) };
  await database.withTransaction(async (tx) => closeChallenge(tx, await addChallenge(tx, challenge), 'verified'));
  const preview = await bodyOf(app.request(`/ops/v1/applications/${applicationId}/cancel`, { headers: mai }));
  const shown = [preview['possible'], preview['why_not'], preview['needs_second_person'], preview['undo']];
  assert.deepEqual(shown, [false, 'POINT_OF_NO_RETURN', false, []]);
  const refuses = (code: string) =>
    world.answer('cancel', async () => Promise.reject(new CommandRefused(code, 'awaiting_approval', undefined)));
  refuses('POINT_OF_NO_RETURN');
  const cancel = async () => act(`/applications/${applicationId}/cancel`, { reason: 'the customer called' }, mai);
  assert.deepEqual(await codeOf(cancel()), [409, 'POINT_OF_NO_RETURN']);
  refuses('SECOND_PERSON_NEEDED');
  assert.ok(await asksToCancel(applicationId), 'a run that forgot the code can still be canceled, by two');
  world.answer('cancel', async () => view);
});

test('a reviewer approves alone up to ten million dong; above it another reviewer confirms the very same limit', async () => {
  const order = anOrder({ amount: { value: 12_000_000, currency: 'VND' } });
  const { applicationId } = await aCheckout(world, order);
  const task = { applicationId, kind: 'decision', reasons: [], expiresAt: new Date(Date.now() + 86_400_000) } as const;
  const taskId = await database.withTransaction(async (tx) => openReviewTask(tx, task));
  const approve = { answer: 'approve', reason: 'known to us' };
  const before = sent.length;
  const asked = Object((await bodyOf(act(`/reviews/${taskId}`, approve, mai)))['approval']);
  assert.deepEqual([asked.operation, asked.role, sent.length], ['review.approve', 'reviewer', before]);
  await decide(asked.id, lan);
  const { requestId: _, ...answer } = Object(sent.at(-1)?.args.at(-1));
  assert.deepEqual(answer, { taskId, answer: 'approve', actor: 'staff:mai', approvedBy: 'staff:lan' });
});

test('many parked messages are replayed only when another person confirms, and small replays count together', async () => {
  const { applicationId } = await aCheckout(world);
  for (let index = 0; index < 14; index += 1) {
    const purchase = { applicationId, merchantId: world.merchantId, kind: 'purchase', contractNumber: 'TS1', amountVnd: 100_000 } as const;
    const { transactionId } = await database.withTransaction(async (tx) => acceptTransaction(tx, { ...purchase, intentKey: `i${index}` }));
    const codes = { reason: 'TRIES_SPENT', firstError: 'x', lastError: 'x', headers: {} } as const;
    await parkMessage(database, { messageId: `out_${index}`, transactionId, ...codes, body: Buffer.from('{}') });
  }
  const replay = async (limit: number, more = {}) =>
    bodyOf(act('/parked/replay', { reason: 'WAY4 is back', limit, per_second: 1, ...more }, mai));
  assert.equal((await replay(11, { dry_run: true }))['needs_second_person'], true);
  assert.equal((Object((await replay(2))['results']) as unknown[]).length, 2);
  const asked = await replay(9);
  assert.deepEqual([asked['results'], asked['needs_second_person']], [[], true]);
  await decide(Object(asked['approval']).id, lan);
  const { rows } = await database.query<{ count: number; by: string }>(
    `select count(*) as count, min(resolved_by) as by from parked_messages where resolution = 'replayed'`,
  );
  assert.deepEqual(rows, [{ count: 11, by: 'staff:mai' }]);
  const last = await database.query("select from outbox where available_at > created_at + interval '7500 ms'");
  assert.equal(last.rowCount, 1, 'confirmed as it was asked for: nine messages, one a second');
  const [oldest, youngest] = await idsOfParked();
  const one = async (id: number | undefined) => act(`/parked/${id}/replay`, { reason: 'WAY4 is back' }, mai);
  assert.equal((await bodyOf(one(youngest)))['code'], 'SECOND_PERSON_NEEDED', 'one by one is no way around it');
  assert.equal((await bodyOf(one(oldest)))['result'], 'resolved_before');
  const nothing = await replay(9, { parked_for: 'CORE_REFUSED' });
  assert.deepEqual([nothing['ids'], nothing['needs_second_person'], nothing['approval']], [[], false, null]);
});

test('a purchase gets a new RRN only when another person confirms', async () => {
  const { applicationId } = await aCheckout(world);
  const purchase = { applicationId, merchantId: world.merchantId, kind: 'purchase', contractNumber: 'TS1', amountVnd: 100_000 } as const;
  const { transactionId, rrn } = await database.withTransaction(async (tx) => acceptTransaction(tx, { ...purchase, intentKey: 'renewed' }));
  const codes = { firstError: 'x', lastError: 'x', headers: {}, body: Buffer.from('{}') };
  await parkMessage(database, { messageId: 'out_other', transactionId, reason: 'OTHER_BOOKING', ...codes });
  const [oldest, youngest] = await idsOfParked();
  const renew = async (id: number | undefined) => act(`/parked/${id}/renew`, { reason: 'the RRN is that of another customer' }, mai);
  assert.deepEqual(await codeOf(renew(oldest)), [409, 'NOTHING_TO_RENEW'], 'parked for another reason');
  assert.deepEqual(await codeOf(renew(999_999)), [404, 'NOT_FOUND']);
  const reply = await renew(youngest);
  assert.equal(reply.status, 202);
  const { id, operation, request } = Object((await bodyOf(reply))['approval']);
  assert.deepEqual([operation, request], ['parked.renew', { id: youngest }]);
  assert.equal(Object((await bodyOf(renew(youngest)))['approval']).id, id, 'who asks twice has asked once');
  const rrnNow = async () => (await readTransaction(database, transactionId))?.rrn;
  assert.equal(await rrnNow(), rrn, 'nothing is done yet');
  assert.deepEqual(await codeOf(decide(id, mai)), [409, 'SECOND_PERSON_NEEDED']);
  assert.equal((await decide(id, lan)).status, 200);
  const renewed = await rrnNow();
  assert.notEqual(renewed, rrn);
  await decide(id, lan);
  assert.equal(await rrnNow(), renewed, 'confirmed twice is done once');
  assert.deepEqual(await codeOf(renew(youngest)), [409, 'NOTHING_TO_RENEW']);
});

test('who asks for sixty replays at once, one by one and in tens, has ten of them alone', async () => {
  const { applicationId } = await aCheckout(world);
  for (let index = 0; index < 60; index += 1) {
    const purchase = { applicationId, merchantId: world.merchantId, kind: 'purchase', contractNumber: 'TS1', amountVnd: 100_000 } as const;
    const { transactionId } = await database.withTransaction(async (tx) => acceptTransaction(tx, { ...purchase, intentKey: `j${index}` }));
    const codes = { reason: 'TRIES_SPENT', firstError: 'x', lastError: 'x', headers: {} } as const;
    await parkMessage(database, { messageId: `flood_${index}`, transactionId, ...codes, body: Buffer.from('{}') });
  }
  const { rows } = await database.query<{ id: number }>(`select id from parked_messages where message_id like 'flood_%' order by id`);
  const hurried = await asStaff('hurried', 'operations');
  const why = { reason: 'WAY4 is back' };
  const [many, ...one] = await Promise.all([
    act('/parked/replay', { ...why, limit: 10 }, hurried),
    ...rows.map(async ({ id }) => act(`/parked/${id}/replay`, why, hurried)),
  ]);
  const { rows: alone } = await database.query<{ count: number }>(
    `select count(*) as count from parked_messages where resolved_by = 'staff:hurried'`,
  );
  assert.deepEqual(alone, [{ count: 10 }]);
  assert.equal(many?.status, 200);
  const refused = one.filter(({ status }) => status === 409);
  assert.ok(refused.length >= 50);
  for (const reply of refused) assert.equal((await bodyOf(reply))['code'], 'SECOND_PERSON_NEEDED');
});

async function idsOfParked(): Promise<(number | undefined)[]> {
  const { rows } = await database.query<{ oldest: number; youngest: number }>(
    'select min(id)::int as oldest, max(id)::int as youngest from parked_messages',
  );
  return [rows[0]?.oldest, rows[0]?.youngest];
}

test('the list shows what waits, and the chain of the audit log holds', async () => {
  const id = await asksToCancel(await anAccepted());
  const { data } = await bodyOf(app.request('/ops/v1/approvals', { headers: lan }));
  assert.ok(data.some((each) => each.id === id));
  assert.ok(data.every((each) => Object(each).outcome === null));
  assert.equal(await firstBrokenAuditRow(database), null);
});
