// What staff are promised about finding work and people: queues, search, unmasking and bulk retry.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandRefused, CommandUnavailable } from '../../adapters/temporal/command-errors.ts';
import { createApp } from '../../api/app.ts';
import { staffLimits } from '../../config/staff-limits.ts';
import { setAttention } from '../../db/applications.ts';
import { firstBrokenAuditRow } from '../../db/audit.ts';
import { parkMessage } from '../../db/parked.ts';
import { acceptTransaction } from '../../db/transactions.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, anOrder, aWorld, basicInfo, bodyOf, post, staff } from './world.ts';

const world = await aWorld();
const { app, database, sent } = world;

const read = async (path: string) => bodyOf(app.request(`/ops/v1${path}`, { headers: staff }));
const send = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.request(`/ops/v1${path}`, post(body, { ...staff, ...headers }));
const idsOf = ({ data }: { data: { id: string }[] }): string[] => data.map(({ id }) => id);

/** An application whose step waits for staff since then. */
async function aStuck(activity = 'createClient', since = '2026-11-23T08:00:00.000Z', code = 'CARD_CORE_UNAVAILABLE'): Promise<string> {
  const { applicationId } = await aCheckout(world);
  await database.withTransaction(async (tx) => setAttention(tx, applicationId, { activity, code, since }));
  return applicationId;
}

/** A customer who has stated everything. */
async function aStated(order = anOrder()): Promise<string> {
  const { applicationId, session } = await aCheckout(world, order);
  await app.request('/checkout/basic-info', post(basicInfo(), session));
  await world.adopt(applicationId, String(Object(sent.at(-1)?.args[2]).customerId));
  return applicationId;
}

async function audited(action: string, actor = 'staff:linh.tran') {
  const { rows } = await database.query<{ subject: string; reason: string | null; change: unknown; application_id: string | null }>(
    'select subject, reason, change, application_id from audit_log where action = $1 and actor = $2 order by seq',
    [action, actor],
  );
  return rows;
}

test('200 with the length of every queue and since when its oldest waits; each list holds just those, the longest wait first', async () => {
  const empty = await read('/queues');
  assert.deepEqual(
    empty.data.map((queue) => [Object(queue).name, Object(queue).count, Object(queue).oldest_at]),
    ['stuck', 'compensation_failed', 'in_review', 'expiring', 'overdue', 'stalled', 'parked'].map((name) => [name, 0, null]),
  );
  const late = await aStuck('createClient', '2026-11-23T08:00:01.000Z');
  const early = await aStuck('createContract', '2026-11-23T07:00:00.000Z');
  const undo = await aStuck('closeContract', '2026-11-23T06:00:00.000Z');
  const { applicationId: reviewed } = await aCheckout(world);
  await world.move(reviewed, { status: 'in_progress', step: 'identity' });
  await world.move(reviewed, { status: 'in_review', step: 'identity', deadlineAt: '2036-11-25T08:00:00.000Z' });
  const { applicationId: expiring } = await aCheckout(world);
  await world.move(expiring, { status: 'created', step: 'basicInfo', deadlineAt: new Date(Date.now() + 60_000).toISOString() });
  const { applicationId: sooner } = await aCheckout(world);
  const { applicationId: overdue } = await aCheckout(world);
  const { applicationId: stalled } = await aCheckout(world);
  await world.move(stalled, { status: 'in_progress', step: 'activation' });
  await database.query(`update applications set updated_at = now() - interval '3 hours' where id = $1`, [stalled]);
  for (const [id, inMs] of [
    [sooner, 30_000],
    [overdue, -6 * 60_000],
  ] as const)
    await database.query(`update applications set deadline_at = now() + $2 * interval '1 ms' where id = $1`, [id, inMs]);
  await parkMessage(database, {
    messageId: 'out_1',
    transactionId: null,
    reason: 'MALFORMED',
    firstError: 'x',
    lastError: 'x',
    body: Buffer.of(1),
    headers: {},
  });
  // The other applications of this world have their deadline a day after the time that the world thinks it is.
  await database.query(`update applications set deadline_at = now() + interval '1 day' where id <> all($1)`, [
    [expiring, sooner, overdue, stalled, reviewed],
  ]);
  const { data } = await read('/queues');
  assert.deepEqual(
    data.map((queue) => [Object(queue).name, Object(queue).count]),
    [
      ['stuck', 2],
      ['compensation_failed', 1],
      ['in_review', 1],
      ['expiring', 2],
      ['overdue', 1],
      ['stalled', 1],
      ['parked', 1],
    ],
  );
  assert.equal(Object(data[0]).oldest_at, '2026-11-23T07:00:00.000Z');
  assert.ok(Object(data[0]).oldest_age_seconds > 0);
  const lists = {
    stuck: [early, late],
    compensation_failed: [undo],
    in_review: [reviewed],
    expiring: [sooner, expiring],
    overdue: [overdue],
    stalled: [stalled],
  };
  for (const [name, ids] of Object.entries(lists)) assert.deepEqual(idsOf(await read(`/queues/${name}`)), ids, name);
  for (const queue of data) assert.ok((await read(Object(queue).list.replace('/ops/v1', ''))).data.length > 0);
});

