// Every way in which an application does not go on: it is canceled, at any step and by anybody, or a request is refused. Neither leaves anything
// behind, at the bank or with us.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newId } from '../../db/ids.ts';
import type { ReasonCode } from '../../domain/reasons.ts';
import { identityLimits } from '../../config/identity-limits.ts';
import { startSystem } from '../support/system.ts';
import { call, merchantCancels, merchantSees, staffCancel, staffDo } from './support/actors.ts';
import type { Answer } from './support/actors.ts';
import { endedFor, isCleanAtTheBank } from './support/expect.ts';
import { aJourney } from './support/journey.ts';
import type { Action, Journey } from './support/journey.ts';

const system = await startSystem();

const cancels: Record<string, { reason: ReasonCode; cancel: (journey: Journey) => Promise<unknown> }> = {
  customer: { reason: 'CANCELED_BY_CUSTOMER', cancel: async ({ customer }) => customer.cancel() },
  merchant: { reason: 'CANCELED_BY_MERCHANT', cancel: async (journey) => merchantCancels(system, journey) },
  operations: {
    reason: 'CANCELED_BY_STAFF',
    cancel: async (journey) => staffCancel(system, journey),
  },
};

describe('nothing is left behind by', { concurrency: true }, () => {
  describe('a cancel', { concurrency: 2 }, () => {
    const plan: [by: string, at: Action | 'review'][] = [
      ['merchant', 'submit_basic_info'],
      ['customer', 'submit_identity'],
      ['operations', 'review'],
      ['customer', 'accept_offer'],
      ['merchant', 'sign_contract'],
      ['customer', 'approve_purchase'],
      ['operations', 'submit_otp'],
      ['merchant', 'submit_otp'],
    ];
    for (const [by, at] of plan) {
      test(`by the ${by} at ${at} ends the application and leaves nothing open at the bank`, async () => {
        const { cancel, reason } = cancels[by] ?? assert.fail(by);
        const journey = await aJourney(system, { bureau: at === 'review' ? 'multipleMatch' : 'good' });
        await (at === 'review' ? journey.walksToTheEnd() : journey.walksTo(at));
        await cancel(journey);
        await endedFor(system, journey, 'canceled', [reason]);
        assert.equal((await merchantSees(system, journey)).canceled_by, by);
        await isCleanAtTheBank(system, journey);
        assert.equal(await standingPapers(journey), 0, 'the paper is void');
      });
    }

    test('of an application that has ended is refused with where it stands, and a merchant may repeat its own', async () => {
      const journey = await aJourney(system);
      // 200 where the end was there before the answer.
      assert.ok([200, 202].includes((await merchantCancels(system, journey)).status));
      await journey.reaches({ status: 'canceled' });
      assert.equal((await merchantCancels(system, journey)).status, 200);
      for (const answer of [
        await asCustomer(journey, 'cancel'),
        await staffDo(system, `/applications/${journey.applicationId}/cancel`),
        await asCustomer(journey, 'purchase/otp', { code: '123456' }),
      ]) {
        isProblem(answer, 409, 'WRONG_STATE');
        assert.equal(answer.body['current_status'], 'canceled');
      }
    });
  });

  describe('a request that cannot be understood', { concurrency: 1 }, () => {
    const order = { merchant_reference: 'bad-1', amount: { value: 3_600_000, currency: 'VND' }, customer: { phone: '+84901234567' } };
    const { amount: _missing, ...withoutAmount } = order;
    const wrong: [why: string, body: string, status: number, code: string, pointer?: string][] = [
      ['is no JSON', '{"merchant_reference":', 400, 'MALFORMED_BODY'],
      ['lacks a field', JSON.stringify(withoutAmount), 422, 'INVALID_FIELDS', '/amount'],
      ['has a field that nobody knows', JSON.stringify({ ...order, status: 'completed' }), 422, 'INVALID_FIELDS', '/status'],
      [
        'has text for a number',
        JSON.stringify({ ...order, amount: { value: '1', currency: 'VND' } }),
        422,
        'INVALID_FIELDS',
        '/amount/value',
      ],
      ['is too large', JSON.stringify({ ...order, metadata: { note: 'x'.repeat(70_000) } }), 413, 'BODY_TOO_LARGE'],
    ];
    for (const [why, body, status, code, pointer] of wrong) {
      test(`${status} when it ${why}, and nothing is stored`, async () => {
        const token = await system.aMerchantKey();
        const headers = { 'content-type': 'application/json', 'idempotency-key': 'bad-1' };
        const answer = await call(system, '/v1/applications', { token, headers, body });
        isProblem(answer, status, code);
        if (pointer !== undefined) assert.deepEqual(pointersOf(answer), [pointer]);
        const { body: listed } = await call(system, '/v1/applications', { token });
        assert.deepEqual(listed['data'], []);
      });
    }

    test('409 with where the application stands when the command comes too early, and the step stays open', async () => {
      const journey = await aJourney(system);
      const early: [path: string, body: object][] = [
        ['offer/accept', { offer_hash: 'a'.repeat(64) }],
        ['purchase/approve', { amount: { value: journey.amountVnd, currency: 'VND' } }],
        ['purchase/otp', { code: '123456' }],
        ['purchase/otp/resend', {}],
      ];
      for (const [path, body] of early) {
        const answer = await asCustomer(journey, path, body);
        isProblem(answer, 409, 'WRONG_STATE');
        assert.equal(answer.body['current_status'], 'created');
      }
      assert.equal((await journey.walksTo('submit_identity')).next.action, 'submit_identity');
    });

    test('404, word for word the same, for an id that is unknown, malformed, or another merchant’s', async () => {
      const journey = await aJourney(system);
      const stranger = await system.aMerchantKey();
      const answers: Answer[] = [];
      for (const id of [journey.applicationId, newId('application'), 'nonsense', journey.applicationId.toUpperCase()]) {
        answers.push(await call(system, `/v1/applications/${id}`, { token: stranger }));
        answers.push(await call(system, `/v1/applications/${id}/cancel`, { method: 'POST', token: stranger }));
      }
      const texts = answers.map(({ status, body: { instance: _own, ...rest } }) => JSON.stringify({ status, rest }));
      assert.equal(new Set(texts).size, 1, texts.join('\n'));
      assert.equal(answers[0]?.status, 404);
      assert.equal((await merchantSees(system, journey)).status, 'created');
    });
  });

  describe('a photo that will not do', { concurrency: 1 }, () => {
    const wrong: [why: string, bytes: Uint8Array, code: string][] = [
      ['is no image', new TextEncoder().encode('%PDF-1.7 and nothing more'), 'PDF'],
      ['is empty', new Uint8Array(), 'EMPTY'],
      ['is too large', new Uint8Array(identityLimits.imageMaxBytes + 1), 'TOO_LARGE'],
      ['begins like a JPEG and ends there', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16), 'DAMAGED'],
    ];
    for (const [why, bytes, code] of wrong) {
      test(`422 when it ${why}: the reason is named, nothing is stored, and the step stays open`, async () => {
        const journey = await aJourney(system);
        await journey.walksTo('submit_identity');
        const form = new FormData();
        for (const name of ['id_front', 'id_back', 'selfie']) form.append(name, new Blob([new Uint8Array(bytes)]), `${name}.jpg`);
        const answer = await call(system, '/checkout/identity', { token: journey.customer.sessionToken, body: form });
        assert.equal(answer.status, 422);
        assert.deepEqual(errorsOf(answer), [
          ['/id_front', code],
          ['/id_back', code],
          ['/selfie', code],
        ]);
        assert.equal(await count('documents', journey), 0);
        await journey.sendsPhotos();
        assert.equal((await journey.reaches({ action: 'accept_offer' })).status, 'offer_ready');
      });
    }
  });
});

/** The form of every refusal: a problem with a code, a text, and the id of the request. */
function isProblem(answer: Answer, status: number, code: string): void {
  assert.deepEqual([answer.status, answer.body['code']], [status, code]);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.match(String(answer.body['instance']), /^req_/);
  assert.equal(answer.headers.get('request-id'), answer.body['instance']);
  assert.ok(answer.body['detail']);
}

function errorsOf({ body }: Answer): unknown[][] {
  assert.ok(Array.isArray(body['errors']));
  return body['errors'].map(({ pointer, code }) => [pointer, code]);
}

const pointersOf = (answer: Answer): unknown[] => errorsOf(answer).map(([pointer]) => pointer);

async function asCustomer({ customer }: Journey, path: string, json: object = {}): Promise<Answer> {
  return call(system, `/checkout/${path}`, { token: customer.sessionToken, json });
}

async function count(table: string, { applicationId }: Journey, where = 'true'): Promise<number> {
  const sql = `select count(*) as count from ${table} where application_id = $1 and ${where}`;
  return (await system.database.query<{ count: number }>(sql, [applicationId])).rows[0]?.count ?? -1;
}

const standingPapers = async (journey: Journey): Promise<number> => count('contracts', journey, 'voided_at is null');
