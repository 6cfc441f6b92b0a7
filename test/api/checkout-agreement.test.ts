// What customers are promised about the offer, the contract and the purchase.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandRefused, CommandUnavailable } from '../../adapters/temporal/command-errors.ts';
import { sha256 } from '../../db/documents.ts';
import { addChallenge } from '../../db/otp.ts';
import { at as stage } from './stages.ts';
import { aCheckout, aWorld, bodyOf, now, post, view } from './world.ts';

const world = await aWorld();
const { app, database, deps, sent } = world;
const at = async (step: 'offer' | 'contract' | 'purchase') => stage(world, step);

const count = async (table: string, applicationId: string): Promise<number> =>
  (await database.query<{ count: number }>(`select count(*) as count from ${table} where application_id = $1`, [applicationId])).rows[0]
    ?.count ?? -1;

test('200 with the offer in whole đồng, and 202 when exactly this offer is accepted', async () => {
  const { session, hash } = await at('offer');
  const offer = await bodyOf(app.request('/checkout/offer', { headers: session }));
  assert.equal(offer['offer_hash'], hash);
  assert.deepEqual(offer['total_payable'], { value: 3_000_000, currency: 'VND' });
  assert.equal(offer.instalments.length, 3);
  assert.equal((await app.request('/checkout/offer/accept', post({ offer_hash: hash }, session))).status, 202);
  assert.deepEqual(sent.at(-1)?.args.at(-1), { offerHash: hash });
});

test('409 when the workflow says that it is another offer', async () => {
  const { session } = await at('offer');
  world.answer('acceptOffer', async () => {
    throw new CommandRefused('OFFER_MISMATCH', 'offer_ready', undefined);
  });
  const body = await bodyOf(app.request('/checkout/offer/accept', post({ offer_hash: 'a'.repeat(64) }, session)));
  assert.equal(body['code'], 'OFFER_MISMATCH');
  assert.equal(body['current_status'], 'offer_ready');
});

test('202 for a customer who was quicker than the run, which hears of a stored step a moment later; 409 once both agree', async () => {
  const { session, hash } = await at('offer');
  const accept = async () => app.request('/checkout/offer/accept', post({ offer_hash: hash }, session));
  let asked = 0;
  world.answer('acceptOffer', async () => {
    asked += 1;
    if (asked < 3) throw new CommandRefused('WRONG_STATE', 'in_progress', undefined);
    return view;
  });
  assert.equal((await accept()).status, 202);
  world.answer('acceptOffer', async () => {
    asked += 1;
    throw new CommandRefused('WRONG_STATE', 'offer_ready', undefined);
  });
  assert.equal((await accept()).status, 409);
  assert.equal(asked, 4, 'a refusal on what both know is final');
});

test('503 and not 409 for a customer who was shown the next step by a row that its run does not catch up with', async (t) => {
  let clockMs = performance.now();
  t.mock.method(performance, 'now', () => (clockMs += 1_000)); // a second for every look
  const { session, hash } = await at('offer');
  const accept = async () => app.request('/checkout/offer/accept', post({ offer_hash: hash }, session));
  const isBehind = async () => Promise.reject(new CommandRefused('WRONG_STATE', 'created', undefined));
  world.answer('acceptOffer', isBehind);
  world.answer('submitBasicInfo', isBehind); // the run knows of it, and is slow
  assert.equal((await accept()).status, 503);
  // It is there in the moment in which it is reminded.
  world.answer('submitBasicInfo', async () => {
    world.answer('acceptOffer', async () => view);
    return isBehind();
  });
  assert.equal((await accept()).status, 202);
});

test('404 for an offer or a contract that is not there yet', async () => {
  const { session } = await aCheckout(world);
  for (const path of ['/checkout/offer', '/checkout/contract', '/checkout/contract.pdf']) {
    assert.equal((await bodyOf(app.request(path, { headers: session })))['code'], 'NOT_FOUND');
  }
});

