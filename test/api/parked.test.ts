// What support staff are promised about messages that nobody could handle.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstBrokenAuditRow } from '../../db/audit.ts';
import { parkMessage } from '../../db/parked.ts';
import { acceptTransaction } from '../../db/transactions.ts';
import type { ParkReason } from '../../domain/delivery.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, bearer, bodyOf, post, staff } from './world.ts';
import type { Seen } from './world.ts';

const world = await aWorld();
const { app, database } = world;
const why = { reason: 'WAY4 is repaired' };
const act = async (path: string, body: unknown = why, headers = staff) => app.request(`/ops/v1/parked${path}`, post(body, headers));
const list = async (query = '') => bodyOf(app.request(`/ops/v1/parked${query}`, { headers: staff }));

/** Parks a message; with a purchase of its own unless told otherwise. */
async function aParked(reason: ParkReason, options: { purchase?: boolean } = {}) {
  const messageId = `out_${crypto.randomUUID()}`;
  const transactionId = options.purchase === false ? null : await aPurchase();
  const parked = {
    messageId,
    transactionId,
    reason,
    firstError: 'way4:unknown:TIMEOUT',
    lastError: 'way4:rejected:1770',
    headers: { attempt: 1 },
  };
  await parkMessage(database, { ...parked, body: Buffer.from(`{"transactionId":"${transactionId}"}`) });
  const { rows } = await database.query<{ id: number }>('select id from parked_messages where message_id = $1', [messageId]);
  return { id: rows[0]?.id ?? 0, messageId, transactionId };
}

async function aPurchase(): Promise<string> {
  const { applicationId } = await aCheckout(world);
  const purchase = {
    applicationId,
    merchantId: world.merchantId,
    kind: 'purchase',
    contractNumber: 'TS0000000001',
    amountVnd: 300_000,
  } as const;
  const { transactionId } = await database.withTransaction(async (tx) =>
    acceptTransaction(tx, { ...purchase, intentKey: `${applicationId}:purchase` }),
  );
  await database.query('update transactions set tries_left = 0 where id = $1', [transactionId]);
  return transactionId;
}

async function closeAll(): Promise<void> {
  await database.query(`update parked_messages set resolved_at = now(), resolution = 'discarded' where resolved_at is null`);
}

/** Everything that a replay or a discard could change. */
async function everything(): Promise<unknown> {
  const tables = ['parked_messages order by id', 'outbox order by id', 'transactions order by id', 'audit_log order by seq'];
  return Promise.all(tables.map(async (table) => (await database.query(`select * from ${table}`)).rows));
}

const idsOf = (body: Seen): unknown => body['ids'];

test('200 with the open messages in order, by pages and by why they were parked', async () => {
  await closeAll();
  const first = await aParked('TRIES_SPENT');
  const second = await aParked('MALFORMED', { purchase: false });
  const third = await aParked('TRIES_SPENT');
  const page = await list('?limit=2');
  assert.deepEqual(
    page.data.map(({ id }) => id),
    [first.id, second.id],
  );
  const rest = await list(`?limit=2&cursor=${page.next_cursor}`);
  assert.deepEqual(
    rest.data.map(({ id }) => id),
    [third.id],
  );
  assert.equal(rest.next_cursor, null);
  assert.deepEqual(
    (await list('?parked_for=MALFORMED')).data.map(({ id }) => id),
    [second.id],
  );
  assert.ok((await list('?resolved=true&limit=100')).data.length >= 3);
  const { parked_for, transaction_status, resolution, first_error } = Object(page.data[0]);
  assert.deepEqual([parked_for, transaction_status, resolution, first_error], ['TRIES_SPENT', 'accepted', null, 'way4:unknown:TIMEOUT']);
});

test('200 with body and headers of one message, and the look in the audit log', async () => {
  const { id, messageId, transactionId } = await aParked('CORE_REFUSED');
  const body = await bodyOf(app.request(`/ops/v1/parked/${id}`, { headers: staff }));
  assert.equal(body['body'], `{"transactionId":"${transactionId}"}`);
  assert.deepEqual(body['headers'], { attempt: 1 });
  const { rows } = await database.query('select actor, action from audit_log where subject = $1', [messageId]);
  assert.deepEqual(rows, [{ actor: 'staff:linh.tran', action: 'parked_message.viewed' }]);
});

