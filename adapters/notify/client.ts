// Text messages to customers through an eSMS-shaped gateway. The gateway drops repeats by request id, so sending again after a lost
// answer is safe and the customer's phone rings once.

import { VendorFailure } from '../../domain/failures.ts';
import type { SmsGateway, SmsMessage } from '../../domain/ports.ts';
import { createVendorHttp, readJson } from '../http.ts';
import type { VendorHttpOptions } from '../http.ts';
import { codeResults, sendAnswer, sendPath } from './wire.ts';

export interface SmsGatewayOptions extends VendorHttpOptions {
  apiKey: string;
  apiSecret: string;
  /** Registered sender that the phone shows. */
  brandName?: string;
}

/** The SMS gateway at `baseUrl`. A lost answer is `unavailable` (sending again is safe); a known refusal is `rejected` with the
 *  gateway's code; a code that we do not know is `garbage`, never a success. A text that is not 1 to 160 characters of ASCII and a
 *  phone that is not Vietnamese are `rejected` before anything is sent. */
export function createSmsGateway(options: SmsGatewayOptions): SmsGateway {
  const http = createVendorHttp('sms', options);
  return {
    send: async (message, call) => {
      const body = JSON.stringify(toRequest(options, message));
      const headers = { 'content-type': 'application/json; charset=utf-8' };
      const { status, text } = await http({ method: 'POST', path: sendPath, headers, body, answer: 'json', repeatable: true }, call);
      if (status >= 400) throw new VendorFailure('sms', 'rejected', `HTTP_${status}`);
      const parsed = sendAnswer.safeParse(readJson('sms', text));
      if (!parsed.success) throw new VendorFailure('sms', 'garbage', 'SHAPE');
      return readCode(parsed.data.CodeResult);
    },
  };
}

function toRequest(options: SmsGatewayOptions, { requestId, phone, text }: SmsMessage): Record<string, string> {
  if (!/^[\x20-\x7E]{1,160}$/.test(text)) throw new VendorFailure('sms', 'rejected', 'TEXT_NOT_ASCII_160');
  if (!/^\+84\d{9}$/.test(phone)) throw new VendorFailure('sms', 'rejected', 'PHONE_NOT_VIETNAMESE');
  return {
    ApiKey: options.apiKey,
    SecretKey: options.apiSecret,
    Phone: phone.replace('+84', '0'),
    Content: text,
    Brandname: options.brandName ?? 'Trasau',
    SmsType: '2',
    IsUnicode: '0',
    Sandbox: '0',
    RequestId: requestId,
  };
}

function readCode(code: string): 'accepted' | 'duplicate' {
  if (code === codeResults.sent) return 'accepted';
  if (code === codeResults.duplicateRequestId) return 'duplicate';
  const known = codeResults.refused.includes(code);
  throw new VendorFailure('sms', known ? 'rejected' : 'garbage', /^\d{1,6}$/.test(code) ? code : 'CODE_RESULT');
}