test('200 with the contract as PDF, and a line in the audit log for the look', async () => {
  const { session, applicationId, pdf } = await at('contract');
  const contract = await bodyOf(app.request('/checkout/contract', { headers: session }));
  assert.equal(contract['document_sha256'], sha256(pdf));
  const reply = await app.request('/checkout/contract.pdf', { headers: session });
  assert.equal(reply.headers.get('content-type'), 'application/pdf');
  assert.match(reply.headers.get('content-security-policy') ?? '', /^sandbox/);
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  assert.deepEqual(Buffer.from(await reply.arrayBuffer()), pdf);
  const { rows } = await database.query('select action, actor from audit_log where application_id = $1', [applicationId]);
  assert.deepEqual(rows, [{ action: 'document.read', actor: 'customer' }]);
});

test('202 for a signature on this document, with the consent stored; 409 for any other document, with none', async () => {
  const { session, applicationId, pdf } = await at('contract');
  const sign = async (digest: string) =>
    app.request('/checkout/contract/sign', post({ document_sha256: digest, consent: '2026-11-01' }, session));
  assert.equal((await bodyOf(sign('b'.repeat(64))))['code'], 'DOCUMENT_MISMATCH');
  assert.equal(await count('consents', applicationId), 0);
  assert.equal((await sign(sha256(pdf))).status, 202);
  const { rows } = await database.query<{ id: string }>('select id from consents where application_id = $1', [applicationId]);
  assert.deepEqual(sent.at(-1)?.args.at(-1), { documentSha256: sha256(pdf), consentId: rows[0]?.id });
});

test('200 when the purchase is approved: where the code went and how long it lives', async () => {
  const { session } = await at('purchase');
  const body = await bodyOf(app.request('/checkout/purchase/approve', post({ amount: { value: 3_000_000, currency: 'VND' } }, session)));
  assert.deepEqual(body, { challenge_id: 'otp_1', masked_phone: '+84*****567', expires_at: '2026-11-23T08:03:00.000Z', resends_left: 2 });
});

test('200 for the right code, which leaves the api sealed and opens only for this application', async () => {
  const { session, applicationId } = await at('purchase');
  const reply = await app.request('/checkout/purchase/otp', post({ code: '123456' }, session));
  assert.deepEqual(await reply.json(), { result: 'verified' });
  const { code } = JSON.parse(JSON.stringify(sent.at(-1)?.args.at(-1)));
  assert.match(code, /^sealed:[\w-]{20,400}$/);
  const box = Buffer.from(code.slice('sealed:'.length), 'base64url');
  assert.equal(deps.boxes.open(`otp:${applicationId}`, box).toString(), '123456');
  assert.throws(() => deps.boxes.open('otp:app_another', box));
});

test('422 for a wrong, late or locked code, with what is left; when the bank is silent 409, which no client repeats with the same key', async () => {
  const { session } = await at('purchase');
  const submit = async () => app.request('/checkout/purchase/otp', post({ code: '123456' }, session));
  const cases: [answer: Record<string, unknown>, status: number, code: string, member: string | null][] = [
    [{ kind: 'wrong', attemptsLeft: 3 }, 422, 'OTP_WRONG', 'attempts_left'],
    [{ kind: 'expired', resendsLeft: 1 }, 422, 'OTP_EXPIRED', 'resends_left'],
    [{ kind: 'locked', resendsLeft: 2 }, 422, 'OTP_LOCKED', 'resends_left'],
    [{ kind: 'unavailable' }, 409, 'OTP_NOT_CHECKED', null],
  ];
  for (const [answer, status, code, member] of cases) {
    world.answer('submitOtp', async () => answer);
    const reply = await submit();
    const body = await bodyOf(reply);
    assert.equal(reply.status, status);
    assert.equal(body['code'], code);
    assert.equal(body['retryable'] ?? false, false);
    if (member) assert.equal(typeof body[member], 'number');
  }
});

test('422 for a code that has not six digits, without asking the workflow', async () => {
  const { session } = await at('purchase');
  const before = sent.length;
  for (const code of ['12345', '1234567', 'abcdef', '１２３４５６', 123456]) {
    assert.equal((await app.request('/checkout/purchase/otp', post({ code }, session))).status, 422);
  }
  assert.equal(sent.length, before);
});

test('409 when no code is awaited or no resend is left', async () => {
  const { session } = await at('purchase');
  for (const code of ['OTP_NOT_AWAITED', 'RESENDS_SPENT', 'OTP_BEING_SENT']) {
    world.answer('resendOtp', async () => {
      throw new CommandRefused(code, 'awaiting_approval', undefined);
    });
    const body = await bodyOf(app.request('/checkout/purchase/otp/resend', { method: 'POST', headers: session }));
    assert.equal(body['code'], code);
    assert.equal(body['current_status'], 'awaiting_approval');
  }
});

