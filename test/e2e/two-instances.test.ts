// Two instances of the api, two processes with nothing in common but their servers, behave like one: nothing of a request stays in a process.
// A merchant's, a customer's and staff's requests go to the one and the other in turn, as a balancer without session affinity would send
// them, and to a single one; the replies are the same.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { z } from 'zod';
import { eventually } from '../support/eventually.ts';
import { startSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';
import { call, untilAnswered } from './support/actors.ts';
import type { Request } from './support/actors.ts';
import { aBalancer } from './support/balancer.ts';
import { isBookedOnce } from './support/expect.ts';
import { aJourney } from './support/journey.ts';

const system = await startSystem();
const instances = [system.apiUrl, await system.anotherApi()];
const merchantKey = await system.aMerchantKey();
const staffToken = await system.staffToken();

interface Reply {
  status: number;
  body: unknown;
}

/** One customer's way to the end, with the repeats and mistakes of everybody; what came of each request, in order. */
async function wayThrough(at: System): Promise<Reply[]> {
  const replies: Reply[] = [];
  const send = async (path: string, request: Request = {}) => {
    const headers = { 'idempotency-key': randomUUID(), ...request.headers };
    const reply = await untilAnswered(async () => call(at, path, { ...request, headers }));
    replies.push({ status: reply.status, body: withoutIdentity(reply.body) });
    return reply;
  };
  const key = randomUUID();
  const place = { token: merchantKey, headers: { 'idempotency-key': key }, json: anOrder(key) };
  const created = z.looseObject({ id: z.string(), checkout_url: z.string() }).parse((await send('/v1/applications', place)).body);
  assert.equal((await send('/v1/applications', place)).body['id'], created.id, 'the repeat finds the first reply, wherever it goes');
  await send('/v1/applications', { ...place, json: { ...anOrder(key), items: [] } });
  const link = { json: { token: new URL(created.checkout_url).hash.slice(1) } };
  const { session_token } = z.looseObject({ session_token: z.string() }).parse((await send('/checkout/sessions', link)).body);
  await send('/checkout/sessions', link);
  await send('/checkout/application', { token: session_token });
  await send('/checkout/basic-info', { token: session_token, json: { full_name: 'X' } });
  await send('/checkout/application', { token: 'ses_nonsense' });
  const cancel = { token: merchantKey, headers: { 'idempotency-key': 'cancel' }, json: {} };
  await untilAnswered(async () => call(at, `/v1/applications/${created.id}/cancel`, cancel)); // 200 or 202, as the end was there before the reply or not
  await eventually('it is canceled', async () => {
    const { body } = await call(at, `/v1/applications/${created.id}`, { token: merchantKey });
    return body['status'] === 'canceled';
  });
  await send(`/v1/applications/${created.id}/cancel`, cancel);
  await send(`/v1/applications/${created.id}/cancel`, cancel);

  const journey = await aJourney(at, { merchantKey });
  const { customer, applicationId } = journey;
  await journey.walksTo('submit_otp');
  const right = await journey.otp();
  const guess = async (code: string) => send('/checkout/purchase/otp', { token: customer.sessionToken, json: { code } });
  for (let wrong = 1; wrong <= 6; wrong += 1) await guess(right === '000000' ? '000001' : '000000');
  await guess(right);
  await send('/checkout/purchase/otp/resend', { token: customer.sessionToken, json: {} });
  await guess(await journey.otp());
  await journey.reaches({ status: 'completed' });
  await send('/checkout/application', { token: customer.sessionToken });
  await send(`/v1/applications/${applicationId}`, { token: merchantKey });
  const unmask = { token: staffToken, json: { fields: ['phone'], purpose: 'the customer calls' } };
  await send(`/ops/v1/applications/${applicationId}/unmask`, unmask);
  await isBookedOnce(at, journey);
  return replies;
}

function anOrder(reference: string): Record<string, unknown> {
  return {
    merchant_reference: reference,
    amount: { value: 3_000_000, currency: 'VND' },
    items: [{ name: 'Rice cooker', quantity: 1 }],
    customer: { phone: '0901234567', locale: 'vi' },
  };
}

/** The reply without what is made anew for each customer: ids, tokens, numbers of theirs and times. */
function withoutIdentity(body: unknown): unknown {
  const text = JSON.stringify(body)
    .replaceAll(/[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}/g, 'ID')
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"TIME"')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|order-\d+/g, 'REFERENCE')
    .replaceAll(/"[0-9a-f]{64}"/g, '"DIGEST"')
    .replaceAll(/\+84[\d*]+|TS\d{10}/g, 'NUMBER')
    .replaceAll(/(session_token":"|\/c#)[^"]+/g, '$1TOKEN')
    .replaceAll(/("limit":{[^}]*"value":)\d+/g, '$10'); // the decision looks at what else came from this device lately
  return JSON.parse(text);
}

test('whoever’s requests alternate between two instances gets the replies that one instance gives, up to the booked purchase', async () => {
  const turns = await aBalancer(system, instances);
  const otherWayRound = await aBalancer(system, instances.toReversed());
  const alone = await wayThrough(system);
  assert.deepEqual(await wayThrough({ ...system, apiUrl: turns.url }), alone);
  assert.deepEqual(await wayThrough({ ...system, apiUrl: otherWayRound.url }), alone);
  for (const { given } of [turns, otherWayRound]) {
    const [first = 0, second = 0] = given;
    assert.ok(second > 20 && first - second <= 1, 'each had its turn');
  }
  const statuses = alone.map(({ status }) => status);
  const expected = [201, 201, 422, 201, 401, 200, 422, 401, 200, 200, 422, 422, 422, 422, 422, 422, 422, 200, 200, 200, 200, 200];
  assert.deepEqual(statuses, expected, 'the way meets successes and refusals');
});

test('one key sent to both instances at the same moment creates one application', async () => {
  const key = randomUUID();
  const place = async (apiUrl: string) =>
    call({ ...system, apiUrl }, '/v1/applications', { token: merchantKey, headers: { 'idempotency-key': key }, json: anOrder(key) });
  const replies = await Promise.all([...instances, ...instances].map(place));
  const created = replies.filter(({ status }) => status === 201);
  assert.ok(created.length >= 1);
  assert.equal(new Set(created.map(({ body }) => body['id'])).size, 1);
  assert.ok(
    replies.every(({ status }) => status === 201 || status === 409),
    'whoever came second is told to repeat',
  );
  const { rowCount } = await system.database.query('select from applications where merchant_reference = $1', [key]);
  assert.equal(rowCount, 1);
});

test('a checkout link opens one session, whichever instances are asked, and each of them knows that session', async () => {
  const key = randomUUID();
  const order = { token: merchantKey, headers: { 'idempotency-key': key }, json: anOrder(key) };
  const token = new URL(z.string().parse((await call(system, '/v1/applications', order)).body['checkout_url'])).hash.slice(1);
  const open = async (apiUrl: string) => call({ ...system, apiUrl }, '/checkout/sessions', { json: { token } });
  const replies = await Promise.all([...instances, ...instances].map(open));
  const opened = replies.filter(({ status }) => status === 201);
  assert.deepEqual([opened.length, replies.filter(({ status }) => status === 401).length], [1, 3]);
  const session = z.string().parse(opened[0]?.body['session_token']);
  for (const apiUrl of instances)
    assert.equal((await call({ ...system, apiUrl }, '/checkout/application', { token: session })).status, 200);
});
