// The one-time password of the core: made, bound, sent and checked there; what reaches us is never the code.

import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { otpLimits } from '../../config/limits.ts';
import { VendorFailure } from '../../domain/failures.ts';
import type { OtpTerms } from '../../domain/ports.ts';
import { phoneSentinels } from '../../sandbox/sentinels.ts';
import { otpText } from '../../sandbox/way4/otp-text.ts';
import { createCardCore } from '../../adapters/way4/client.ts';
import { aCore } from './way4-core.ts';

const call = { reference: 'app_test' };
const { sandbox, core } = await aCore();

interface Buyer {
  phone: string;
  request: { requestId: string; clientNumber: string; terms: OtpTerms };
}

async function aBuyer(phone = `+8498${randomInt(1_000_000, 9_999_999)}`): Promise<Buyer> {
  const id = randomUUID().slice(0, 8);
  const clientNumber = `C${id}`;
  const contractNumber = `K${id}`;
  await core.createClient(
    {
      clientNumber,
      regNumber: `RC${id}`,
      nationalId: '079199990001',
      fullName: 'Nguyễn Thị Thử',
      dateOfBirth: '1999-01-01',
      phone,
      address: 'Hà Nội',
    },
    call,
  );
  await core.createContract({ contractNumber, clientNumber, regNumber: `RK${id}`, limitVnd: 5_000_000, openedOn: '2026-01-02' }, call);
  const terms = {
    amountVnd: 1_500_000,
    merchantId: 'mrc_test',
    merchantName: 'Cửa hàng Đông Á',
    contractNumber,
    documentSha256: 'a'.repeat(64),
  };
  return { phone, request: { requestId: `otp_${id}`, clientNumber, terms } };
}

async function codeOn(phone: string): Promise<string> {
  const code = await sandbox.otpCode(phone);
  assert.ok(code, 'a code arrived');
  return code;
}

const failsAs = (kind: string, code?: string) => (error: unknown) =>
  error instanceof VendorFailure && error.kind === kind && (code === undefined || error.code === code);

test('the customer receives one ASCII message that names purpose, amount and merchant', async () => {
  const { phone, request } = await aBuyer();
  const challenge = await core.requestOtp(request, call);
  const lifetimeMs = Date.parse(challenge.expiresAt) - Date.now();
  assert.ok(lifetimeMs > 0 && lifetimeMs <= otpLimits.lifetimeMs + 1_000);
  assert.match(challenge.maskedPhone, /^\+84\*+\d{3}$/);
  const [message, ...more] = await sandbox.messages(phone);
  assert.equal(more.length, 0);
  assert.match(message?.text ?? '', /^[\x20-\x7E]{1,160}$/);
  assert.match(message?.text ?? '', /OTP \d{6} .*mua tra sau 1\.500\.000 VND tai Cua hang Dong A\./);
});

test('the longest merchant name still fits into one message', () => {
  const text = otpText('123456', { amountVnd: 1_000_000_000_000, merchantName: 'Đ'.repeat(300) }, otpLimits.lifetimeMs);
  assert.match(text, /^[\x20-\x7E]{100,160}$/);
});

test('we never learn the code: what the core answers does not hold it', async () => {
  const { phone, request } = await aBuyer();
  const challenge = await core.requestOtp(request, call);
  assert.ok(!JSON.stringify(challenge).includes(await codeOn(phone)));
});

test('a right code for the same terms is verified, once', async () => {
  const { phone, request } = await aBuyer();
  const { challengeId } = await core.requestOtp(request, call);
  const attempt = { challengeId, code: await codeOn(phone), terms: request.terms };
  assert.deepEqual(await core.verifyOtp(attempt, call), { kind: 'verified' });
  assert.deepEqual(await core.verifyOtp(attempt, call), { kind: 'expired' });
});

test('a right code is worth nothing for any other purchase', async () => {
  const { phone, request } = await aBuyer();
  const { challengeId } = await core.requestOtp(request, call);
  const code = await codeOn(phone);
  const others: OtpTerms[] = [
    { ...request.terms, amountVnd: 1_500_001 },
    { ...request.terms, merchantName: 'Khác' },
    { ...request.terms, documentSha256: 'b'.repeat(64) },
  ];
  for (const terms of others) assert.deepEqual(await core.verifyOtp({ challengeId, code, terms }, call), { kind: 'wrong' });
  assert.deepEqual(await core.verifyOtp({ challengeId, code, terms: request.terms }, call), { kind: 'verified' });
});