test('503 when a command gets no answer in time', async () => {
  const { session } = await aCheckout(world);
  world.answer('cancel', async () => {
    throw new CommandUnavailable('late');
  });
  const reply = await app.request('/checkout/cancel', { method: 'POST', headers: session });
  assert.equal(reply.status, 503);
  assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/);
});

test('one effect for a command repeated with its Idempotency-Key: the workflow sees one update id, and not the key', async () => {
  const { session } = await at('purchase');
  const approve = async (key: string) =>
    app.request(
      '/checkout/purchase/approve',
      post({ amount: { value: 3_000_000, currency: 'VND' } }, { ...session, 'idempotency-key': key }),
    );
  await approve('my-phone-0901234567');
  const first = sent.at(-1)?.args[1];
  await approve('my-phone-0901234567');
  assert.equal(sent.at(-1)?.args[1], first);
  await approve('another');
  assert.notEqual(sent.at(-1)?.args[1], first);
  assert.match(String(first), /^approve:[0-9a-f]{32}$/);
});

test('200 with reasons in both languages when photos have to be taken again, and with the state of the code at the purchase', async () => {
  const { session, applicationId } = await aCheckout(world);
  await world.move(applicationId, { status: 'in_progress', step: 'identity' });
  const looking = await bodyOf(app.request('/checkout/application', { headers: session }));
  assert.equal(looking.next.action, 'wait', 'while the photos are looked at, nobody is waited for');
  const deadlineAt = new Date(Date.now() + 60_000).toISOString();
  await world.move(applicationId, { status: 'in_progress', step: 'identity', deadlineAt, reasons: ['IDENTITY_POOR_PHOTO'] });
  const body = await bodyOf(app.request('/checkout/application', { headers: session }));
  assert.equal(body.next.action, 'submit_identity');
  assert.equal(body.reasons[0]?.code, 'IDENTITY_POOR_PHOTO');
  assert.ok(body.reasons[0]?.text.vi && body.reasons[0]?.text.en);

  const purchase = await at('purchase');
  const look = async () => bodyOf(app.request('/checkout/application', { headers: purchase.session }));
  assert.equal((await look()).next.action, 'approve_purchase');
  const challenged = async (round: number, expiresAt: Date) => aChallenge(purchase.applicationId, round, expiresAt);
  await challenged(1, new Date(now.getTime() + 60_000));
  const waiting = await look();
  assert.equal(waiting.next.action, 'submit_otp');
  assert.equal(waiting.otp.attempts_left, 5);
  assert.equal(waiting.otp.resends_left, 2);
  await challenged(2, now);
  assert.equal((await look()).next.action, 'resend_otp');
  await challenged(3, now);
  assert.equal((await look()).next.action, 'wait', 'nobody is sent to a resend that is refused');
});

test('200 for the right code while a run that forgot the approval, and was reminded of it, still catches up', async () => {
  const { applicationId, session } = await at('purchase');
  await aChallenge(applicationId, 1, new Date(now.getTime() + 60_000));
  const refusals = [
    new CommandRefused('OTP_NOT_AWAITED', 'awaiting_approval', undefined),
    new CommandRefused('WRONG_STATE', 'created', undefined),
  ];
  world.answer('submitOtp', async () => {
    const refusal = refusals.shift();
    if (refusal) throw refusal;
    return { kind: 'verified' };
  });
  const before = sent.length;
  assert.equal((await app.request('/checkout/purchase/otp', post({ code: '123456' }, session))).status, 200);
  const commands = sent.slice(before).map(({ command }) => command);
  assert.deepEqual(commands, ['submitOtp', 'approveTransaction', 'submitOtp', 'submitOtp']);
});

async function aChallenge(applicationId: string, round: number, expiresAt: Date): Promise<void> {
  const terms = { coreChallengeId: `x${round}`, amountVnd: 3_000_000, contractNumber: 'TS', documentSha256: 'x' };
  const challenge = { applicationId, round, ...terms, maskedPhone: '+84*****567', maxAttempts: 5, expiresAt };
  await database.withTransaction(async (tx) => addChallenge(tx, challenge));
}