test('200 for a replay: a new message, all tries again, and who and why in the audit log', async () => {
  const { id, messageId, transactionId } = await aParked('TRIES_SPENT');
  const reply = await act(`/${id}/replay`);
  assert.deepEqual([reply.status, await bodyOf(reply)], [200, { id, result: 'replayed' }]);
  const { rows: messages } = await database.query('select 1 from outbox where transaction_id = $1', [transactionId]);
  assert.equal(messages.length, 2);
  const { rows: left } = await database.query<{ tries_left: number }>('select tries_left from transactions where id = $1', [transactionId]);
  assert.equal(left[0]?.tries_left, 12);
  const { rows } = await database.query('select actor, action, reason, request_id from audit_log where subject = $1', [messageId]);
  assert.deepEqual(rows, [
    { actor: 'staff:linh.tran', action: 'parked_message.replayed', ...why, request_id: reply.headers.get('request-id') },
  ]);
});

test('200 for replaying everything, and replaying everything again changes nothing', async () => {
  await closeAll();
  const parked = [await aParked('TRIES_SPENT'), await aParked('CORE_REFUSED'), await aParked('DELIVERY_LIMIT')];
  const first = await bodyOf(act('/replay'));
  assert.deepEqual(
    first['results'],
    parked.map(({ id }) => ({ id, result: 'replayed' })),
  );
  const before = await everything();
  assert.deepEqual((await bodyOf(act('/replay')))['results'], []);
  for (const { id } of parked) assert.deepEqual(await bodyOf(act(`/${id}/replay`)), { id, result: 'resolved_before' });
  assert.deepEqual(await everything(), before);
});

test('200 for a replay at a rate: what is replayed becomes due one after the other, and the reply does not wait for it', async () => {
  await closeAll();
  for (let n = 0; n < 3; n += 1) await aParked('TRIES_SPENT');
  await aParked('CORE_REFUSED', { purchase: false });
  await act('/replay', { ...why, per_second: 2 }, await asStaff('mai', 'operations'));
  const { rows } = await database.query<{ apartMs: number }>(
    `select extract(epoch from available_at - lag(available_at) over (order by id))::float8 * 1000 as "apartMs" from outbox order by id desc limit 2`,
  );
  assert.ok(rows.length === 2 && rows.every(({ apartMs }) => apartMs >= 500), 'a busy machine is late, never early');
});

test('200 for a dry run, which changes nothing and says exactly what a replay then does', async () => {
  await closeAll();
  const parked = [await aParked('TRIES_SPENT'), await aParked('CORE_REFUSED'), await aParked('TRIES_SPENT')];
  const before = await everything();
  const dry = await bodyOf(act('/replay', { ...why, parked_for: 'TRIES_SPENT', dry_run: true }));
  assert.deepEqual([dry['results'], dry.has_more], [[], false]);
  assert.deepEqual(idsOf(dry), [parked[0]?.id, parked[2]?.id]);
  assert.deepEqual(await everything(), before);
  await aParked('TRIES_SPENT'); // parked after the look
  const done = await bodyOf(act('/replay', { ...why, parked_for: 'TRIES_SPENT', up_to_id: parked[2]?.id }));
  assert.deepEqual(idsOf(done), idsOf(dry));
});

test('200 for a capped replay, oldest first, which says that there is more', async () => {
  await closeAll();
  const parked = [await aParked('TRIES_SPENT'), await aParked('TRIES_SPENT'), await aParked('TRIES_SPENT')];
  const done = await bodyOf(act('/replay', { ...why, limit: 2 }));
  assert.deepEqual([idsOf(done), done.has_more], [[parked[0]?.id, parked[1]?.id], true]);
  assert.deepEqual(
    (await list()).data.map(({ id }) => id),
    [parked[2]?.id],
  );
});

