// What support staff and auditors are promised.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandRefused } from '../../adapters/temporal/command-errors.ts';
import { createApp } from '../../api/app.ts';
import { moveDeadline, setAttention } from '../../db/applications.ts';
import { firstBrokenAuditRow } from '../../db/audit.ts';
import { addNotification } from '../../db/notifications.ts';
import { at } from './stages.ts';
import { aCheckout, aWorld, basicInfo, bearer, bodyOf, post, staff } from './world.ts';
import type { World } from './world.ts';

const world = await aWorld();
const { app, database, sent } = world;

const act = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.request(path, post(body, { ...staff, 'idempotency-key': crypto.randomUUID(), ...headers }));

const audited = async (applicationId: string) =>
  (
    await database.query<{ actor: string; action: string; reason: string | null; change: unknown }>(
      'select actor, action, reason, change from audit_log where application_id = $1 order by seq',
      [applicationId],
    )
  ).rows;

test('401 without the token of staff, and with the key of a merchant', async () => {
  for (const headers of [{}, bearer('wrong'), bearer(world.apiKey)]) {
    assert.equal((await app.request('/ops/v1/applications', { headers })).status, 401);
  }
});

test('200 with exactly the applications that need a person', async () => {
  const { applicationId } = await aCheckout(world);
  await aCheckout(world);
  const attention = { activity: 'createClient', code: 'CARD_CORE_UNAVAILABLE', since: '2026-11-23T08:00:00.000Z' };
  await database.withTransaction(async (tx) => setAttention(tx, applicationId, attention));
  const body = await bodyOf(app.request('/ops/v1/applications?attention=true', { headers: staff }));
  assert.deepEqual(
    body.data.map(({ id }) => id),
    [applicationId],
  );
  assert.deepEqual(Object(body.data[0]).attention, attention);
  const found = await bodyOf(app.request(`/ops/v1/applications?id=${applicationId}&status=created`, { headers: staff }));
  assert.equal(found.data.length, 1);
});

test('200 with one timeline from every record, personal data masked, and the look in the audit log alone', async () => {
  const { applicationId, session } = await aCheckout(world);
  await app.request('/checkout/basic-info', post(basicInfo(), session));
  await world.adopt(applicationId, String(Object(sent.at(-1)?.args[2]).customerId));
  await app.request(`/ops/v1/applications/${applicationId}`, { headers: staff });
  const reply = await app.request(`/ops/v1/applications/${applicationId}`, { headers: staff });
  const body = await bodyOf(reply);
  assert.deepEqual(body.customer, { phone: '+84*****567', national_id: '001*****0101' });
  assert.ok(body.timeline.some(({ source, what }) => source === 'event' && what === 'application.created'));
  assert.ok(!body.timeline.some(({ what }) => what === 'customer.masked_view'), 'looking at it pushes nothing out');
  for (const secret of ['Đào', '001195990101', '901234567', 'Tràng Tiền']) assert.ok(!JSON.stringify(body).includes(secret));
  assert.equal((await audited(applicationId))[0]?.actor, 'staff:linh.tran');
});

test('200 with decision, offer, contract and message in the timeline, oldest first', async () => {
  const { applicationId } = await at(world, 'purchase');
  await database.withTransaction(async (tx) =>
    addNotification(tx, { applicationId, template: 'contract_signed', params: { contractNumber: 'TS' } }),
  );
  const { timeline } = await bodyOf(app.request(`/ops/v1/applications/${applicationId}`, { headers: staff }));
  const sources = new Set(timeline.map(({ source }) => source));
  for (const source of ['event', 'customer', 'decision', 'offer', 'contract', 'notification']) assert.ok(sources.has(source), source);
  const times = timeline.map((entry) => String(Object(entry).at));
  assert.deepEqual(times, times.toSorted());
});

test('404 for an application or a task that does not exist', async () => {
  assert.equal((await app.request('/ops/v1/applications/app_01kahv3h8wf3rb0vd3x7m8k2qe', { headers: staff })).status, 404);
  assert.equal((await act('/ops/v1/applications/nonsense/retry', { reason: 'stuck' })).status, 404);
  assert.equal((await act('/ops/v1/reviews/rvt_01kahv3h8wf3rb0vd3x7m8k2qe', { answer: 'approve', reason: 'fine' })).status, 404);
});

