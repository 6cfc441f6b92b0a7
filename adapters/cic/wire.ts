// The bytes of CIC's inquiry interface. CIC publishes no host-to-host specification: this shape is our assumption of it, kept in this
// one file, and the sandbox speaks the same. Dates are yyyy-MM-dd, times RFC 3339, amounts whole VND.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const day = z.iso.date();
const debtGroup = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)]);
const amountVnd = z.number().int().nonnegative();
const count = z.number().int().nonnegative();
const code = z.string().regex(/^[A-Z0-9_]{1,40}$/);

/** Body of `POST /inquiries`. */
export const inquiryRequest = z.strictObject({
  /** Ours; a repeat returns the first inquiry and is not billed again. */
  requestId: z.string().min(1).max(100),
  /** Opaque code of the report. */
  product: z.string().min(1),
  subject: z.strictObject({
    idNumber: z.string().regex(/^\d{9}(\d{3})?$/),
    oldIdNumbers: z.array(z.string()).max(5),
    fullName: z.string().min(1).max(200),
    dob: day,
    phone: z.string().optional(),
  }),
  purpose: z.string().min(1),
  consentRef: z.string().min(1),
  callbackUrl: z.url(),
});

export type InquiryRequest = z.output<typeof inquiryRequest>;

const report = z.object({
  asOf: z.iso.datetime({ offset: true }),
  currentDebtGroup: debtGroup,
  worstGroup12m: debtGroup,
  lenders: z.array(
    z.object({
      code: z.string(),
      kind: z.enum(['bank', 'financeCo', 'card']),
      outstandingVnd: amountVnd,
      debtGroup,
      overdueDays: count.optional(),
    }),
  ),
  inquiries: z.object({ '30d': count, '90d': count, '180d': count }),
  score: z.object({ value: z.number(), scale: z.string(), band: z.string().optional() }).optional(),
});

export type WireReport = z.output<typeof report>;

/** Answer to `POST /inquiries` (201 or 202) and to `GET /inquiries/{id}`. */
export const inquiryAnswer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('PENDING'), inquiryId: z.string().min(1) }),
  z.object({ status: z.literal('HIT'), inquiryId: z.string().min(1), report }),
  z.object({ status: z.literal('NO_HIT'), inquiryId: z.string().min(1) }),
  z.object({ status: z.literal('MULTIPLE_MATCH'), inquiryId: z.string().min(1) }),
  z.object({ status: z.literal('ERROR'), inquiryId: z.string().min(1), errorCode: code }),
]);

export type InquiryAnswer = z.output<typeof inquiryAnswer>;

/** Body of a 4xx. */
export const errorAnswer = z.object({ error: code });

/** Body of a callback: that an inquiry is answered, not what the answer is, so no report ever passes the public internet unasked. */
const callbackBody = z.object({ inquiryId: z.string().min(1).max(100), requestId: z.string().min(1).max(100) });

export const callbackHeaders = { signature: 'x-cic-signature', timestamp: 'x-cic-timestamp' } as const;

/** How far the clock of a callback may be from ours. Our choice, as is common for signed webhooks. */
const callbackWindowMs = 5 * 60_000;

/** `sha256=<hex>` over `<unix seconds>.<raw body>`. */
export function signCallback(rawBody: string, timestamp: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${rawBody}`).digest('hex')}`;
}

export type CicCallback =
  | { kind: 'ok'; inquiryId: string; requestId: string }
  | { kind: 'refused'; why: 'missing_header' | 'stale' | 'wrong_signature' | 'wrong_body' };

/** Checks and reads a callback of CIC: the HMAC in constant time, a timestamp within five minutes of `now`, then the body. A repeat
 *  is answered alike: whoever acts on it must not mind. */
export function readCicCallback(
  rawBody: string,
  signatureHeader: string | undefined,
  timestampHeader: string | undefined,
  secret: string,
  now: Date,
): CicCallback {
  if (!signatureHeader || !timestampHeader || !/^\d{1,12}$/.test(timestampHeader)) return { kind: 'refused', why: 'missing_header' };
  const expected = Buffer.from(signCallback(rawBody, timestampHeader, secret));
  const given = Buffer.from(signatureHeader);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return { kind: 'refused', why: 'wrong_signature' };
  if (Math.abs(now.getTime() - Number(timestampHeader) * 1_000) > callbackWindowMs) return { kind: 'refused', why: 'stale' };
  const parsed = callbackBody.safeParse(parseJson(rawBody));
  return parsed.success ? { kind: 'ok', ...parsed.data } : { kind: 'refused', why: 'wrong_body' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