test('200 by pages that neither repeat nor leave out an entry', async () => {
  for (let n = 0; n < 3; n += 1) await aStuck('verifyIdentity', '2026-11-23T09:00:00.000Z');
  const all = idsOf(await read('/queues/stuck?limit=100'));
  const paged: string[] = [];
  for (let cursor = ''; ;) {
    const page = await read(`/queues/stuck?limit=2${cursor && `&cursor=${cursor}`}`);
    paged.push(...idsOf(page));
    if (!page.has_more) break;
    cursor = page.next_cursor;
  }
  assert.deepEqual(paged, all);
  const foreign = await read('/queues/in_review?limit=1&cursor=x');
  assert.deepEqual([foreign['status'], (await read('/queues/bored'))['code']], [422, 'INVALID_FIELDS']);
});

test('200 by id, order number, phone and national id; the log and the audit log hold none of what was searched for', async () => {
  const order = anOrder({ customer: { phone: '0987650001' } });
  const applicationId = await aStated(order);
  const purchase = { applicationId, merchantId: world.merchantId, kind: 'purchase', contractNumber: 'TS1', amountVnd: 300_000 } as const;
  const { transactionId } = await database.withTransaction(async (tx) => acceptTransaction(tx, { ...purchase, intentKey: applicationId }));
  const before = world.logged.length;
  for (const wanted of [
    { by: 'id', value: applicationId },
    { by: 'id', value: transactionId },
    { by: 'merchant_reference', value: order['merchant_reference'] },
    { by: 'phone', value: '0987650001' },
    { by: 'phone', value: '+84 987 650 001' },
  ])
    assert.deepEqual(idsOf(await bodyOf(send('/search', wanted))), [applicationId], JSON.stringify(wanted));
  const another = await aStated();
  assert.deepEqual(
    new Set(idsOf(await bodyOf(send('/search', { by: 'national_id', value: '001195990101' })))),
    new Set([another, applicationId]),
  );
  assert.deepEqual(idsOf(await bodyOf(send('/search', { by: 'phone', value: '0987659999' }))), []);
  const kept = JSON.stringify([world.logged.slice(before), await audited('applications.searched')]);
  for (const secret of ['987650001', '987659999', '001195990101']) assert.ok(!kept.includes(secret), secret);
  assert.deepEqual((await audited('applications.searched')).at(-1), {
    subject: 'phone',
    reason: null,
    change: { found: 0 },
    application_id: null,
  });
});

test('422 for a search that asks for nothing that there is', async () => {
  for (const wanted of [
    {},
    { by: 'name', value: 'Đào' },
    { by: 'phone', value: '123' },
    { by: 'national_id', value: '1' },
    { by: 'id', value: '' },
  ])
    assert.equal((await send('/search', wanted)).status, 422, JSON.stringify(wanted));
});

