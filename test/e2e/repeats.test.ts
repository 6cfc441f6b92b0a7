// The same command again, and many commands at once: one effect, the first answer to whoever repeats, and a clear word to everybody else.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { renderScriptedPhotos } from '../../sandbox/id-card/scripted-photos.ts';
import { startSystem } from '../support/system.ts';
import { call, staffSee } from './support/actors.ts';
import type { Answer, Request } from './support/actors.ts';
import { isCleanAtTheBank } from './support/expect.ts';
import { aJourney } from './support/journey.ts';
import type { Journey } from './support/journey.ts';

const system = await startSystem();
const staffToken = await system.staffToken();

/** A command with a key that stays the same; `again` repeats it to the letter. */
async function keyed(path: string, token: string, request: Request): Promise<{ first: Answer; again: () => Promise<Answer> }> {
  const headers = { 'idempotency-key': randomUUID() };
  const send = async () => untilTaken(async () => call(system, path, { token, headers, ...request }));
  return { first: await send(), again: send };
}

/** Does what a 503 says: the same again. */
async function untilTaken(send: () => Promise<Answer>): Promise<Answer> {
  const answer = await send();
  return answer.status === 503 ? untilTaken(send) : answer;
}

async function photosOf({ person }: Journey): Promise<FormData> {
  const photos = await renderScriptedPhotos({ ...person, issuedOn: '2021-05-10', expiresOn: '2034-03-08' });
  const form = new FormData();
  const parts = { id_front: photos.idFront, id_back: photos.idBack, selfie: photos.selfie };
  for (const [name, bytes] of Object.entries(parts)) form.append(name, new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), name);
  return form;
}

async function basicInfoOf({ person, customer }: Journey): Promise<Record<string, unknown>> {
  const { consents } = await customer.look();
  return {
    full_name: person.fullName,
    date_of_birth: person.dateOfBirth,
    national_id: person.nationalId,
    gender: person.gender,
    address: person.address,
    monthly_income: { value: person.monthlyIncomeVnd, currency: 'VND' },
    consents: Object.fromEntries(consents.map(({ kind, text_version }) => [kind, text_version])),
  };
}

const cancelOf = ({ applicationId }: Journey): string => `/ops/v1/applications/${applicationId}/cancel`;
const why = { reason: 'as the customer asked' };
const byCustomer = ({ customer }: Journey) => ({ method: 'POST', token: customer.sessionToken });

describe('a repeat', { concurrency: true }, () => {
  test('of every command with its key gets the first answer, steps later and after the end, and changes nothing', async () => {
    const journey = await aJourney(system);
    const { sessionToken } = journey.customer;
    const asCustomer = async (path: string, request: Request) => keyed(`/checkout/${path}`, sessionToken, request);
    const commands = [await asCustomer('basic-info', { json: await basicInfoOf(journey) })];
    await journey.reaches({ action: 'submit_identity' });
    commands.push(await asCustomer('identity', { body: await photosOf(journey) }));
    const { offer } = await journey.reaches({ action: 'accept_offer' });
    commands.push(await asCustomer('offer/accept', { json: { offer_hash: offer?.offer_hash } }));
    const { contract, consents } = await journey.reaches({ action: 'sign_contract' });
    const signature = { document_sha256: contract?.document_sha256, consent: consents[0]?.text_version };
    commands.push(await asCustomer('contract/sign', { json: signature }));
    await journey.reaches({ action: 'approve_purchase' });
    commands.push(await asCustomer('purchase/approve', { json: { amount: { value: journey.amountVnd, currency: 'VND' } } }));
    const repeatAll = async (): Promise<void> => {
      for (const { first, again } of commands) {
        const repeated = await again();
        assert.deepEqual([repeated.status, repeated.body], [first.status, first.body]);
      }
    };
    for (const { first } of commands) assert.ok(first.status < 300, JSON.stringify(first.body));
    await repeatAll();
    commands.push(await asCustomer('cancel', { method: 'POST' }));
    await journey.reaches({ status: 'canceled' });
    const before = await everythingStored(journey);
    await repeatAll();
    assert.deepEqual(await everythingStored(journey), before);
    assert.equal((await asCustomer('cancel', { method: 'POST' })).first.body['code'], 'WRONG_STATE', 'a new key is a new command');
  });

  test('by somebody else with the same key is a command of their own', async () => {
    const journey = await aJourney(system);
    const headers = { 'idempotency-key': 'one-and-the-same' };
    const cancel = async (token: string) => call(system, cancelOf(journey), { token, headers, json: why });
    assert.equal((await cancel(staffToken)).status, 202);
    await journey.reaches({ status: 'canceled' });
    assert.equal((await cancel(await system.sandbox.staffToken('thu.ha', ['support']))).body['code'], 'WRONG_STATE');
  });
});