test('202 for a retry: who and why stand in the audit log, and the workflow knows who', async () => {
  const { applicationId } = await aCheckout(world);
  const reply = await act(`/ops/v1/applications/${applicationId}/retry`, { reason: 'WAY4 is back' });
  assert.equal(reply.status, 202);
  assert.deepEqual(sent.at(-1)?.args.at(-1), { actor: 'staff:linh.tran', requestId: reply.headers.get('request-id') });
  assert.deepEqual(await audited(applicationId), [
    { actor: 'staff:linh.tran', action: 'application.retry_asked', reason: 'WAY4 is back', change: {} },
  ]);
});

test('409 for a cancel that is refused, and the audit log says that it was', async () => {
  const { applicationId } = await aCheckout(world);
  world.answer('cancel', async () => {
    throw new CommandRefused('POINT_OF_NO_RETURN', 'settling', undefined);
  });
  const body = await bodyOf(act(`/ops/v1/applications/${applicationId}/cancel`, { reason: 'the customer called' }));
  assert.equal(body['code'], 'POINT_OF_NO_RETURN');
  const rows = await audited(applicationId);
  assert.deepEqual(
    rows.map(({ action }) => action),
    ['application.cancel_asked', 'application.cancel_asked.refused'],
  );
  assert.deepEqual(rows[1]?.change, { code: 'POINT_OF_NO_RETURN' });
});

const whyOf = async (asked: World['app'], id: string) =>
  Object(await bodyOf(asked.request(`/ops/v1/applications/${id}`, { headers: staff })))['why_here'];

test('200 with why it is here: the step, who is awaited, the tries, and what is not known while Temporal is away', async () => {
  const { applicationId } = await aCheckout(world);
  const { deadline_at, since, ...waiting } = await whyOf(app, applicationId);
  assert.ok(Date.parse(deadline_at) > 0 && Date.parse(since) > 0);
  const unknown = { activity: null, attempts: null, max_attempts: null, last_error: null, next_try_at: null };
  assert.deepEqual(waiting, { step: 'basicInfo', waits_for: 'customer', ...unknown, temporal: 'away' });

  await world.move(applicationId, { status: 'in_progress', step: 'activation' });
  const nextTryAt = new Date('2026-11-23T08:00:30Z');
  const pending = [{ activity: 'createClient', attempt: 3, maxAttempts: 6, lastError: 'CARD_CORE_UNAVAILABLE', nextTryAt }];
  const trying = createApp({ ...world.deps, runs: { look: async () => ({ kind: 'running', pending, spentTries: null }) } });
  const { since: _, ...tried } = await whyOf(trying, applicationId);
  assert.deepEqual(tried, {
    step: 'activation',
    waits_for: 'system',
    deadline_at: null,
    activity: 'createClient',
    attempts: 3,
    max_attempts: 6,
    last_error: 'CARD_CORE_UNAVAILABLE',
    next_try_at: nextTryAt.toISOString(),
    temporal: 'running',
  });

  const failing = createApp({ ...world.deps, runs: { look: async () => ({ kind: 'failing', pending: [], spentTries: null }) } });
  const failed = await whyOf(failing, applicationId);
  assert.deepEqual([failed.waits_for, failed.temporal], ['system', 'failing'], 'nobody waits for a customer who can do nothing');

  const attention = { activity: 'createClient', code: 'CARD_CORE_REJECTED', since: '2026-11-23T08:01:00.000Z' };
  await database.withTransaction(async (tx) => setAttention(tx, applicationId, attention));
  const stuck = await whyOf(app, applicationId);
  assert.deepEqual(
    [stuck.waits_for, stuck.activity, stuck.last_error, stuck.since],
    ['staff', 'createClient', 'CARD_CORE_REJECTED', attention.since],
  );
  await world.move(applicationId, { status: 'declined', step: 'end' });
  assert.equal((await whyOf(app, applicationId)).waits_for, 'nobody');
});

