// What merchants are promised.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandRefused, CommandUnavailable } from '../../adapters/temporal/command-errors.ts';
import { deleteKeys } from '../../db/retention.ts';
import { anOrder, aWorld, bearer, bodyOf, place, post } from './world.ts';

const world = await aWorld();
const { app, database, sent } = world;
const countApplications = async (reference: unknown): Promise<number> =>
  (await database.query<{ count: number }>('select count(*) as count from applications where merchant_reference = $1', [reference])).rows[0]
    ?.count ?? -1;

test('201 with the application, a checkout link and a workflow that was started', async () => {
  const order = anOrder();
  const reply = await place(world, order);
  const body = await bodyOf(reply);
  assert.equal(reply.status, 201);
  assert.equal(reply.headers.get('etag'), '"1"');
  assert.equal(reply.headers.get('idempotency-replayed'), null);
  assert.match(body.id, /^app_/);
  assert.equal(body['status'], 'created');
  assert.deepEqual(body['amount'], { value: 3_000_000, currency: 'VND' });
  assert.deepEqual(body['next_action'], { awaits: 'customer', type: 'open_checkout' });
  assert.match(body.checkout_url, /^http:\/\/127\.0\.0\.1:4100\/c#[\w-]{43}$/);
  const start = sent.find(({ command, args }) => command === 'start' && JSON.stringify(args).includes(body.id));
  assert.deepEqual(start?.args, [{ applicationId: body.id, merchantId: world.merchantId, amountVnd: 3_000_000, status: 'created' }]);
});

test('201 stores neither the phone number nor the checkout link in the clear', async () => {
  const order = anOrder({ customer: { phone: '0912345678', locale: 'en' } });
  const body = await bodyOf(place(world, order));
  const token = new URL(body.checkout_url).hash.slice(1);
  for (const table of ['customers', 'applications', 'idempotency_keys', 'checkout_links', 'events']) {
    const { rows } = await database.query(`select * from ${table}`);
    const stored = rows.map((row) =>
      JSON.stringify(row, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)),
    );
    assert.ok(!stored.join('').includes('912345678'), `${table} holds a phone number`);
    assert.ok(!stored.join('').includes(token), `${table} holds a link token`);
  }
});

test('201 replayed when the same key comes again, with the same body', async () => {
  const order = anOrder();
  const first = await place(world, order, 'key-replay');
  const second = await place(world, order, 'key-replay');
  assert.equal(second.status, 201);
  assert.equal(second.headers.get('idempotency-replayed'), 'true');
  assert.deepEqual(await second.json(), await first.json());
});

test('409 for an order that comes again when its key is forgotten: nothing is done twice, whatever the key', async () => {
  const order = anOrder();
  const { id } = await bodyOf(place(world, order, 'key-forgotten'));
  await deleteKeys(database, { keptMs: 0, batch: 1_000 });
  for (const key of ['key-forgotten', 'key-new']) {
    const reply = await place(world, order, key);
    const { code, application_id } = await bodyOf(reply);
    assert.deepEqual([reply.status, code, application_id], [409, 'MERCHANT_REFERENCE_TAKEN', id]);
  }
  assert.equal(await countApplications(order['merchant_reference']), 1);
});

test('201 for a quoted key and a bare one alike: they are one key', async () => {
  const order = anOrder();
  await place(world, order, 'key-quoted');
  assert.equal((await place(world, order, '"key-quoted"')).headers.get('idempotency-replayed'), 'true');
});

test('201 or 409 for 20 parallel requests with one key: one application', async () => {
  const order = anOrder();
  const replies = await Promise.all(Array.from({ length: 20 }, async () => place(world, order, 'key-race')));
  const ids = new Set<string>();
  for (const reply of replies) {
    const body = await bodyOf(reply);
    if (reply.status === 409) {
      assert.equal(body['code'], 'IDEMPOTENCY_IN_FLIGHT');
      assert.equal(body['retryable'], true);
      assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/);
    } else {
      assert.equal(reply.status, 201);
      ids.add(body.id);
    }
  }
  assert.equal(ids.size, 1);
  assert.equal(await countApplications(order['merchant_reference']), 1);
});

test('200 or 201 for 20 parallel requests with 20 keys and one order: one application', async () => {
  const order = anOrder();
  const replies = await Promise.all(Array.from({ length: 20 }, async () => place(world, order)));
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200, 201]));
  assert.equal(await countApplications(order['merchant_reference']), 1);
});

