// The core's one-time passwords. Our extension, not WAY4. The code exists in clear only in the text message: what is stored is its HMAC,
// bound to the challenge, and the challenge is bound to the exact terms. Challenge and message are one commit, so a repeat with the same
// request id finds both and sends nothing again.

import { createHash, createHmac, randomInt, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { codeResults } from '../../adapters/notify/wire.ts';
import type { otpChallengeAnswer, otpChallengeRequest, otpVerifyAnswer, otpVerifyRequest } from '../../adapters/way4/wire.ts';
import { otpLimits } from '../../config/limits.ts';
import { maskPhone } from '../../domain/profile.ts';
import { isSameText } from '../secrets.ts';
import { deliver } from '../sms/gateway.ts';
import { whole } from '../store.ts';
import type { Rows, Store } from '../store.ts';
import { otpText } from './otp-text.ts';

type ChallengeRequest = z.output<typeof otpChallengeRequest>;
type Terms = ChallengeRequest['terms'];

/** A request of the OTP extension that is refused; `status` is HTTP's. */
export class OtpRefused extends Error {
  override readonly name = 'OtpRefused';
  readonly status: 404 | 409 | 422;
  readonly code: string;

  constructor(status: 404 | 409 | 422, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const challengeRow = z.object({
  challenge_id: z.string(),
  terms_hash: z.string(),
  code_hmac: z.string(),
  masked_phone: z.string(),
  expires_at: z.date(),
  failed_tries: whole,
  state: z.enum(['open', 'used', 'locked']),
});

/** Makes a challenge and sends its code to the client's phone. A repeat with the same request id returns the same challenge. */
export async function requestChallenge(store: Store, request: ChallengeRequest): Promise<z.output<typeof otpChallengeAnswer>> {
  const row = await store.inTransaction(async (tx) => {
    const phone = await phoneOf(tx, request);
    const challengeId = `chl_${randomUUID()}`;
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    const added = await tx.run(
      `insert into otp_challenges (challenge_id, request_id, client_number, terms_hash, code_hmac, masked_phone, expires_at)
       values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms') on conflict (request_id) do nothing`,
      [
        challengeId,
        request.requestId,
        request.clientNumber,
        termsHash(request.terms),
        codeHmac(await otpKey(tx), challengeId, code),
        maskPhone(phone),
        otpLimits.lifetimeMs,
      ],
    );
    if (added === 1) await sendCode(tx, challengeId, phone, otpText(code, request.terms, otpLimits.lifetimeMs));
    const [found] = await tx.rows(challengeRow, 'select * from otp_challenges where request_id = $1', [request.requestId]);
    return found;
  });
  if (row?.terms_hash !== termsHash(request.terms)) throw new OtpRefused(409, 'REQUEST_ID_REUSED');
  return { challengeId: row.challenge_id, expiresAt: row.expires_at.toISOString(), maskedPhone: row.masked_phone };
}

/** Checks a code once. Wrong codes and right codes for other terms are counted alike, and the fifth locks; a verified code is spent. */
export async function verifyChallenge(
  store: Store,
  challengeId: string,
  { code, terms }: z.output<typeof otpVerifyRequest>,
): Promise<z.output<typeof otpVerifyAnswer>['result']> {
  return store.inTransaction(async (tx) => {
    const found = await tx.rows(
      challengeRow.extend({ expired: z.boolean() }),
      'select *, expires_at <= now() as expired from otp_challenges where challenge_id = $1 for update',
      [challengeId],
    );
    const challenge = found[0];
    if (!challenge) throw new OtpRefused(404, 'CHALLENGE_NOT_FOUND');
    if (challenge.state === 'locked') return 'locked';
    if (challenge.state === 'used' || challenge.expired) return 'expired';
    const isRight = isSameText(codeHmac(await otpKey(tx), challengeId, code), challenge.code_hmac);
    if (isRight && challenge.terms_hash === termsHash(terms)) {
      await tx.run(`update otp_challenges set state = 'used' where challenge_id = $1`, [challengeId]);
      return 'verified';
    }
    const isLocked = challenge.failed_tries + 1 >= otpLimits.maxAttempts;
    await tx.run('update otp_challenges set failed_tries = failed_tries + 1, state = $2 where challenge_id = $1', [
      challengeId,
      isLocked ? 'locked' : 'open',
    ]);
    return isLocked ? 'locked' : 'wrong';
  });
}

/** Lets every open challenge expire now. For tests: nobody waits three minutes. Returns how many there were. */
export async function expireChallenges(db: Rows): Promise<number> {
  return db.run(`update otp_challenges set expires_at = now() where state = 'open' and expires_at > now()`);
}

async function phoneOf(tx: Rows, { clientNumber, terms }: ChallengeRequest): Promise<string> {
  const [client] = await tx.rows(
    z.object({ phone: z.string() }),
    `select phone from clients where client_number = $1 and status = 'active'`,
    [clientNumber],
  );
  if (!client) throw new OtpRefused(404, 'CLIENT_NOT_FOUND');
  const contracts = await tx.run(`select 1 from contracts where contract_number = $1 and client_number = $2 and status = 'active'`, [
    terms.contractNumber,
    clientNumber,
  ]);
  if (contracts === 0) throw new OtpRefused(404, 'CONTRACT_NOT_FOUND');
  return client.phone;
}

async function sendCode(tx: Rows, challengeId: string, phone: string, text: string): Promise<void> {
  const result = await deliver(tx, { requestId: challengeId, phone, sender: 'Trasau', text });
  if (result !== codeResults.sent) throw new OtpRefused(422, 'SMS_REFUSED');
}

/** Made once per sandbox schema, so that codes stay good when the sandbox is killed and started again. */
async function otpKey(tx: Rows): Promise<string> {
  await tx.run(`insert into settings (key, value) values ('otp_key', $1) on conflict do nothing`, [randomUUID() + randomUUID()]);
  const [row] = await tx.rows(z.object({ value: z.string() }), `select value from settings where key = 'otp_key'`);
  if (!row) throw new Error('the sandbox has no OTP key');
  return row.value;
}

function codeHmac(key: string, challengeId: string, code: string): string {
  return createHmac('sha256', key).update(`${challengeId}:${code}`).digest('hex');
}

function termsHash(terms: Terms): string {
  const bound = [terms.amountVnd, terms.merchantId, terms.merchantName, terms.contractNumber, terms.documentSha256];
  return createHash('sha256').update(JSON.stringify(bound)).digest('hex');
}
