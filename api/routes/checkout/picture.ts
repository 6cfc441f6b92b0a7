// The application as its customer sees it: where it stands, what to do next, and the terms and times that matter for that.

import { z } from '@hono/zod-openapi';
import { identityLimits } from '../../../config/identity-limits.ts';
import { otpLimits } from '../../../config/limits.ts';
import type { CheckoutView } from '../../../db/views.ts';
import { basicConsents, consentTexts } from '../../../domain/consents.ts';
import type { ConsentKind } from '../../../domain/consents.ts';
import { reasons } from '../../../domain/reasons.ts';
import { isTerminal } from '../../../domain/states.ts';
import { money, status, time } from '../../schemas.ts';
import { offerSummary, toOfferSummary } from './offer-summary.ts';
import { waiting, waitingOn } from './waiting.ts';

const bothLanguages = z.object({ vi: z.string(), en: z.string() });

const nextStep = z.object({
  action: z.enum([
    'submit_basic_info',
    'submit_identity',
    'accept_offer',
    'sign_contract',
    'approve_purchase',
    'submit_otp',
    'resend_otp',
    'wait',
    'none',
  ]),
  method: z.string(),
  path: z.string(),
});

export const checkoutPicture = z
  .object({
    application_id: z.string(),
    merchant: z.object({ name: z.string() }),
    merchant_reference: z.string(),
    amount: money,
    items: z.array(z.unknown()),
    language: z.enum(['vi', 'en']),
    status,
    step: z.string(),
    next: nextStep,
    waiting: waiting.nullable().openapi({ description: 'Whom the customer waits for, while nothing is asked of them.' }),
    reasons: z.array(z.object({ code: z.string(), text: bothLanguages })),
    deadline_at: time.nullable(),
    return_url: z.string().nullable(),
    consents: z
      .array(z.object({ kind: z.string(), text_version: z.string(), title: bothLanguages, text: bothLanguages }))
      .openapi({ description: 'The texts to agree to in the present step; none is ticked beforehand.' }),
    identity: z.object({ attempts_left: z.int() }),
    offer: offerSummary.nullable(),
    contract: z
      .object({ number: z.string(), document_sha256: z.string(), pdf: z.string(), signed_at: time.nullable(), sealed_at: time.nullable() })
      .nullable(),
    otp: z
      .object({ status: z.string(), masked_phone: z.string(), expires_at: time, attempts_left: z.int(), resends_left: z.int() })
      .nullable(),
    version: z.int(),
  })
  .openapi('Checkout');

export type CheckoutPicture = z.infer<typeof checkoutPicture>;

/** The picture of this view at this time. */
export function toCheckoutPicture(view: CheckoutView, now: Date): CheckoutPicture {
  const { application, contract } = view;
  const asked = next(view, now);
  return {
    application_id: application.id,
    merchant: { name: view.merchantName },
    merchant_reference: application.merchant_reference,
    amount: { value: application.amount_vnd, currency: 'VND' },
    items: application.items,
    language: application.language,
    status: application.status,
    step: application.step,
    next: asked,
    waiting: asked.action === 'wait' ? waitingOn(application) : null,
    reasons: application.reasons.map((code) => ({ code, text: reasons[code].customer })),
    deadline_at: application.deadline_at?.toISOString() ?? null,
    return_url: application.return_url,
    consents: consentsOf(view).map((kind) => ({
      kind,
      text_version: consentTexts[kind].version,
      title: consentTexts[kind].title,
      text: consentTexts[kind].text,
    })),
    identity: { attempts_left: Math.max(0, identityLimits.maxAttempts - view.identityRounds) },
    offer: view.offer && toOfferSummary(view.offer),
    contract: contract && {
      number: contract.contract_number,
      document_sha256: contract.document_sha256,
      pdf: '/checkout/contract.pdf',
      signed_at: contract.signed_at?.toISOString() ?? null,
      sealed_at: contract.sealed_at?.toISOString() ?? null,
    },
    otp: view.challenge && toOtp(view.challenge),
    version: application.version,
  };
}

const places = {
  submit_basic_info: '/checkout/basic-info',
  submit_identity: '/checkout/identity',
  accept_offer: '/checkout/offer/accept',
  sign_contract: '/checkout/contract/sign',
  approve_purchase: '/checkout/purchase/approve',
  submit_otp: '/checkout/purchase/otp',
  resend_otp: '/checkout/purchase/otp/resend',
} as const;

function next(view: CheckoutView, now: Date): CheckoutPicture['next'] {
  const action = nextAction(view, now);
  return action === 'wait' || action === 'none'
    ? { action, method: 'GET', path: '/checkout/application' }
    : { action, method: 'POST', path: places[action] };
}

function nextAction({ application: { status, step, deadline_at }, challenge }: CheckoutView, now: Date): CheckoutPicture['next']['action'] {
  if (isTerminal(status)) return 'none';
  if (status === 'in_review' || status === 'settling') return 'wait';
  if (step === 'basicInfo') return 'submit_basic_info';
  if (step === 'identity') return deadline_at ? 'submit_identity' : 'wait';
  if (step === 'offer') return 'accept_offer';
  if (step === 'contract') return 'sign_contract';
  if (step !== 'purchase') return 'wait';
  if (!challenge) return 'approve_purchase';
  if (challenge.status === 'verified') return 'wait';
  if (challenge.status === 'open' && challenge.expires_at > now) return 'submit_otp';
  return resendsLeft(challenge) > 0 ? 'resend_otp' : 'wait';
}

function consentsOf({ application: { step } }: CheckoutView): readonly ConsentKind[] {
  if (step === 'basicInfo') return basicConsents;
  return step === 'contract' ? ['contract'] : [];
}

function toOtp(challenge: NonNullable<CheckoutView['challenge']>): NonNullable<CheckoutPicture['otp']> {
  return {
    status: challenge.status,
    masked_phone: challenge.masked_phone,
    expires_at: challenge.expires_at.toISOString(),
    attempts_left: challenge.max_attempts - challenge.attempts,
    resends_left: resendsLeft(challenge),
  };
}

function resendsLeft({ round }: { round: number }): number {
  return Math.max(0, otpLimits.maxChallenges - round);
}
