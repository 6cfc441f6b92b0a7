// What customers are promised on their way through the checkout.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { CommandRefused } from '../../adapters/temporal/command-errors.ts';
import { isId } from '../../domain/ids.ts';
import { aCheckout, aWorld, basicInfo, bearer, bodyOf, place, post, publicUrl } from './world.ts';

const world = await aWorld();
const { app, database, deps, sent } = world;

const count = async (table: string, applicationId: string): Promise<number> =>
  (await database.query<{ count: number }>(`select count(*) as count from ${table} where application_id = $1`, [applicationId])).rows[0]
    ?.count ?? -1;

/** The row of the statement that was submitted last. */
function statedBy(commands = sent): string {
  const statement = commands.findLast(({ command }) => command === 'submitBasicInfo')?.args[2];
  assert.ok(typeof statement === 'object' && statement && 'customerId' in statement && isId('customer', String(statement.customerId)));
  return String(statement.customerId);
}

const linkToken = async (): Promise<string> => new URL((await bodyOf(place(world))).checkout_url).hash.slice(1);

const picture = z.looseObject({
  next: z.looseObject({ action: z.string() }),
  waiting: z.object({ on: z.string(), text: z.object({ vi: z.string(), en: z.string() }) }).nullable(),
});

test('a customer who waits reads whom for, in both languages, and that the page may be closed', async () => {
  const { applicationId, session } = await aCheckout(world);
  const seen = async () => picture.parse(await bodyOf(app.request('/checkout/application', { headers: session })));
  assert.equal((await seen()).waiting, null, 'nobody waits while the customer is asked');
  await world.move(applicationId, { status: 'in_progress', step: 'creditReport' });
  const { next, waiting } = await seen();
  assert.deepEqual([next.action, waiting?.on], ['wait', 'credit_bureau']);
  assert.match(waiting?.text.vi ?? '', /CIC.*đóng trang/);
  assert.match(waiting?.text.en ?? '', /CIC.*goes on by itself/);
  await world.move(applicationId, { status: 'in_review', step: 'decision' });
  assert.equal((await seen()).waiting?.on, 'reviewer');
});

test('201 once for a link: of 20 parallel exchanges one gets a session, and no later one', async () => {
  const token = await linkToken();
  const replies = await Promise.all(Array.from({ length: 20 }, async () => app.request('/checkout/sessions', post({ token }))));
  assert.deepEqual(
    replies.map(({ status }) => status).toSorted((one, other) => one - other),
    [201, ...Array.from({ length: 19 }, () => 401)],
  );
  const late = await app.request('/checkout/sessions', post({ token }));
  assert.equal((await bodyOf(late))['code'], 'LINK_NOT_VALID');
});

test('201 with a cookie that no script can read; Secure and __Host- where the api is served by https', async () => {
  const plain = await app.request('/checkout/sessions', post({ token: await linkToken() }));
  assert.match(plain.headers.get('set-cookie') ?? '', /^trasau_session=[\w-]{43}; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/);
  const secureWorld = await aWorld({ publicUrl: 'https://pay.example' });
  const token = new URL((await bodyOf(place(secureWorld))).checkout_url).hash.slice(1);
  const secure = await secureWorld.app.request('/checkout/sessions', post({ token }));
  assert.match(
    secure.headers.get('set-cookie') ?? '',
    /^__Host-trasau_session=[\w-]{43}; Max-Age=3600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  assert.match(secure.headers.get('strict-transport-security') ?? '', /^max-age=31536000/);
});

test('401 for an expired link, a made-up one, and a session that was idle for 15 minutes or is an hour old', async () => {
  const token = await linkToken();
  await database.query('update checkout_links set expires_at = now() where used_at is null');
  assert.equal((await app.request('/checkout/sessions', post({ token }))).status, 401);
  assert.equal((await app.request('/checkout/sessions', post({ token: 'x'.repeat(43) }))).status, 401);
  const idle = await aCheckout(world);
  await database.query(`update checkout_sessions set last_seen_at = now() - interval '15 minutes' where application_id = $1`, [
    idle.applicationId,
  ]);
  assert.equal((await app.request('/checkout/application', { headers: idle.session })).status, 401);
  const old = await aCheckout(world);
  await database.query('update checkout_sessions set expires_at = now() where application_id = $1', [old.applicationId]);
  assert.equal((await app.request('/checkout/application', { headers: old.session })).status, 401);
});

test('403 for a cookie that another site makes the browser send; 202 from our own page', async () => {
  const opened = await app.request('/checkout/sessions', post({ token: await linkToken() }));
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  const cancel = async (headers: Record<string, string>) =>
    app.request('/checkout/cancel', { method: 'POST', headers: { cookie, ...headers } });
  for (const headers of [
    {},
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: publicUrl, 'sec-fetch-site': 'cross-site' },
  ]) {
    const reply = await cancel(headers);
    assert.equal((await bodyOf(reply))['code'], 'CROSS_SITE');
  }
  assert.equal((await app.request('/checkout/application', { headers: { cookie } })).status, 200);
  assert.equal((await cancel({ origin: publicUrl })).status, 202);
  assert.equal((await cancel({ 'sec-fetch-site': 'same-origin' })).status, 202);
});