test('the fifth wrong code locks the challenge, and then even the right one is refused', async () => {
  const { phone, request } = await aBuyer();
  const { challengeId } = await core.requestOtp(request, call);
  const code = await codeOn(phone);
  const wrong = code === '000000' ? '000001' : '000000';
  const verdicts = [];
  for (let attempt = 1; attempt <= otpLimits.maxAttempts; attempt += 1) {
    verdicts.push((await core.verifyOtp({ challengeId, code: wrong, terms: request.terms }, call)).kind);
  }
  assert.deepEqual(verdicts, ['wrong', 'wrong', 'wrong', 'wrong', 'locked']);
  assert.deepEqual(await core.verifyOtp({ challengeId, code, terms: request.terms }, call), { kind: 'locked' });
});

test('twenty guesses at once count as twenty', async () => {
  const { phone, request } = await aBuyer();
  const patient = createCardCore({ baseUrl: sandbox.way4Url, timeoutMs: 20_000, connectTimeoutMs: 5_000, answerMaxBytes: 100_000 });
  const { challengeId } = await core.requestOtp(request, call);
  const code = await codeOn(phone);
  const wrong = code === '000000' ? '000001' : '000000';
  const guess = async () => patient.verifyOtp({ challengeId, code: wrong, terms: request.terms }, call);
  const verdicts = await Promise.all(Array.from({ length: 20 }, guess));
  assert.equal(verdicts.filter(({ kind }) => kind === 'wrong').length, otpLimits.maxAttempts - 1);
});

test('an expired code is told apart from a wrong one', async () => {
  const { phone, request } = await aBuyer();
  const { challengeId } = await core.requestOtp(request, call);
  await sandbox.expireOtps();
  assert.deepEqual(await core.verifyOtp({ challengeId, code: await codeOn(phone), terms: request.terms }, call), { kind: 'expired' });
});

test('the same request id returns the same challenge and sends no second message', async () => {
  const { phone, request } = await aBuyer();
  await sandbox.fault({ vendor: 'way4', operation: 'requestOtp', fault: 'drop_after_commit' });
  await assert.rejects(core.requestOtp(request, call), failsAs('unavailable'));
  const challenge = await core.requestOtp(request, call);
  assert.deepEqual(await core.requestOtp(request, call), challenge);
  assert.equal((await sandbox.messages(phone)).length, 1);
  const otherTerms = { ...request, terms: { ...request.terms, amountVnd: 1 } };
  await assert.rejects(core.requestOtp(otherTerms, call), failsAs('rejected', 'REQUEST_ID_REUSED'));
});

test('a lost verdict is unknown: the code may be spent', async () => {
  const { phone, request } = await aBuyer();
  const { challengeId } = await core.requestOtp(request, call);
  await sandbox.fault({ vendor: 'way4', operation: 'verifyOtp', fault: 'drop_after_commit' });
  await assert.rejects(core.verifyOtp({ challengeId, code: await codeOn(phone), terms: request.terms }, call), failsAs('unknown'));
});

test('no code for a stranger, for somebody else’s contract, or for a phone that takes no messages', async () => {
  const { request } = await aBuyer();
  const other = await aBuyer();
  const refusals = [
    [{ ...request, clientNumber: 'C-nobody' }, 'CLIENT_NOT_FOUND'],
    [{ ...request, terms: other.request.terms }, 'CONTRACT_NOT_FOUND'],
    [(await aBuyer(phoneSentinels.templateRefused.phone)).request, 'SMS_REFUSED'],
  ] as const;
  for (const [refused, code] of refusals) await assert.rejects(core.requestOtp(refused, call), failsAs('rejected', code));
  await assert.rejects(
    core.verifyOtp({ challengeId: 'chl_nobody', code: '123456', terms: request.terms }, call),
    failsAs('rejected', 'CHALLENGE_NOT_FOUND'),
  );
});
