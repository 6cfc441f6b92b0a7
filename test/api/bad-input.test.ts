// Whatever is wrong with a request, the answer is a problem that says what, and nothing is stored.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createApp } from '../../api/app.ts';
import { problemKinds } from '../../api/problem-kinds.ts';
import type { ProblemCode } from '../../api/problem-kinds.ts';
import { openDatabase } from '../../db/pool.ts';
import { revokeApiKey } from '../../db/merchants.ts';
import { aCheckout, anOrder, aWorld, bearer, bodyOf, place, post, staff } from './world.ts';
import type { Seen } from './world.ts';

const world = await aWorld();
const { app, database } = world;

const countApplications = async (): Promise<number> =>
  (await database.query<{ count: number }>('select count(*) as count from applications')).rows[0]?.count ?? -1;

/** Checks that the reply is this problem, in the one form that all have. */
async function isProblem(reply: Response, code: ProblemCode): Promise<Seen> {
  const body = await bodyOf(reply.clone());
  const { status, title } = problemKinds[code];
  assert.equal(body['code'], code);
  assert.equal(reply.status, status);
  assert.equal(body['status'], status);
  assert.equal(body['title'], title);
  assert.equal(body['type'], `/problems#${code}`);
  assert.equal(typeof body['detail'], 'string');
  assert.equal(body['retryable'], 'retryable' in problemKinds[code]);
  assert.equal(reply.headers.get('content-type'), 'application/problem+json');
  assert.match(body.instance, /^req_/);
  assert.equal(reply.headers.get('request-id'), body.instance);
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  return body;
}

const create = async (body: string, headers: Record<string, string> = {}): Promise<Response> =>
  app.request('/v1/applications', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID(), ...bearer(world.apiKey), ...headers },
  });

test('400 when the body is not JSON', async () => {
  for (const text of ['{"merchant_reference":', 'not json', '\u0000', '[1,']) await isProblem(await create(text), 'MALFORMED_BODY');
});

test('400 without an Idempotency-Key, and with one that is none', async () => {
  const send = async (headers: Record<string, string>) =>
    app.request('/v1/applications', post(anOrder(), { ...bearer(world.apiKey), ...headers }));
  await isProblem(await send({}), 'IDEMPOTENCY_KEY_MISSING');
  for (const key of ['', 'with space', 'x'.repeat(256), '""']) {
    await isProblem(await send({ 'idempotency-key': key }), 'IDEMPOTENCY_KEY_INVALID');
  }
});

test('401 for no key, a broken one, a revoked one, another scheme, and the token of staff', async () => {
  const revoked = await world.anotherKey();
  const lookup = revoked.split('_')[3] ?? '';
  const { rows } = await database.query<{ id: string }>('select id from api_keys where lookup = $1', [lookup]);
  await database.withTransaction(async (tx) => revokeApiKey(tx, rows[0]?.id ?? ''));
  const last = world.apiKey.at(-1) === '0' ? '1' : '0';
  const wrong = [
    undefined,
    'Bearer ',
    'Bearer nonsense',
    `Bearer ${world.apiKey.slice(0, -1)}${last}`,
    `Bearer ${revoked}`,
    `Basic ${world.apiKey}`,
    world.apiKey,
    staff['authorization'],
  ];
  for (const authorization of wrong) {
    const reply = await app.request('/v1/applications', { headers: authorization === undefined ? {} : { authorization } });
    await isProblem(reply, 'UNAUTHORIZED');
    assert.equal(reply.headers.get('www-authenticate'), 'Bearer');
  }
});

test('403 when the key lacks the scope', async () => {
  const reader = await world.anotherKey({ scopes: ['applications:read'], merchantId: world.merchantId });
  await isProblem(await place(world, anOrder(), 'scope', reader), 'SCOPE_MISSING');
  assert.equal((await app.request('/v1/applications', { headers: bearer(reader) })).status, 200);
});

