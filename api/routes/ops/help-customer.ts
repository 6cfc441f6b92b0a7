// What staff do for a customer who waits or is waited for: ask again, give more time, have a code or a link sent. None of it is shown to
// staff: the code goes to the customer's phone, and so does the link.

import { z } from '@hono/zod-openapi';
import { latestOffer } from '../../../db/offers.ts';
import { resubmissionReasons } from '../../../domain/resubmission.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId, requiredStaffKey } from '../../idempotency.ts';
import { idParam, staffReason as reason, time } from '../../schemas.ts';
import { sendLink } from '../../verbs/send-link.ts';
import { staffCommand } from '../../verbs/staff-command.ts';
import { actOn, ifMatch, problems, state, toState } from './act.ts';

const [forBasicInfo, forIdentity] = [z.enum(resubmissionReasons.basicInfo), z.enum(resubmissionReasons.identity)];
const resubmission = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('basicInfo'), reason_code: forBasicInfo, reason }),
  z.strictObject({ step: z.literal('identity'), reason_code: forIdentity, reason }),
]);

/** Adds POST /ops/v1/applications/{id}/resubmission. */
export function addRequestResubmission(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('requestResubmission'), problems: [...problems, 'ASKS_SPENT'] },
    {
      method: 'post',
      path: '/ops/v1/applications/{id}/resubmission',
      tags: ['Operations'],
      summary: 'Ask the customer for data or photos again',
      request: { params: idParam, headers: ifMatch, body: body(resubmission) },
      responses: { 202: json(state, 'The customer is asked; the reason code is what they read') },
    },
  );
  app.openapi(route, async (c) => {
    const key = await requiredStaffKey(c, deps);
    const { step, reason_code: code, reason: why } = c.req.valid('json');
    const act = {
      ...actOn(c, c.req.valid('param').id, { action: 'application.resubmission_asked', reason: why, key }),
      change: { step, code },
    };
    const view = await staffCommand(deps, act, async (ref, by) => {
      // A run that forgot that the offer was accepted would ask again, and could not go on with what was accepted then.
      const offer = await latestOffer(deps.database, ref.applicationId);
      const to = { ...ref, ...(offer?.accepted_at && { repeatsOnly: true }) };
      return deps.commands.requestResubmission(to, commandId(c, 'resubmission'), { step, reason: code, ...by });
    });
    return c.json(toState(view), 202);
  });
}

/** Adds POST /ops/v1/applications/{id}/deadline. */
export function addExtendDeadline(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('extendDeadline'), problems: [...problems, 'DEADLINE_FIXED', 'DEADLINE_NOT_ALLOWED'] },
    {
      method: 'post',
      path: '/ops/v1/applications/{id}/deadline',
      tags: ['Operations'],
      summary: 'Give the customer or the reviewer more time',
      request: { params: idParam, headers: ifMatch, body: body(z.strictObject({ deadline_at: time, reason })) },
      responses: { 202: json(state, 'The wait ends later') },
    },
  );
  app.openapi(route, async (c) => {
    const key = await requiredStaffKey(c, deps);
    const { deadline_at, reason: why } = c.req.valid('json');
    const deadlineAt = new Date(deadline_at).toISOString();
    const what = { action: 'application.extension_asked', reason: why, key };
    const view = await staffCommand(deps, { ...actOn(c, c.req.valid('param').id, what), change: { deadlineAt } }, async (ref, by) =>
      deps.commands.extendDeadline(ref, commandId(c, 'deadline'), { deadlineAt, ...by }),
    );
    return c.json(toState(view), 202);
  });
}

const otpSent = z
  .object({ phone: z.string().openapi({ description: 'Masked.' }), expires_at: time, resends_left: z.int() })
  .openapi('OpsOtpSent');

/** Adds POST /ops/v1/applications/{id}/otp. */
export function addResendOtpByStaff(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('resendOtp'), problems: [...problems, 'OTP_NOT_AWAITED', 'OTP_BEING_SENT', 'RESENDS_SPENT'] },
    {
      method: 'post',
      path: '/ops/v1/applications/{id}/otp',
      tags: ['Operations'],
      summary: 'Have a new one-time password sent to the customer',
      request: { params: idParam, headers: ifMatch, body: body(z.strictObject({ reason })) },
      responses: { 202: json(otpSent, 'Sent; the old one is worthless') },
    },
  );
  app.openapi(route, async (c) => {
    const key = await requiredStaffKey(c, deps);
    const act = actOn(c, c.req.valid('param').id, { action: 'otp.resend_asked', reason: c.req.valid('json').reason, key });
    const sent = await staffCommand(deps, act, async (ref, by) => deps.commands.resendOtp(ref, commandId(c, 'staff-otp'), by));
    return c.json({ phone: sent.maskedPhone, expires_at: sent.expiresAt, resends_left: sent.resendsLeft }, 202);
  });
}

const linkSent = z
  .object({ phone: z.string().openapi({ description: 'Masked.' }), expires_at: time })
  .openapi('OpsLinkSent', { description: 'The link itself is shown to nobody but the customer.' });

/** Adds POST /ops/v1/applications/{id}/link. */
export function addSendLink(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('resendLink'), problems: [...problems, 'LINKS_SPENT'] },
    {
      method: 'post',
      path: '/ops/v1/applications/{id}/link',
      tags: ['Operations'],
      summary: 'Send a new checkout link to the customer who asked for one',
      description: 'Only when the customer asked for it: banks in Vietnam send no link that nobody asked for (Circular 50/2024).',
      request: { params: idParam, headers: ifMatch, body: body(z.strictObject({ reason })) },
      responses: { 202: json(linkSent, 'It is on its way; earlier links that nobody opened stop working') },
    },
  );
  app.openapi(route, async (c) => {
    const key = await requiredStaffKey(c, deps);
    const act = actOn(c, c.req.valid('param').id, { action: 'checkout_link.sent', reason: c.req.valid('json').reason, key });
    const { phone, expiresAt } = await sendLink(deps, act);
    return c.json({ phone, expires_at: expiresAt.toISOString() }, 202);
  });
}
