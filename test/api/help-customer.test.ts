// What staff do for a customer, as customer and auditor are promised it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenOfMessage } from '../../db/checkout.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, bodyOf, place, post } from './world.ts';

const world = await aWorld();
const { app, database, sent } = world;
const mai = await asStaff('mai', 'support');
const codesOf = async (replies: readonly Response[]) =>
  new Set(await Promise.all(replies.map(async (reply) => (await bodyOf(reply))['code'])));
const act = async (applicationId: string, what: string, body: object, headers: Record<string, string> = {}) =>
  app.request(
    `/ops/v1/applications/${applicationId}/${what}`,
    post({ reason: 'the customer called', ...body }, { 'idempotency-key': crypto.randomUUID(), ...mai, ...headers }),
  );

test('202 for asking again: the customer reads a reason of a closed list, and free text stays in the audit log', async () => {
  const { applicationId } = await aCheckout(world);
  const reply = await act(applicationId, 'resubmission', { step: 'identity', reason_code: 'IDENTITY_POOR_PHOTO' });
  assert.equal(reply.status, 202);
  const requestId = reply.headers.get('request-id');
  assert.deepEqual(sent.at(-1)?.args.at(-1), { step: 'identity', reason: 'IDENTITY_POOR_PHOTO', actor: 'staff:mai', requestId });
  assert.equal((await act(applicationId, 'resubmission', { step: 'identity', reason_code: 'BAD_DEBT' })).status, 422);
  assert.equal((await act(applicationId, 'resubmission', { step: 'offer', reason_code: 'IDENTITY_POOR_PHOTO' })).status, 422);
});

test('202 for more time, and 412 when the application has changed since it was read', async () => {
  const { applicationId } = await aCheckout(world);
  const more = { deadline_at: '2026-11-25T08:00:00.000Z' };
  assert.equal((await act(applicationId, 'deadline', more, { 'if-match': '"1"' })).status, 202);
  assert.equal(Object(sent.at(-1)?.args.at(-1)).deadlineAt, more.deadline_at);
  assert.equal((await act(applicationId, 'deadline', { deadline_at: 'tomorrow' })).status, 422);
});

test('202 for a new code: staff see where it went, masked, and never the code', async () => {
  const { applicationId } = await aCheckout(world);
  const body = await bodyOf(act(applicationId, 'otp', {}));
  assert.deepEqual(body, { phone: '+84*****567', expires_at: '2026-11-23T08:03:00.000Z', resends_left: 2 });
});

test('a link goes to the phone of the customer alone: staff, database and audit log never hold it, and it opens once', async () => {
  const { applicationId } = await aCheckout(world);
  const reply = await act(applicationId, 'link', {}, { 'idempotency-key': 'same' });
  const body = await bodyOf(reply);
  assert.deepEqual([reply.status, body['phone']], [202, '+84*****567']);
  const { rows } = await database.query<{ id: string }>(
    `select id from notifications where application_id = $1 and template = 'checkout_link'`,
    [applicationId],
  );
  const token = tokenOfMessage(world.deps.boxes, rows[0]?.id ?? '');
  const { rows: stored } = await database.query<{ text: string }>(
    `select row_to_json(t)::text as text from notifications t union all select row_to_json(t)::text from audit_log t
     union all select row_to_json(t)::text from checkout_links t`,
  );
  for (const text of [JSON.stringify(body), ...stored.map((row) => row.text)]) assert.ok(!text.includes(token));
  const repeated = await bodyOf(act(applicationId, 'link', {}, { 'idempotency-key': 'same' }));
  assert.deepEqual(repeated, body, 'a double click sends one');
  assert.equal((await app.request('/checkout/sessions', post({ token }))).status, 201);
  assert.equal((await app.request('/checkout/sessions', post({ token }))).status, 401);
});

test('of two hundred links that staff ask for at once one is sent, and the others are told to wait', async () => {
  const { applicationId } = await aCheckout(world);
  const send = async (key: string): Promise<Response> => {
    const reply = await act(applicationId, 'link', {}, { 'idempotency-key': key });
    return reply.status === 503 ? send(key) : reply; // told "not now", people send the same again
  };
  const replies = await Promise.all(Array.from({ length: 200 }, async (_, index) => send(`press-${index}`)));
  assert.equal(replies.filter(({ status }) => status === 202).length, 1);
  const told = replies.filter(({ status, headers }) => status === 429 && Number(headers.get('retry-after')) > 0);
  assert.equal(told.length, 199);
  assert.ok((await codesOf(told)).has('TOO_MANY_REQUESTS'), 'they do not hold the connections of everybody else');
});

test('429 after five links in a day, and 409 for an application that has ended', async () => {
  const { applicationId } = await aCheckout(world);
  for (let count = 0; count < 5; count += 1) {
    assert.equal((await act(applicationId, 'link', {})).status, 202);
    await database.query(`update notifications set created_at = created_at - interval '1 minute' where application_id = $1`, [
      applicationId,
    ]);
  }
  const spent = await act(applicationId, 'link', {});
  assert.deepEqual([spent.status, (await bodyOf(spent))['code']], [429, 'LINKS_SPENT']);
  const retryAfter = Number(spent.headers.get('retry-after'));
  assert.ok(retryAfter > 85_000 && retryAfter <= 86_100, `${retryAfter} s`);
  const ended = (await bodyOf(place(world))).id;
  await world.move(ended, { status: 'canceled', step: 'end' });
  assert.equal((await act(ended, 'link', {})).status, 409);
});

test('422 for a key that stood for another command, another application or other words; the very same request gets its first answer', async () => {
  const [{ applicationId }, other] = [await aCheckout(world), await aCheckout(world)];
  const key = { 'idempotency-key': crypto.randomUUID() };
  const first = await act(applicationId, 'deadline', { deadline_at: '2026-11-25T08:00:00.000Z' }, key);
  assert.equal(first.status, 202);
  const before = sent.length;
  const reused = await Promise.all([
    act(applicationId, 'deadline', { deadline_at: '2026-11-25T09:00:00.000Z' }, key),
    act(applicationId, 'retry', { deadline_at: undefined }, key),
    act(other.applicationId, 'deadline', { deadline_at: '2026-11-25T08:00:00.000Z' }, key),
  ]);
  for (const reply of reused) {
    assert.equal(reply.status, 422);
    assert.equal((await bodyOf(reply))['code'], 'IDEMPOTENCY_KEY_REUSED');
  }
  assert.equal(sent.length, before, 'none of them was sent');
  const again = await act(applicationId, 'deadline', { deadline_at: '2026-11-25T08:00:00.000Z' }, key);
  assert.deepEqual(await bodyOf(again), await bodyOf(first));
  assert.equal(sent.at(-1)?.args[1], sent.at(before - 1)?.args[1], 'the same command, which the application took once');
});

test('a slip of the pen costs no key, and two people may choose the same one', async () => {
  const { applicationId } = await aCheckout(world);
  const key = { 'idempotency-key': crypto.randomUUID() };
  assert.equal((await act(applicationId, 'deadline', { deadline_at: 'tomorrow' }, key)).status, 422);
  assert.equal((await act(applicationId, 'deadline', { deadline_at: '2026-11-25T08:00:00.000Z' }, key)).status, 202);
  const lan = await asStaff('lan', 'support');
  assert.equal((await act(applicationId, 'otp', {}, { ...key, ...lan })).status, 202);
});