test('200 with since when it stands there, which a version, a deadline or attention that comes and goes does not change', async () => {
  const { applicationId: id } = await aCheckout(world);
  await world.move(id, { status: 'in_progress', step: 'identity' });
  await world.move(id, { status: 'in_review', step: 'identity', deadlineAt: '2036-11-25T08:00:00.000Z' });
  await database.query(`update applications set moved_at = '2026-11-22T08:00:00Z' where id = $1`, [id]);
  await database.withTransaction(async (tx) => {
    await setAttention(tx, id, { activity: 'recordReview', code: 'UNEXPECTED', since: '2026-11-23T08:00:00.000Z' });
    await setAttention(tx, id, null);
    await moveDeadline(tx, id, new Date('2036-11-26T08:00:00.000Z'));
  });
  const { data } = await bodyOf(app.request('/ops/v1/queues/in_review?limit=100', { headers: staff }));
  assert.equal(Object(data.find((each) => Object(each).id === id)).waits_since, '2026-11-22T08:00:00.000Z');
  assert.equal((await whyOf(app, id)).since, '2026-11-22T08:00:00.000Z');
});

test('200 with a link to the run for an engineer, where there is a Temporal UI', async () => {
  const { applicationId } = await aCheckout(world);
  const linked = createApp({ ...world.deps, runUrl: (id) => `https://temporal.example/${id}` });
  const body = await bodyOf(linked.request(`/ops/v1/applications/${applicationId}`, { headers: staff }));
  assert.equal(body['run_url'], `https://temporal.example/${applicationId}`);
});

test('412 when the application has changed since it was read, said in the audit log with the reason; without If-Match nobody asks', async () => {
  for (const [ifMatch, status] of Object.entries({ '"2"': 412, 'W/"1"': 412, nonsense: 412, '"1"': 202, '"7", "1"': 202, '*': 202 })) {
    const { applicationId } = await aCheckout(world);
    const path = `/ops/v1/applications/${applicationId}`;
    assert.equal((await app.request(path, { headers: staff })).headers.get('etag'), '"1"');
    const before = sent.length;
    const reply = await act(`${path}/retry`, { reason: 'stuck' }, { 'if-match': ifMatch });
    assert.equal(reply.status, status, ifMatch);
    if (status === 202) continue;
    assert.deepEqual([reply.headers.get('etag'), (await bodyOf(reply))['current_version'], sent.length], ['"1"', 1, before]);
    const [, refused] = await audited(applicationId);
    assert.deepEqual([refused?.action, refused?.reason], ['application.retry_asked.refused', 'stuck']);
    assert.deepEqual(refused?.change, { code: 'VERSION_MISMATCH' });
    assert.equal((await act(`${path}/retry`, { reason: 'stuck' })).status, 202);
  }
});

test('400 without a key, 422 without a reason: nobody acts unseen', async () => {
  const { applicationId } = await aCheckout(world);
  const path = `/ops/v1/applications/${applicationId}/retry`;
  const before = sent.length;
  assert.equal((await bodyOf(app.request(path, post({ reason: 'stuck' }, staff))))['code'], 'IDEMPOTENCY_KEY_MISSING');
  assert.equal((await act(path, {})).status, 422);
  assert.equal((await act(path, { reason: 'x', actor: 'boss' })).status, 422);
  assert.equal(sent.length, before);
  assert.deepEqual(await audited(applicationId), []);
});

test('500 and no command when the audit log cannot be written', async () => {
  const { applicationId } = await aCheckout(world);
  const before = sent.length;
  await database.query(`alter table audit_log rename to audit_log_away`);
  try {
    const { status } = await act(`/ops/v1/applications/${applicationId}/retry`, { reason: 'stuck' });
    assert.equal(status, 500);
    assert.equal(sent.length, before);
  } finally {
    await database.query(`alter table audit_log_away rename to audit_log`);
  }
});

test('the chain of the audit log holds after all of this', async () => {
  assert.equal(await firstBrokenAuditRow(database), null);
});