test('401 before the body is looked at: a stranger cannot make the api parse', async () => {
  await isProblem(await create('not json', { authorization: 'Bearer nobody' }), 'UNAUTHORIZED');
});

test('404 for an address that does not exist', async () => {
  await isProblem(await app.request('/v1/nothing'), 'NOT_FOUND');
});

test('405 with the methods that the address knows', async () => {
  const reply = await app.request('/v1/applications', { method: 'DELETE' });
  await isProblem(reply, 'METHOD_NOT_ALLOWED');
  assert.deepEqual(new Set(reply.headers.get('allow')?.split(', ')), new Set(['POST', 'GET', 'HEAD']));
  await isProblem(await app.request('/hooks/cic'), 'METHOD_NOT_ALLOWED');
});

test('413 when the body is too large, whether it says so or comes in chunks', async () => {
  const large = JSON.stringify(anOrder({ metadata: { x: 'y'.repeat(70_000) } }));
  await isProblem(await create(large), 'BODY_TOO_LARGE');
  const chunks = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let index = 0; index < 80; index += 1) controller.enqueue(new Uint8Array(1_000).fill(32));
      controller.close();
    },
  });
  const request = new Request('http://localhost/v1/applications', {
    method: 'POST',
    body: chunks,
    duplex: 'half',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'chunks', ...bearer(world.apiKey) },
  });
  await isProblem(await app.request(request), 'BODY_TOO_LARGE');
});

test('415 when the content type is not JSON', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'multipart/form-data; boundary=x']) {
    await isProblem(await create(JSON.stringify(anOrder()), { 'content-type': type }), 'UNSUPPORTED_MEDIA_TYPE');
  }
});

const wrongOrders: [name: string, order: Record<string, unknown>, pointer: string, code: string][] = [
  ['a missing field', anOrder({ amount: undefined }), '/amount', 'INVALID_TYPE'],
  ['an unknown field', anOrder({ status: 'completed' }), '/status', 'UNKNOWN_FIELD'],
  ['an unknown field deep inside', anOrder({ customer: { phone: '0901234567', limit_vnd: 1 } }), '/customer/limit_vnd', 'UNKNOWN_FIELD'],
  ['a fraction of a đồng', anOrder({ amount: { value: 100_000.5, currency: 'VND' } }), '/amount/value', 'INVALID_TYPE'],
  ['an amount as text', anOrder({ amount: { value: '3000000', currency: 'VND' } }), '/amount/value', 'INVALID_TYPE'],
  ['an amount below the bound', anOrder({ amount: { value: 99_999, currency: 'VND' } }), '/amount/value', 'TOO_SMALL'],
  ['an amount above the bound', anOrder({ amount: { value: 50_000_001, currency: 'VND' } }), '/amount/value', 'TOO_BIG'],
  ['another currency', anOrder({ amount: { value: 3_000_000, currency: 'USD' } }), '/amount/currency', 'INVALID_VALUE'],
  ['a phone number of another country', anOrder({ customer: { phone: '+1 202 555 0123' } }), '/customer/phone', 'PHONE_INVALID'],
  ['a landline', anOrder({ customer: { phone: '02838221234' } }), '/customer/phone', 'PHONE_INVALID'],
  ['a script as address', anOrder({ return_url: 'javascript:alert(1)' }), '/return_url', 'INVALID_FORMAT'],
  ['an empty reference', anOrder({ merchant_reference: '  ' }), '/merchant_reference', 'TOO_SMALL'],
  ['a long reference', anOrder({ merchant_reference: 'x'.repeat(65) }), '/merchant_reference', 'TOO_BIG'],
  ['a control character', anOrder({ merchant_reference: 'a\u0000b' }), '/merchant_reference', 'INVALID_FORMAT'],
  ['half a character', anOrder({ metadata: { note: '\ud800' } }), '/metadata/note', 'INVALID_FORMAT'],
  ['a nested value in metadata', anOrder({ metadata: { a: { b: 'c' } } }), '/metadata/a', 'INVALID_TYPE'],
  ['a list instead of an object', anOrder({ customer: [] }), '/customer', 'INVALID_TYPE'],
];

