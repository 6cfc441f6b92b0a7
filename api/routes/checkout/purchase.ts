// The purchase: the customer approves the amount, gets a one-time password by SMS, and types it. The code is sealed before it leaves
// this process, so it can be read in no history, log or queue.

import { z } from '@hono/zod-openapi';
import { apiLimits } from '../../../config/limits.ts';
import type { OtpAnswer, OtpSent } from '../../../workflows/messages.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId } from '../../idempotency.ts';
import { Problem } from '../../problems.ts';
import { moneyBetween, time } from '../../schemas.ts';
import { command, customerProblems } from '../../verbs/command.ts';

const otpSent = z
  .object({ challenge_id: z.string(), masked_phone: z.string(), expires_at: time, resends_left: z.int() })
  .openapi('OtpSent');

const toOtpSent = ({ challengeId, maskedPhone, expiresAt, resendsLeft }: OtpSent): z.infer<typeof otpSent> => ({
  challenge_id: challengeId,
  masked_phone: maskedPhone,
  expires_at: expiresAt,
  resends_left: resendsLeft,
});

const approval = z.strictObject({ amount: moneyBetween(1, apiLimits.orderMaxVnd).openapi({ description: 'The amount that was shown.' }) });

/** Adds POST /checkout/purchase/approve. */
export function addApprovePurchase(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.session, problems: [...customerProblems, 'AMOUNT_MISMATCH', 'OTP_SENT', 'OTP_BEING_SENT'] },
    {
      method: 'post',
      path: '/checkout/purchase/approve',
      tags: ['Checkout'],
      summary: 'Approve the purchase; a one-time password is sent',
      description: 'Once. Who lost the answer finds the code that was sent in `otp` of GET /checkout/application.',
      request: { body: body(approval) },
      responses: { 200: json(otpSent, 'The one-time password is on its way') },
    },
  );
  app.openapi(route, async (c) => {
    const amountVnd = c.req.valid('json').amount.value;
    const sent = await command(deps, sessionOf(c).applicationId, async (ref) =>
      deps.commands.approveTransaction(ref, commandId(c, 'approve'), { amountVnd }),
    );
    return c.json(toOtpSent(sent), 200);
  });
}

/** Adds POST /checkout/purchase/otp/resend. */
export function addResendOtp(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.session, problems: [...customerProblems, 'OTP_NOT_AWAITED', 'OTP_BEING_SENT', 'RESENDS_SPENT'] },
    {
      method: 'post',
      path: '/checkout/purchase/otp/resend',
      tags: ['Checkout'],
      summary: 'Send a new one-time password; the old one becomes worthless',
      responses: { 200: json(otpSent, 'The new one-time password is on its way') },
    },
  );
  app.openapi(route, async (c) => {
    const sent = await command(deps, sessionOf(c).applicationId, async (ref) => deps.commands.resendOtp(ref, commandId(c, 'resend-otp')));
    return c.json(toOtpSent(sent), 200);
  });
}

const guess = z.strictObject({ code: z.string().regex(/^[0-9]{6}$/, 'must be the six digits of the SMS') });
const verified = z.object({ result: z.literal('verified') }).openapi('OtpVerified');

/** Adds POST /checkout/purchase/otp. */
export function addSubmitOtp(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    {
      guard: guards.session,
      problems: [...customerProblems, 'OTP_NOT_AWAITED', 'OTP_BEING_CHECKED', 'OTP_NOT_CHECKED', 'OTP_WRONG', 'OTP_EXPIRED', 'OTP_LOCKED'],
    },
    {
      method: 'post',
      path: '/checkout/purchase/otp',
      tags: ['Checkout'],
      summary: 'Submit the one-time password',
      description: 'A repeat with the same Idempotency-Key gets the first answer and takes no further try; a new code needs a new key.',
      request: { body: body(guess) },
      responses: { 200: json(verified, 'Right: the purchase is being booked') },
    },
  );
  app.openapi(route, async (c) => {
    const { applicationId } = sessionOf(c);
    const code = `sealed:${deps.boxes.seal(`otp:${applicationId}`, c.req.valid('json').code).toString('base64url')}`;
    const answer = await command(deps, applicationId, async (ref) => deps.commands.submitOtp(ref, commandId(c, 'otp'), { code }));
    refuseUnlessVerified(answer);
    return c.json({ result: 'verified' as const }, 200);
  });
}

function refuseUnlessVerified(answer: OtpAnswer): void {
  switch (answer.kind) {
    case 'verified':
      return;
    case 'wrong':
      throw new Problem('OTP_WRONG', { detail: 'Check the code in the SMS.', more: { attempts_left: answer.attemptsLeft } });
    case 'expired':
      throw new Problem('OTP_EXPIRED', { detail: 'Ask for a new code.', more: { resends_left: answer.resendsLeft } });
    case 'locked':
      throw new Problem('OTP_LOCKED', { detail: 'Ask for a new code.', more: { resends_left: answer.resendsLeft } });
    case 'unavailable':
      // Not 503: a client repeats that with the same key, and gets this first answer for ever.
      throw new Problem('OTP_NOT_CHECKED');
  }
}
