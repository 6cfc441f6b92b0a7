// The one-time password of WAY4. Nothing public shows how the core's OTP is asked for, so this is our own JSON beside UFX, in one place
// that a bank's real interface would replace. The core makes the code, binds it to the terms and sends it; we never see it.

import type { z } from 'zod';
import { VendorFailure } from '../../domain/failures.ts';
import type { CallContext, CardCore } from '../../domain/ports.ts';
import { readJson } from '../http.ts';
import type { VendorHttp } from '../http.ts';
import { otpChallengeAnswer, otpErrorAnswer, otpVerifyAnswer } from './wire.ts';

/** The OTP half of the CardCore port. A lost answer to `requestOtp` is `unavailable`, because the same request id returns the same
 *  challenge; a lost answer to `verifyOtp` is `unknown`, because the code may be spent. */
export function createOtp(http: VendorHttp): Pick<CardCore, 'requestOtp' | 'verifyOtp'> {
  return {
    requestOtp: async (request, call) => post(http, call, '/otp/challenges', request, otpChallengeAnswer, true),
    verifyOtp: async ({ challengeId, code, terms }, call) => {
      const path = `/otp/challenges/${encodeURIComponent(challengeId)}/verify`;
      const answer = await post(http, call, path, { code, terms }, otpVerifyAnswer, false);
      return { kind: answer.result };
    },
  };
}

async function post<Answer>(
  http: VendorHttp,
  call: CallContext,
  path: string,
  body: object,
  schema: z.ZodType<Answer>,
  repeatable: boolean,
): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await http({ method: 'POST', path, headers, body: JSON.stringify(body), answer: 'json', repeatable }, call);
  if (status >= 400) {
    const parsed = otpErrorAnswer.safeParse(text === '' ? null : readJson('way4', text));
    throw new VendorFailure('way4', 'rejected', parsed.success ? parsed.data.error : `HTTP_${status}`);
  }
  const parsed = schema.safeParse(readJson('way4', text));
  if (!parsed.success) throw new VendorFailure('way4', 'garbage', 'SHAPE');
  return parsed.data;
}