for (const [name, order, pointer, code] of wrongOrders) {
  test(`422 with a pointer for ${name}, and nothing is stored`, async () => {
    const before = await countApplications();
    const body = await isProblem(await create(JSON.stringify(order)), 'INVALID_FIELDS');
    assert.deepEqual(
      body.errors.map((error) => [error.pointer, error.code]),
      [[pointer, code]],
    );
    assert.equal(typeof body.errors[0]?.message, 'string');
    assert.equal(await countApplications(), before);
  });
}

test('422 lists every field that is wrong, at once', async () => {
  const body = await isProblem(await create('{}'), 'INVALID_FIELDS');
  assert.deepEqual(
    body.errors.map((error) => error.pointer),
    ['/merchant_reference', '/amount', '/customer'],
  );
});

test('422 for an unknown or wrong query parameter', async () => {
  const list = async (query: string) => app.request(`/v1/applications?${query}`, { headers: bearer(world.apiKey) });
  for (const query of [
    'colour=red',
    'limit=0',
    'limit=101',
    'limit=x',
    'status=unknown',
    'updated_after=yesterday',
    'cursor=xyz',
    'status=created&status=failed',
  ]) {
    await isProblem(await list(query), 'INVALID_FIELDS');
  }
});

test('4xx, never 5xx, for any JSON at all, and no prototype is touched', async () => {
  const before = await countApplications();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const { status } = await create(JSON.stringify(value));
      assert.ok(status === 400 || status === 422, `status ${status}`);
    }),
    { numRuns: 60 },
  );
  for (const name of ['__proto__', 'constructor', 'prototype', 'id', 'version', 'merchant_id', 'created_at']) {
    const text = JSON.stringify(anOrder()).replace(/^\{/, `{${JSON.stringify(name)}:{"polluted":true},`);
    await isProblem(await create(text), 'INVALID_FIELDS');
  }
  assert.ok(!('polluted' in {}));
  assert.equal(await countApplications(), before);
});

test('500 says nothing but its request id; the log says where', async () => {
  world.answer('start', async () => {
    throw new Error('secret 0901234567');
  });
  const reply = await place(world);
  const body = await isProblem(reply, 'INTERNAL');
  assert.ok(!JSON.stringify(body).includes('secret'));
  const line = world.logged.find(({ fields }) => 'requestId' in fields && fields.requestId === body.instance);
  assert.equal(line?.level, 'error');
  assert.ok(JSON.stringify(line).includes('at '), 'the log has a stack');
  assert.ok(!JSON.stringify(line).includes('secret'), 'the log has no message of unknown content');
  world.answer('start', async () => undefined);
});

test('503, retryable, when the database is away', async () => {
  const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing', applicationName: 'test-away' });
  const lost = createApp({ ...world.deps, database: away });
  const reply = await lost.request('/v1/applications', { headers: bearer(world.apiKey) });
  await isProblem(reply, 'TEMPORARILY_UNAVAILABLE');
  assert.equal(reply.headers.get('retry-after'), '2');
  await away.close();
});

test('one line per request in the log: who, what, how it ended, and no personal data', async () => {
  const { applicationId, session } = await aCheckout(world, anOrder({ customer: { phone: '0987654321' } }));
  await app.request('/checkout/basic-info', post({ full_name: 'Trần Văn Canary', national_id: '079095001234' }, session));
  const lines = world.logged.map((line) => JSON.stringify(line));
  assert.ok(
    lines.some(
      (line) => line.includes('"route":"/checkout/basic-info"') && line.includes(applicationId) && line.includes('INVALID_FIELDS'),
    ),
  );
  for (const secret of ['Canary', '987654321', '079095001234', session['authorization'] ?? '', world.apiKey]) {
    assert.ok(!lines.join('').includes(secret), 'the log holds something it must not');
  }
});