test('412 for a command on a version that is gone, with the version there is; its repeat on the right one gets the first answer', async () => {
  const journey = await aJourney(system);
  await journey.walksTo('submit_identity');
  const path = `/ops/v1/applications/${journey.applicationId}`;
  const etag = (await call(system, path, { token: staffToken })).headers.get('etag') ?? '';
  const stale = await call(system, cancelOf(journey), {
    token: staffToken,
    headers: { 'idempotency-key': randomUUID(), 'if-match': '"1"' },
    json: why,
  });
  assert.deepEqual([stale.status, stale.body['code'], stale.headers.get('etag')], [412, 'VERSION_MISMATCH', etag]);
  assert.equal(`"${String(stale.body['current_version'])}"`, etag);
  assert.equal((await journey.customer.look()).status, 'in_progress');
  const headers = { 'idempotency-key': randomUUID(), 'if-match': etag };
  const cancel = async () => untilTaken(async () => call(system, cancelOf(journey), { token: staffToken, headers, json: why }));
  const first = await cancel();
  assert.equal(first.status, 202);
  await journey.reaches({ status: 'canceled' });
  assert.deepEqual((await cancel()).body, first.body);
});

describe('200 at once', { concurrency: 1 }, () => {
  test('cancels, each with a key of its own, have one effect; the others are told what to do, and none waits for ever', async () => {
    const journey = await aJourney(system);
    await journey.walksTo('approve_purchase');
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () =>
        call(system, '/checkout/cancel', { ...byCustomer(journey), headers: { 'idempotency-key': randomUUID() } }),
      ),
    );
    await journey.reaches({ status: 'canceled' });
    await isCleanAtTheBank(system, journey);
    for (const { status, body, headers } of answers) {
      assert.ok([202, 409, 503].includes(status), `${status} ${JSON.stringify(body)}`);
      if (status === 409) assert.ok(['WRONG_STATE', 'POINT_OF_NO_RETURN'].includes(String(body['code'])));
      if (status === 503) assert.ok(Number(headers.get('retry-after')) > 0 && body['retryable'] === true);
    }
    const taken = answers.filter(({ status }) => status === 202).length;
    assert.ok(taken <= 1, `${taken} were taken`);
    const { timeline } = await staffSee(system, journey);
    assert.equal(timeline.filter(({ what }) => what === 'application.canceled').length >= 1, true);
    assert.equal(timeline.filter(({ source, what }) => source === 'step' && what === 'closeContract').length, 1);
  });

  test('cancels with one key are one cancel, and all get its answer', async () => {
    const journey = await aJourney(system);
    await journey.walksTo('approve_purchase');
    const headers = { 'idempotency-key': randomUUID() };
    const cancel = async () => call(system, '/checkout/cancel', { ...byCustomer(journey), headers });
    const answers = await Promise.all(Array.from({ length: 200 }, async () => untilTaken(cancel)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    assert.equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1);
    await journey.reaches({ status: 'canceled' });
  });
});

/** All rows of an application but the log of who asked. */
async function everythingStored({ applicationId }: Journey): Promise<unknown> {
  const tables = ['application_steps', 'documents', 'consents', 'contracts', 'events', 'otp_challenges'];
  const queries = [
    'select * from applications where id = $1',
    // Whether a message is sent already is not the matter here.
    'select id, template, params from notifications where application_id = $1 order by id',
    ...tables.map((table) => `select * from ${table} where application_id = $1 order by 1`),
  ];
  return Promise.all(queries.map(async (query) => (await system.database.query(query, [applicationId])).rows));
}
