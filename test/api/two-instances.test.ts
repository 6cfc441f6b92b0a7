// Two instances of the api on one database behave like one: nothing of a request stays in a process. The requests of one checkout go to
// the one and the other in turn, as a balancer without session affinity would send them, and to a single one; the replies are the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../../api/app.ts';
import { anOrder, aWorld, basicInfo, bearer, bodyOf, place, post, staff } from './world.ts';
import type { World } from './world.ts';

const world = await aWorld();
const other = createApp(world.deps);

/** Sends each request to the next of these instances. */
function balanced(instances: readonly World['app'][]): World['app']['request'] {
  let turn = 0;
  return async (...args) => {
    const instance = instances[turn % instances.length] ?? world.app;
    turn += 1;
    return instance.request(...args);
  };
}

interface Step {
  status: number;
  body: unknown;
}

/** One customer's way into a checkout, with repeats and mistakes; what came of each request, in order. */
async function journey(request: World['app']['request']): Promise<Step[]> {
  const seen: Step[] = [];
  const send = async (path: string, init?: RequestInit) => {
    const reply = await request(path, init);
    const body = await bodyOf(reply);
    seen.push({ status: reply.status, body: withoutIdentity(body) });
    return body;
  };
  const order = anOrder();
  const placed = post(order, { ...bearer(world.apiKey), 'idempotency-key': crypto.randomUUID() });
  const created = await send('/v1/applications', placed);
  assert.equal((await send('/v1/applications', placed)).id, created.id, 'the repeat finds the first reply, wherever it goes');
  await send('/v1/applications', { ...placed, body: JSON.stringify({ ...order, items: [] }) });
  const token = new URL(created.checkout_url).hash.slice(1);
  const session = bearer((await send('/checkout/sessions', post({ token }))).session_token);
  await send('/checkout/sessions', post({ token }));
  await send('/checkout/application', { headers: session });
  await send('/checkout/basic-info', post(basicInfo({ national_id: '1' }), session));
  await send('/checkout/basic-info', post(basicInfo(), session));
  await send('/checkout/application', { headers: session });
  await send(`/v1/applications/${created.id}`, { headers: bearer(world.apiKey) });
  await send(`/ops/v1/applications/${created.id}`, { headers: staff });
  await send(`/v1/applications/${created.id}/cancel`, post({}, { ...bearer(world.apiKey), 'idempotency-key': 'cancel-1' }));
  await send('/checkout/application', { headers: bearer('ses_nonsense') });
  return seen;
}

/** The reply without what is made anew for each customer: ids, tokens and times. */
function withoutIdentity(body: unknown): unknown {
  const text = JSON.stringify(body)
    .replaceAll(/[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}/g, 'ID')
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"TIME"')
    .replaceAll(/order-[0-9a-f-]{36}/g, 'REFERENCE')
    .replaceAll(/(session_token":"|\/c#)[^"]+/g, '$1TOKEN');
  return JSON.parse(text);
}

test('a checkout whose requests alternate between two instances gets the replies that one instance gives', async () => {
  const alone = await journey(balanced([world.app]));
  const turns = await journey(balanced([world.app, other]));
  const otherWayRound = await journey(balanced([other, world.app]));
  assert.deepEqual(turns, alone);
  assert.deepEqual(otherWayRound, alone);
  const statuses = alone.map(({ status }) => status);
  assert.deepEqual(statuses, [201, 201, 422, 201, 401, 200, 422, 202, 200, 200, 200, 202, 401], 'the journey meets successes and refusals');
});

test('one key sent to both instances at the same moment creates one application', async () => {
  const placed = () => post(anOrderOnce, { ...bearer(world.apiKey), 'idempotency-key': 'both-at-once' });
  const anOrderOnce = anOrder();
  const replies = await Promise.all([world.app, other, world.app, other].map(async (app) => app.request('/v1/applications', placed())));
  const created = await Promise.all(replies.filter(({ status }) => status === 201).map(bodyOf));
  assert.ok(created.length >= 1);
  assert.equal(new Set(created.map(({ id }) => id)).size, 1);
  assert.ok(
    replies.every(({ status }) => status === 201 || status === 409),
    'whoever came second is told to repeat',
  );
  const { rows } = await world.database.query('select 1 from applications where merchant_reference = $1', [
    anOrderOnce['merchant_reference'],
  ]);
  assert.equal(rows.length, 1);
});

test('a checkout link opens one session, whichever instances are asked, and each of them knows that session', async () => {
  const { checkout_url } = await bodyOf(place(world));
  const token = new URL(checkout_url).hash.slice(1);
  const replies = await Promise.all(
    [world.app, other, world.app, other].map(async (app) => app.request('/checkout/sessions', post({ token }))),
  );
  assert.equal(replies.filter(({ status }) => status === 401).length, 3);
  const opened = await Promise.all(replies.filter(({ status }) => status === 201).map(bodyOf));
  assert.equal(opened.length, 1);
  const session = bearer(opened[0]?.session_token ?? '');
  for (const app of [world.app, other]) assert.equal((await app.request('/checkout/application', { headers: session })).status, 200);
});