test('403 when another site posts a link into the browser: nobody is put into a foreign session', async () => {
  const token = await linkToken();
  const reply = await app.request('/checkout/sessions', post({ token }, { origin: 'https://evil.example' }));
  assert.equal((await bodyOf(reply))['code'], 'CROSS_SITE');
  assert.equal((await app.request('/checkout/sessions', post({ token }, { origin: publicUrl }))).status, 201);
});

test('200 with what to do next, the texts to agree to, and the order', async () => {
  const { session, applicationId } = await aCheckout(world);
  const body = await bodyOf(app.request('/checkout/application', { headers: session }));
  assert.equal(body.application_id, applicationId);
  assert.deepEqual(body.next, { action: 'submit_basic_info', method: 'POST', path: '/checkout/basic-info' });
  assert.deepEqual(
    body.consents.map((consent) => consent.kind),
    ['data_processing', 'credit_bureau', 'biometric'],
  );
  assert.equal(body.merchant.name, 'Cửa hàng Hoa Sen');
  assert.equal(body['offer'], null);
});

test('202 for basic info: profile and consents are stored, encrypted, before the workflow hears of it', async () => {
  const { session, applicationId } = await aCheckout(world);
  const reply = await app.request('/checkout/basic-info', post(basicInfo(), session));
  assert.equal(reply.status, 202);
  assert.equal(sent.at(-1)?.command, 'submitBasicInfo');
  assert.equal(await count('consents', applicationId), 3);
  const customerId = statedBy();
  const { rows } = await database.query<{ profile: Buffer }>('select profile from customers where id = $1', [customerId]);
  assert.ok(rows[0] && !rows[0].profile.toString('latin1').includes('001195990101'));
  const profile = await deps.customers.profile(database, customerId);
  assert.equal(profile?.fullName, 'Nguyễn Thị Đào');
  assert.equal(profile?.phone, '+84901234567');
  assert.equal(profile?.monthlyIncomeVnd, 15_000_000);
});

test('202 for basic info with a device: only a keyed hash of it is stored', async () => {
  const { session } = await aCheckout(world);
  assert.equal((await app.request('/checkout/basic-info', post(basicInfo({ device_id: 'short' }), session))).status, 422);
  assert.equal((await app.request('/checkout/basic-info', post(basicInfo({ device_id: 'device-0123456789' }), session))).status, 202);
  const { rows } = await database.query<{ device: Buffer; row: string }>(
    'select device_index as device, c::text as row from customers c where id = $1',
    [statedBy()],
  );
  assert.deepEqual(rows[0]?.device, deps.boxes.index('device', 'device-0123456789'));
  assert.ok(!rows[0]?.row.includes('device-0123456789'));
});

