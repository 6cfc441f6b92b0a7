// The small shapes that many routes share. Input is strict: an unknown field, a control character or half a character is refused
// at the edge, so nothing that PostgreSQL or a vendor would choke on gets further.

import { z } from '@hono/zod-openapi';
import { parsePhoneNumberFromString } from 'libphonenumber-js/mobile';
import { apiLimits } from '../config/limits.ts';
import { applicationStatuses } from '../domain/states.ts';

/** Text of one line: neither control characters nor lone surrogates, composed (NFC) and trimmed. */
export const line = (minLength: number, maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be text of one line')
    .overwrite((text) => text.normalize('NFC').trim())
    .min(minLength);

/** An amount in whole VND within these bounds. */
export const moneyBetween = (minVnd: number, maxVnd: number) =>
  z.strictObject({
    value: z.int().min(minVnd).max(maxVnd).openapi({ description: 'Whole đồng; the đồng has no minor unit.', example: 3_000_000 }),
    currency: z.literal('VND'),
  });

/** An amount in a reply. */
export const money = z.object({ value: z.int(), currency: z.literal('VND') }).openapi('Money');

/** A Vietnamese mobile number in any usual form, turned into E.164. */
export const mobilePhone = z
  .string()
  .max(20)
  .transform((text, ctx) => {
    const phone = parsePhoneNumberFromString(text, 'VN');
    if (phone?.isValid() && phone.country === 'VN') return phone.number;
    ctx.addIssue({ code: 'custom', params: { code: 'PHONE_INVALID' }, message: 'must be a mobile number of Vietnam' });
    return z.NEVER;
  })
  .openapi({ type: 'string', example: '+84901234567' });

export const language = z.enum(['vi', 'en']);

export const status = z.enum(applicationStatuses).openapi('ApplicationStatus');

/** The id in a path. Any text: one that is no id is simply unknown. */
export const idParam = z.object({ id: z.string() });

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(apiLimits.pageMaxRows).default(20),
  cursor: z.string().max(500).optional(),
};

/** The first lines of a reply to a command that goes on in the background. */
export const commandAccepted = z
  .object({
    status,
    step: z.string(),
    next: z.object({ method: z.string(), path: z.string() }).openapi({ description: 'Where to look for what comes of it.' }),
  })
  .openapi('CommandAccepted');

/** Why staff do what they do. */
export const staffReason = line(3, 500).openapi({ description: 'Why; kept in the audit log. No personal data, please.' });

/** A time in a reply. */
export const time = z.iso.datetime().openapi({ example: '2026-11-23T08:00:00.000Z' });