test('200 with the same application and a fresh link when the order comes again under a new key', async () => {
  const order = anOrder();
  const first = await bodyOf(place(world, order));
  const again = await place(world, order);
  const second = await bodyOf(again);
  assert.equal(again.status, 200);
  assert.equal(second.id, first.id);
  assert.notEqual(second.checkout_url, first.checkout_url);
  const open = async (url: string) => app.request('/checkout/sessions', post({ token: new URL(url).hash.slice(1) }));
  assert.equal((await open(first.checkout_url)).status, 401);
  assert.equal((await open(second.checkout_url)).status, 201);
});

test('409 when the merchant_reference was used for another order', async () => {
  const order = anOrder();
  const first = await bodyOf(place(world, order));
  const reply = await place(world, { ...order, amount: { value: 4_000_000, currency: 'VND' } });
  const body = await bodyOf(reply);
  assert.equal(reply.status, 409);
  assert.equal(body['code'], 'MERCHANT_REFERENCE_TAKEN');
  assert.equal(body.application_id, first.id);
  assert.equal(body['current_status'], 'created');
});

test('201 for a reference that another merchant uses too', async () => {
  const order = anOrder();
  await place(world, order, 'shared-key');
  assert.equal((await place(world, order, 'shared-key', await world.anotherKey())).status, 201);
  assert.equal(await countApplications(order['merchant_reference']), 2);
});

test('422 when the key was used with another body', async () => {
  await place(world, anOrder(), 'key-other');
  const reply = await place(world, anOrder(), 'key-other');
  assert.equal(reply.status, 422);
  assert.equal((await bodyOf(reply))['code'], 'IDEMPOTENCY_KEY_REUSED');
});

test('409 while a request with the same key is being worked on', async () => {
  const order = anOrder();
  const { promise: claimed, resolve: tell } = Promise.withResolvers<string>();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const call = { merchantId: world.merchantId, operation: 'applications.create', key: 'key-held', fingerprint: Buffer.alloc(32) };
  const holding = database.withTransaction(async (tx) => {
    tell((await world.deps.idempotencyKeys.claim(tx, call)).kind);
    await held;
  });
  assert.equal(await claimed, 'mine');
  const reply = await place(world, order, 'key-held');
  assert.equal(reply.status, 409);
  assert.equal((await bodyOf(reply))['code'], 'IDEMPOTENCY_IN_FLIGHT');
  assert.equal(reply.headers.get('retry-after'), '2');
  release();
  await holding;
});

test('503 when Temporal is away; the repeat with the same key starts the workflow and answers 201', async () => {
  const order = anOrder();
  world.answer('start', async () => {
    throw new CommandUnavailable('away');
  });
  const reply = await place(world, order, 'key-away');
  assert.equal(reply.status, 503);
  assert.equal((await bodyOf(reply))['retryable'], true);
  assert.equal(reply.headers.get('retry-after'), '2');
  world.answer('start', async () => undefined);
  const starts = sent.length;
  const again = await place(world, order, 'key-away');
  assert.equal(again.status, 201);
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  assert.equal(sent.length, starts + 1);
  assert.equal(await countApplications(order['merchant_reference']), 1);
});

test('200 with an ETag, and 304 while nothing has changed', async () => {
  const created = await bodyOf(place(world));
  const read = async (etag?: string) =>
    app.request(`/v1/applications/${created.id}`, { headers: { ...bearer(world.apiKey), ...(etag && { 'if-none-match': etag }) } });
  const first = await read();
  assert.equal(first.status, 200);
  assert.equal(first.headers.get('etag'), '"1"');
  const { checkout_url: _, ...object } = created;
  assert.deepEqual(await first.json(), object);
  const second = await read('"7", W/"1"');
  assert.equal(second.status, 304);
  assert.equal(await second.text(), '');
  await world.move(created.id, { status: 'in_progress', step: 'identity' });
  const third = await read('"1"');
  assert.equal(third.status, 200);
  assert.equal(third.headers.get('etag'), '"2"');
});

test('200 with a coarse reason for a declined application, and nothing about the person', async () => {
  const { id } = await bodyOf(place(world));
  await world.move(id, { status: 'declined', step: 'end', reasons: ['BAD_DEBT'] });
  const body = await bodyOf(app.request(`/v1/applications/${id}`, { headers: bearer(world.apiKey) }));
  assert.deepEqual(body['status_reason'], { code: 'not_eligible', retryable: false });
  assert.equal(body['next_action'], null);
  assert.ok(!JSON.stringify(body).includes('BAD_DEBT'));
});