const wrongInfo: [name: string, changes: Record<string, unknown>, pointer: string, code: string][] = [
  ['one name only', { full_name: 'Đào' }, '/full_name', 'NAME_INCOMPLETE'],
  ['digits in the name', { full_name: 'Nguyễn Thị 4' }, '/full_name', 'INVALID_FORMAT'],
  ['a day that does not exist', { date_of_birth: '1995-02-30' }, '/date_of_birth', 'INVALID_FORMAT'],
  ['a minor', { date_of_birth: '2008-11-24', national_id: '001308990101' }, '/date_of_birth', 'AGE_BELOW_MINIMUM'],
  ['somebody not yet born', { date_of_birth: '2030-01-01', national_id: '001330990101' }, '/date_of_birth', 'DATE_IMPOSSIBLE'],
  ['nine digits of the old card', { national_id: '012345678' }, '/national_id', 'INVALID_FORMAT'],
  ['another year of birth in the number', { national_id: '001196990101' }, '/national_id', 'NATIONAL_ID_BIRTH_YEAR_MISMATCH'],
  ['another gender in the number', { gender: 'male' }, '/national_id', 'NATIONAL_ID_GENDER_MISMATCH'],
  ['a foreign phone', { phone: '+15550100' }, '/phone', 'PHONE_INVALID'],
  ['a broken e-mail address', { email: 'nobody@' }, '/email', 'INVALID_FORMAT'],
  ['a negative income', { monthly_income: { value: -1, currency: 'VND' } }, '/monthly_income/value', 'TOO_SMALL'],
  [
    'a consent that is not given',
    { consents: { data_processing: '2026-11-01', credit_bureau: '2026-11-01' } },
    '/consents/biometric',
    'INVALID_VALUE',
  ],
  [
    'a consent to another text',
    { consents: { data_processing: '2026-11-01', credit_bureau: '2026-11-01', biometric: '2020-01-01' } },
    '/consents/biometric',
    'INVALID_VALUE',
  ],
];

for (const [name, changes, pointer, code] of wrongInfo) {
  test(`422 with a pointer for ${name}, and nothing is stored`, async () => {
    const { session, applicationId } = await aCheckout(world);
    const before = sent.length;
    const reply = await app.request('/checkout/basic-info', post(basicInfo(changes), session));
    const body = await bodyOf(reply);
    assert.equal(reply.status, 422);
    assert.deepEqual(
      body.errors.map((error) => [error.pointer, error.code]),
      [[pointer, code]],
    );
    assert.equal(await count('consents', applicationId), 0);
    assert.equal(sent.length, before);
  });
}

test('409 for basic info after its step, and what was stated before stands', async () => {
  const { session, applicationId } = await aCheckout(world);
  await app.request('/checkout/basic-info', post(basicInfo(), session));
  await world.adopt(applicationId, statedBy());
  await world.move(applicationId, { status: 'in_progress', step: 'identity' });
  const before = sent.length;
  const reply = await app.request('/checkout/basic-info', post(basicInfo({ full_name: 'Trần Thị Khác' }), session));
  const body = await bodyOf(reply);
  assert.equal(body['code'], 'WRONG_STATE');
  assert.equal(body['current_status'], 'in_progress');
  assert.equal(sent.length, before);
  const { rows } = await database.query<{ customer_id: string }>('select customer_id from applications where id = $1', [applicationId]);
  assert.equal((await deps.customers.profile(database, rows[0]?.customer_id ?? ''))?.fullName, 'Nguyễn Thị Đào');
});

test('409 for the later of two statements sent at once: it replaces nothing and leaves nothing behind', async () => {
  const busy = await aWorld();
  const { session } = await aCheckout(busy);
  const state = async (full_name: string) => busy.app.request('/checkout/basic-info', post(basicInfo({ full_name }), session));
  assert.equal((await state('Nguyễn Thị Đào')).status, 202);
  const first = statedBy(busy.sent);
  busy.answer('submitBasicInfo', async () => Promise.reject(new CommandRefused('WRONG_STATE', 'created', undefined)));
  assert.equal((await state('Trần Thị Khác')).status, 409);
  const second = statedBy(busy.sent);
  assert.notEqual(second, first);
  assert.equal(await busy.deps.customers.profile(busy.database, second), null);
  assert.equal((await busy.deps.customers.profile(busy.database, first))?.fullName, 'Nguyễn Thị Đào');
});

test('200 for its own application only, 401 elsewhere: a session is no api key, nor the other way round', async () => {
  const one = await aCheckout(world);
  const two = await aCheckout(world);
  const body = await bodyOf(app.request('/checkout/application', { headers: two.session }));
  assert.equal(body.application_id, two.applicationId);
  assert.notEqual(body.application_id, one.applicationId);
  assert.equal((await app.request('/checkout/application', { headers: bearer(world.apiKey) })).status, 401);
  assert.equal((await app.request('/v1/applications', { headers: two.session })).status, 401);
});
