// The bytes of an SMS gateway in the shape of eSMS (esms.vn, SendMultipleMessage_V4), the common one for brand-name messages in Vietnam.
// Business errors come with HTTP 200 and a CodeResult.

import { z } from 'zod';

export const sendPath = '/MainService.svc/json/SendMultipleMessage_V4_post_json/';

export const sendRequest = z.object({
  ApiKey: z.string(),
  SecretKey: z.string(),
  /** National form: 0 and nine digits. */
  Phone: z.string().regex(/^0\d{9}$/),
  Content: z.string().min(1).max(1_000),
  Brandname: z.string().min(1),
  /** 2: customer care. */
  SmsType: z.literal('2'),
  IsUnicode: z.enum(['0', '1']),
  Sandbox: z.enum(['0', '1']),
  RequestId: z.string().min(1).max(100),
});

/** Some answers carry the code as a number. */
export const sendAnswer = z.object({
  CodeResult: z.union([z.string(), z.number()]).transform(String),
  SMSID: z.string().optional(),
  ErrorMessage: z.string().optional(),
});

/** CodeResult, as far as it is known. */
export const codeResults = {
  sent: '100',
  duplicateRequestId: '124',
  /** Refusals that no second try changes: invalid request, credentials, brand name, template. */
  refused: ['99', '101', '104', '146'] as readonly string[],
} as const;