test('404 is byte for byte the same for an unknown, a malformed and a foreign id', async () => {
  const { id } = await bodyOf(place(world));
  const foreign = await world.anotherKey();
  const ask = async (path: string, method = 'GET') => {
    const reply = await app.request(path, { method, headers: bearer(foreign) });
    const body = await bodyOf(reply);
    return { status: reply.status, text: JSON.stringify(body).replace(body.instance, 'REQUEST') };
  };
  const unknown = await ask('/v1/applications/app_01kahv3h8wf3rb0vd3x7m8k2qe');
  assert.equal(unknown.status, 404);
  assert.deepEqual(await ask(`/v1/applications/${id}`), unknown);
  assert.deepEqual(await ask('/v1/applications/nonsense'), unknown);
  assert.deepEqual(await ask('/v1/applications/%00'), unknown);
  const before = sent.length;
  assert.deepEqual(await ask(`/v1/applications/${id}/cancel`, 'POST'), unknown);
  assert.equal(sent.length, before);
});

test('200 page by page, newest first, each application once', async () => {
  const apiKey = await world.anotherKey();
  const ids = [];
  for (let index = 0; index < 5; index += 1) ids.push((await bodyOf(place(world, anOrder(), crypto.randomUUID(), apiKey))).id);
  const seen = [];
  for (let cursor = ''; ;) {
    const page = await bodyOf(app.request(`/v1/applications?limit=2${cursor && `&cursor=${cursor}`}`, { headers: bearer(apiKey) }));
    seen.push(...page.data.map((row) => row.id));
    if (!page.has_more) break;
    cursor = page.next_cursor;
  }
  assert.deepEqual(seen, ids.toReversed());
});

test("200 by merchant_reference and status; 422 for another list's cursor", async () => {
  const order = anOrder();
  const { id } = await bodyOf(place(world, order));
  await place(world);
  const list = async (query: string, apiKey = world.apiKey) => app.request(`/v1/applications?${query}`, { headers: bearer(apiKey) });
  const found = await bodyOf(list(`merchant_reference=${String(order['merchant_reference'])}&status=created`));
  assert.deepEqual(
    found['data'].map((row) => row.id),
    [id],
  );
  assert.deepEqual((await bodyOf(list(`merchant_reference=${String(order['merchant_reference'])}&status=completed`))).data, []);
  assert.deepEqual((await bodyOf(list('updated_after=2100-01-01T00:00:00Z'))).data, []);
  const { next_cursor } = await bodyOf(list('limit=1'));
  const reply = await list(`limit=1&cursor=${next_cursor}`, await world.anotherKey());
  assert.equal(reply.status, 422);
  assert.equal((await bodyOf(reply)).errors[0]?.pointer, '/cursor');
});

test('202 when a cancel was taken; 200 once the application is canceled, however often it is asked', async () => {
  const { id } = await bodyOf(place(world));
  const cancel = async () => app.request(`/v1/applications/${id}/cancel`, { method: 'POST', headers: bearer(world.apiKey) });
  assert.equal((await cancel()).status, 202);
  assert.deepEqual(sent.at(-1)?.args.at(-1), { by: 'merchant', actor: `merchant:${world.merchantId}` });
  await world.move(id, { status: 'canceled', step: 'end', reasons: ['CANCELED_BY_MERCHANT'], canceledBy: 'merchant' });
  const before = sent.length;
  const again = await cancel();
  assert.equal(again.status, 200);
  assert.equal((await bodyOf(again))['canceled_by'], 'merchant');
  assert.equal(sent.length, before);
});

test('409 with the status when it is too late to cancel', async () => {
  const { id } = await bodyOf(place(world));
  const cancel = async () => app.request(`/v1/applications/${id}/cancel`, { method: 'POST', headers: bearer(world.apiKey) });
  world.answer('cancel', async () => {
    throw new CommandRefused('POINT_OF_NO_RETURN', 'settling', undefined);
  });
  const refused = await cancel();
  assert.equal(refused.status, 409);
  const body = await bodyOf(refused);
  assert.equal(body['code'], 'POINT_OF_NO_RETURN');
  assert.equal(body['current_status'], 'settling');
  await world.move(id, { status: 'declined', step: 'end', reasons: ['BAD_DEBT'] });
  const over = await bodyOf(cancel());
  assert.equal(over['code'], 'WRONG_STATE');
  assert.equal(over['current_status'], 'declined');
});

test('409 with the status from the database when the workflow is over before the row says so', async () => {
  const { id } = await bodyOf(place(world));
  world.answer('cancel', async () => {
    throw new CommandRefused('WRONG_STATE', undefined, undefined);
  });
  const reply = await app.request(`/v1/applications/${id}/cancel`, { method: 'POST', headers: bearer(world.apiKey) });
  assert.equal(reply.status, 409);
  assert.equal((await bodyOf(reply))['current_status'], 'created');
});