test('200 for unmasking the fields that are asked for, with the purpose in the audit log', async () => {
  const applicationId = await aStated();
  const purpose = 'call the customer about the photo';
  const reply = await send(`/applications/${applicationId}/unmask`, { purpose, fields: ['full_name', 'phone', 'email'] });
  assert.deepEqual(await bodyOf(reply), { customer: { full_name: 'Nguyễn Thị Đào', phone: '+84901234567', email: null } });
  const row = (await audited('customer.unmasked')).at(-1);
  assert.deepEqual([row?.application_id, row?.reason, row?.change], [applicationId, purpose, { fields: ['full_name', 'phone', 'email'] }]);
  const { applicationId: silent } = await aCheckout(world);
  const known = await bodyOf(send(`/applications/${silent}/unmask`, { purpose, fields: ['phone', 'national_id'] }));
  assert.deepEqual(known.customer, { phone: '+84901234567', national_id: null });
});

test('422, 404: without a purpose, for a field that nobody may see, or an unknown application nothing is shown', async () => {
  const applicationId = await aStated();
  const before = (await audited('customer.unmasked')).length;
  const purpose = 'call the customer about the photo';
  for (const body of [
    { fields: ['phone'] },
    { purpose: 'why', fields: ['phone'] },
    { purpose, fields: [] },
    { purpose, fields: ['income'] },
  ])
    assert.equal((await send(`/applications/${applicationId}/unmask`, body)).status, 422, JSON.stringify(body));
  for (const id of ['nonsense', 'app_01kahv3h8wf3rb0vd3x7m8k2qe'])
    assert.equal((await send(`/applications/${id}/unmask`, { purpose, fields: ['phone'] })).status, 404);
  assert.equal((await audited('customer.unmasked')).length, before);
});

test('429 with Retry-After for one look too many, shared by all instances, and only for who looks so much', async () => {
  const applicationId = await aStated();
  const other = createApp(world.deps);
  const request = post({ purpose: 'a curious afternoon', fields: ['phone'] }, await asStaff('curious', 'support'));
  const path = `/ops/v1/applications/${applicationId}/unmask`;
  const many = Array.from({ length: staffLimits.unmasksMax + 10 }, async (_, n) => (n % 2 ? app : other).request(path, request));
  const replies = await Promise.all(many);
  assert.equal(replies.filter(({ status }) => status === 200).length, staffLimits.unmasksMax);
  const refused = replies.filter(({ status }) => status === 429);
  assert.equal(refused.length, 10);
  for (const { headers } of refused) {
    const seconds = Number(headers.get('retry-after'));
    assert.ok(seconds > 0 && seconds <= staffLimits.periodMs / 1_000, String(seconds));
  }
  assert.equal((await audited('customer.unmasked', 'staff:curious')).length, staffLimits.unmasksMax);
  assert.equal((await send(`/applications/${applicationId}/unmask`, { purpose: 'somebody else asks', fields: ['phone'] })).status, 200);
});

// ── Bulk retry ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const retried = (from: number): unknown[] =>
  sent.slice(from).flatMap(({ command, args }) => (command === 'retryStep' ? [Object(args[0]).applicationId] : []));
const key = (): Record<string, string> => ({ 'idempotency-key': crypto.randomUUID() });

test('200 for a dry run that changes nothing, then exactly those are retried, capped, each with its outcome', async () => {
  const code = 'BULK_ONE';
  const stuck = [
    await aStuck('createClient', '2026-11-23T01:00:00.000Z', code),
    await aStuck('createClient', '2026-11-23T02:00:00.000Z', code),
  ];
  await aStuck('createClient', '2026-11-23T03:00:00.000Z', code);
  const wanted = { reason: 'WAY4 is back', filter: { code }, limit: 2 };
  const before = sent.length;
  const dry = await bodyOf(send('/bulk/retry', { ...wanted, dry_run: true }, key()));
  assert.deepEqual([dry['ids'], dry['results'], retried(before)], [stuck, [], []]);
  world.answer('retryStep', async (ref) => {
    if (Object(ref).applicationId === stuck[1]) throw new CommandRefused('NOTHING_TO_RETRY', 'created', undefined);
    return { status: 'in_progress', step: 'identity', awaits: 'customer', deadlineAt: null, attention: null };
  });
  const done = await bodyOf(send('/bulk/retry', wanted, key()));
  assert.deepEqual(done['results'], [
    { id: stuck[0], result: 'retried' },
    { id: stuck[1], result: 'refused', code: 'NOTHING_TO_RETRY' },
  ]);
  assert.deepEqual(new Set(retried(before)), new Set(stuck));
});

