// The same command again, and many commands at once: one effect, the first answer to whoever repeats, and a clear word to everybody else.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startSystem } from '../support/system.ts';
import { call, openReviewTask, staffSee, untilAnswered } from './support/actors.ts';
import type { Answer, Request } from './support/actors.ts';
import { isCleanAtTheBank, isClosedAtTheBank } from './support/expect.ts';
import { basicInfoOf, photosOf } from './support/forms.ts';
import { aJourney } from './support/journey.ts';
import type { Journey } from './support/journey.ts';
import { hasPolicy } from './support/own-policy.ts';

const system = await startSystem();
const staffToken = await system.staffToken();

/** A command with a key that stays the same; `again` repeats it to the letter. */
async function keyed(path: string, token: string, request: Request): Promise<{ first: Answer; again: () => Promise<Answer> }> {
  const headers = { 'idempotency-key': randomUUID() };
  const send = async () => untilTaken(async () => call(system, path, { token, headers, ...request }));
  return { first: await send(), again: send };
}

/** Does what a 503 and a 429 say: the same again. */
async function untilTaken(send: () => Promise<Answer>): Promise<Answer> {
  const answer = await send();
  return [429, 503].includes(answer.status) ? untilTaken(send) : answer;
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
  test('guesses at one code: at most five are evaluated, and whoever has the right one buys once', async () => {
    const journey = await aJourney(system);
    await journey.walksTo('submit_otp');
    const wrong = await atOnce(journey, 'purchase/otp', { code: '000000' });
    assert.deepEqual(codesBut(wrong, ['OTP_WRONG', 'OTP_LOCKED', ...refusals]), []);
    assert.ok((await challengesOf(journey)).every(({ attempts }) => attempts <= 5));
    oneEffect(await atOnce(journey, 'purchase/otp/resend'));
    const { otp } = await journey.customer.look();
    assert.equal(otp?.['resends_left'], 1, 'one code more was sent');
    oneEffect(await atOnce(journey, 'purchase/otp', { code: await journey.otp() }));
    await journey.reaches({ status: 'completed' });
    const { rows } = await system.database.query('select id from transactions where application_id = $1', [journey.applicationId]);
    assert.equal(rows.length, 1);
  });

  test('acceptances, signatures and approvals have one effect each', async () => {
    const journey = await aJourney(system);
    const { offer } = await journey.walksTo('accept_offer');
    oneEffect(await atOnce(journey, 'offer/accept', { offer_hash: offer?.offer_hash }));
    const { contract, consents } = await journey.reaches({ action: 'sign_contract' });
    const signature = { document_sha256: contract?.document_sha256, consent: consents[0]?.text_version };
    oneEffect(await atOnce(journey, 'contract/sign', signature));
    await journey.reaches({ action: 'approve_purchase' });
    oneEffect(await atOnce(journey, 'purchase/approve', { amount: { value: journey.amountVnd, currency: 'VND' } }));
    assert.equal((await challengesOf(journey)).length, 1);
  });

  test('commands of staff have one effect each, and one line in the audit log says that it was done', async () => {
    const journey = await aJourney(system);
    const { deadline_at } = await journey.walksTo('submit_identity');
    const deadline = new Date(Date.parse(String(deadline_at)) + 3_600_000).toISOString();
    oneEffect(await staffAtOnce(journey, 'deadline', { deadline_at: deadline }));
    assert.deepEqual(await auditedOf(journey, 'application.deadline_extended'), 1);
    await journey.walksTo('accept_offer');
    oneEffect(await staffAtOnce(journey, 'resubmission', { step: 'identity', reason_code: 'IDENTITY_POOR_PHOTO' }));
    await journey.reaches({ action: 'submit_identity' });
  });

  test('retries of a step that waits for staff run it once more, and one line in the audit log says by whom', async () => {
    const journey = await aJourney(system);
    await hasPolicy(system, journey, { vendorAttempts: 1 });
    await journey.walksTo('accept_offer');
    await system.sandbox.fault({ vendor: 'way4', operation: 'addClient', fault: 'fail', times: 2 });
    await journey.customer.acceptOffer();
    await eventually('staff are asked', async () => (await staffSee(system, journey)).attention);
    oneEffect(await staffAtOnce(journey, 'retry', {}));
    await journey.reaches({ action: 'sign_contract' });
    assert.equal(await auditedOf(journey, 'application.attention_raised'), 1, 'it did not wait again');
    assert.equal(await auditedOf(journey, 'application.attention_cleared'), 1);
    await journey.customer.cancel();
    await journey.reaches({ status: 'canceled' });
    await isClosedAtTheBank(system, journey);
  });

  test('answers of 200 reviewers to one question: one counts, and one line in the audit log says whose', async () => {
    const journey = await aJourney(system, { bureau: 'multipleMatch' });
    await journey.walksToTheEnd();
    const task = await openReviewTask(system, journey);
    const people = Array.from({ length: 200 }, (_, index) => `reviewer-${index}`);
    const tokens = await Promise.all(people.map(async (name) => system.sandbox.staffToken(name, ['reviewer'])));
    const answers = await Promise.all(
      tokens.map(async (token, index) => {
        const json = { ...why, answer: index % 2 === 0 ? 'decline' : 'ask_again' };
        const headers = { 'idempotency-key': randomUUID() };
        return untilAnswered(async () => call(system, `/ops/v1/reviews/${task}`, { token, headers, json }));
      }),
    );
    oneEffect(answers);
    const won = answers.findIndex(({ status }) => status < 300);
    const [answer, audited] = won % 2 === 0 ? ['decline', 'review.decline'] : ['askAgain', 'review.askAgain'];
    await journey.reachesWhere('answered', ({ status }) => status !== 'in_review');
    const { rows } = await system.database.query('select answer, answered_by from review_tasks where id = $1', [task]);
    assert.deepEqual(rows, [{ answer, answered_by: `staff:reviewer-${won}` }]);
    const effects = await Promise.all(['review.decline', 'review.askAgain'].map(async (action) => auditedOf(journey, action)));
    assert.deepEqual(effects, audited === 'review.decline' ? [1, 0] : [0, 1]);
  });

  test('cancels, each with a key of its own, have one effect; the others are told what to do', async () => {
    const journey = await aJourney(system);
    await journey.walksTo('approve_purchase');
    oneEffect(await atOnce(journey, 'cancel'));
    await journey.reaches({ status: 'canceled' });
    await isCleanAtTheBank(system, journey);
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

/** What somebody may be told who was not the one. */
const refusals = [
  'WRONG_STATE',
  'POINT_OF_NO_RETURN',
  'OTP_SENT',
  'OTP_BEING_SENT',
  'OTP_BEING_CHECKED',
  'OTP_NOT_AWAITED',
  'DEADLINE_NOT_ALLOWED',
  'NOTHING_TO_RETRY',
  'REVIEW_ANSWERED',
  'TOO_MANY_REQUESTS',
];

/** 200 of the same command, each with a key of its own. */
async function atOnce({ customer }: Journey, path: string, json: unknown = {}): Promise<Answer[]> {
  return twoHundred(async (headers) => call(system, `/checkout/${path}`, { token: customer.sessionToken, headers, json }));
}

async function staffAtOnce({ applicationId }: Journey, path: string, json: object): Promise<Answer[]> {
  const to = `/ops/v1/applications/${applicationId}/${path}`;
  return twoHundred(async (headers) => call(system, to, { token: staffToken, headers, json: { ...why, ...json } }));
}

async function twoHundred(send: (headers: Record<string, string>) => Promise<Answer>): Promise<Answer[]> {
  const once = async (headers: Record<string, string>) => untilAnswered(async () => send(headers));
  return Promise.all(Array.from({ length: 200 }, async () => once({ 'idempotency-key': randomUUID() })));
}

const codesBut = (answers: readonly Answer[], expected: readonly string[]): string[] =>
  [...new Set(answers.map(({ body }) => (typeof body['code'] === 'string' ? body['code'] : 'taken')))].filter(
    (code) => !expected.includes(code),
  );

/** One of them was taken, and the others know why they were not. */
function oneEffect(answers: readonly Answer[]): void {
  assert.deepEqual(codesBut(answers, ['taken', ...refusals]), []);
  assert.equal(answers.filter(({ status }) => status < 300).length, 1);
  for (const { status, headers, body } of answers) {
    if (status === 429) assert.ok(Number(headers.get('retry-after')) > 0);
    if (status >= 300) assert.ok([409, 412, 429].includes(status) && body['detail'], JSON.stringify(body));
  }
}

async function challengesOf({ applicationId }: Journey): Promise<{ attempts: number }[]> {
  return (
    await system.database.query<{ attempts: number }>('select attempts from otp_challenges where application_id = $1', [applicationId])
  ).rows;
}

async function auditedOf({ applicationId }: Journey, action: string): Promise<number> {
  const { rows } = await system.database.query('select 1 from audit_log where application_id = $1 and action = $2', [
    applicationId,
    action,
  ]);
  return rows.length;
}

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