test('200 for a replay behind a flood of messages of nobody, which do not use up its limit', async () => {
  await closeAll();
  for (let n = 0; n < 3; n += 1) await aParked('MALFORMED', { purchase: false });
  const waiting = await aParked('TRIES_SPENT');
  const done = await bodyOf(act('/replay', { ...why, limit: 1 }));
  assert.deepEqual([done['results'], done.has_more], [[{ id: waiting.id, result: 'replayed' }], false]);
});

test('200 once for ten replays of one message at the same time', async () => {
  const { id, transactionId } = await aParked('TRIES_SPENT');
  const replies = await Promise.all(Array.from({ length: 10 }, async () => bodyOf(act(`/${id}/replay`))));
  assert.equal(replies.filter(({ result }) => result === 'replayed').length, 1);
  assert.equal((await database.query('select 1 from outbox where transaction_id = $1', [transactionId])).rowCount, 2);
});

test('200 for a replay of what has its outcome meanwhile: closed, and nothing is sent', async () => {
  const { id, transactionId } = await aParked('DELIVERY_LIMIT');
  await database.query(`update transactions set status = 'posted', settled_at = now() where id = $1`, [transactionId]);
  assert.equal((await bodyOf(act(`/${id}/replay`)))['result'], 'settled_meanwhile');
  assert.equal((await database.query('select 1 from outbox where transaction_id = $1', [transactionId])).rowCount, 1);
});

test('200 for a discard with its reason, and 409 while it would strand a purchase', async () => {
  const nobodys = await aParked('MALFORMED', { purchase: false });
  assert.deepEqual(await bodyOf(act(`/${nobodys.id}/discard`)), { id: nobodys.id, result: 'discarded' });
  assert.deepEqual(await bodyOf(act(`/${nobodys.id}/discard`)), { id: nobodys.id, result: 'resolved_before' });
  const { resolution } = Object(await bodyOf(app.request(`/ops/v1/parked/${nobodys.id}`, { headers: staff })));
  assert.deepEqual([resolution.kind, resolution.by, resolution.reason], ['discarded', 'staff:linh.tran', why.reason]);
  const waiting = await aParked('TRIES_SPENT');
  const refused = await act(`/${waiting.id}/discard`);
  assert.deepEqual([refused.status, (await bodyOf(refused))['code']], [409, 'PURCHASE_WITHOUT_OUTCOME']);
});

test('409 for a replay of what names no transaction of ours', async () => {
  const { id } = await aParked('MALFORMED', { purchase: false });
  const reply = await act(`/${id}/replay`);
  assert.deepEqual([reply.status, (await bodyOf(reply))['code']], [409, 'NOTHING_TO_REPLAY']);
});

test('404, 422 and 401: an unknown id, a wrong field and no staff at all change nothing', async () => {
  const { id } = await aParked('TRIES_SPENT');
  const before = await everything();
  for (const unknown of ['999999999', '0', 'x', '-1', '1e3', '99999999999999999999']) {
    assert.equal((await app.request(`/ops/v1/parked/${unknown}`, { headers: staff })).status, 404, unknown);
    assert.equal((await act(`/${unknown}/replay`)).status, 404, unknown);
    assert.equal((await act(`/${unknown}/discard`)).status, 404, unknown);
  }
  for (const body of [
    {},
    { reason: 'x' },
    { ...why, limit: 101 },
    { ...why, limit: 0 },
    { ...why, per_second: 0 },
    { ...why, per_second: 101 },
    { ...why, parked_for: 'BORED' },
    { ...why, all: true },
  ]) {
    assert.equal((await act('/replay', body)).status, 422, JSON.stringify(body));
  }
  assert.equal((await act(`/${id}/discard`, {})).status, 422);
  for (const query of ['?limit=0', '?parked_for=x', '?cursor=x', '?resolved=maybe'])
    assert.equal((await list(query))['status'], 422, query);
  assert.equal((await act(`/${id}/replay`, why, bearer(world.apiKey))).status, 401);
  assert.deepEqual(await everything(), before);
});

test('the chain of the audit log holds after all of this', async () => {
  assert.equal(await firstBrokenAuditRow(database), null);
});