test('200 for a repeat with the same key: the same applications with the same command ids, and no others', async () => {
  const code = 'BULK_TWO';
  const first = await aStuck('createClient', '2026-11-23T01:00:00.000Z', code);
  world.answer('retryStep', async () => ({
    status: 'in_progress',
    step: 'identity',
    awaits: 'customer',
    deadlineAt: null,
    attention: null,
  }));
  const wanted = { reason: 'WAY4 is back', filter: { code } };
  const same = key();
  await send('/bulk/retry', wanted, same);
  await aStuck('createClient', '2026-11-23T01:00:00.000Z', code);
  const before = sent.length;
  assert.deepEqual((await bodyOf(send('/bulk/retry', wanted, same)))['ids'], [first]);
  assert.deepEqual(retried(before), [first]);
  const ids = sent
    .filter(({ command, args }) => command === 'retryStep' && Object(args[0]).applicationId === first)
    .map(({ args }) => args[1]);
  assert.equal(new Set(ids).size, 1);
  const other = await bodyOf(send('/bulk/retry', { ...wanted, filter: { code, merchant_id: 'mrc_other' } }, same));
  assert.equal(other['code'], 'IDEMPOTENCY_KEY_REUSED');
  assert.equal(sent.length, before + 1, 'nothing is touched under a key that stood for something else');
});

test('200 with every application as not retried when Temporal is away, without asking it for each', async () => {
  const code = 'BULK_THREE';
  for (let n = 0; n < staffLimits.bulkRetryAtOnce + 3; n += 1) await aStuck('createClient', '2026-11-23T01:00:00.000Z', code);
  world.answer('retryStep', async () => Promise.reject(new CommandUnavailable('away')));
  const before = sent.length;
  const done = await bodyOf(send('/bulk/retry', { reason: 'WAY4 is back', filter: { code } }, key()));
  const results = Array.isArray(done['results']) ? done['results'] : [];
  assert.equal(results.length, staffLimits.bulkRetryAtOnce + 3);
  assert.ok(results.every((each) => Object(each).code === 'TEMPORARILY_UNAVAILABLE'));
  assert.equal(retried(before).length, staffLimits.bulkRetryAtOnce);
});

test('400, 422 and 429: no key, no filter, a limit above the cap, and too often', async () => {
  const wanted = { reason: 'WAY4 is back', filter: { code: 'NONE' } };
  assert.equal((await bodyOf(send('/bulk/retry', wanted)))['code'], 'IDEMPOTENCY_KEY_MISSING');
  for (const body of [{ reason: 'all of them', filter: {} }, { reason: 'all of them' }, { ...wanted, limit: 101 }, { ...wanted, ids: [] }])
    assert.equal((await send('/bulk/retry', body, key())).status, 422, JSON.stringify(body));
  const eager = await asStaff('eager', 'operations');
  const statuses: number[] = [];
  for (let n = 0; n <= staffLimits.bulkRetriesMax; n += 1)
    statuses.push((await send('/bulk/retry', wanted, { ...eager, ...key() })).status);
  assert.deepEqual([statuses.filter((status) => status === 200).length, statuses.at(-1)], [staffLimits.bulkRetriesMax, 429]);
});

test('the chain of the audit log holds after all of this', async () => {
  assert.equal(await firstBrokenAuditRow(database), null);
});
