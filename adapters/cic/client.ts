// CIC, the credit bureau, behind the CreditBureau port. An inquiry costs money and is answered later: the request id keeps it to one
// bill, and the answer is read with the inquiry's id, whether a callback said it is there or a poll found out.

import { VendorFailure } from '../../domain/failures.ts';
import type { CallContext, CreditBureau, CreditInquiry, CreditReport, CreditReportAnswer } from '../../domain/ports.ts';
import { createVendorHttp, readJson } from '../http.ts';
import type { VendorAnswer, VendorHttpOptions } from '../http.ts';
import { errorAnswer, inquiryAnswer } from './wire.ts';
import type { InquiryRequest, WireReport } from './wire.ts';

export interface CreditBureauOptions extends VendorHttpOptions {
  apiKey: string;
  /** Where CIC says that an inquiry is answered; sent with every inquiry. */
  callbackUrl: string;
  /** Opaque code of the report that the lender's agreement names. */
  product?: string;
}

/** The credit bureau at `baseUrl`. Both calls are safe to repeat (CIC drops repeats by request id, reading is free), so a lost answer
 *  is `unavailable`; 401 and other refusals are `rejected` with CIC's code. */
export function createCreditBureau(options: CreditBureauOptions): CreditBureau {
  const http = createVendorHttp('cic', options);
  const headers = { 'x-api-key': options.apiKey, 'content-type': 'application/json; charset=utf-8' };
  return {
    requestReport: async (inquiry: CreditInquiry, call: CallContext): Promise<CreditReportAnswer> => {
      const body = JSON.stringify(toRequest(options, inquiry));
      return toAnswer(await http({ method: 'POST', path: '/inquiries', headers, body, answer: 'json', repeatable: true }, call));
    },
    readReport: async (inquiryId: string, call: CallContext): Promise<CreditReportAnswer> => {
      const path = `/inquiries/${encodeURIComponent(inquiryId)}`;
      const answer = toAnswer(await http({ method: 'GET', path, headers, answer: 'json', repeatable: true }, call));
      if (answer.inquiryId !== inquiryId) throw new VendorFailure('cic', 'garbage', 'OTHER_INQUIRY');
      return answer;
    },
  };
}

function toRequest(options: CreditBureauOptions, { requestId, subject, consentId }: CreditInquiry): InquiryRequest {
  return {
    requestId,
    product: options.product ?? 'PAYLATER_REPORT',
    subject: {
      idNumber: subject.nationalId,
      oldIdNumbers: [],
      fullName: subject.fullName.normalize('NFC'),
      dob: subject.dateOfBirth,
      ...(subject.phone === undefined ? {} : { phone: subject.phone }),
    },
    purpose: 'CREDIT_ASSESSMENT',
    consentRef: consentId,
    callbackUrl: options.callbackUrl,
  };
}

function toAnswer({ status, text }: VendorAnswer): CreditReportAnswer {
  if (status >= 400) throw refusal(status, text);
  const parsed = inquiryAnswer.safeParse(readJson('cic', text));
  if (!parsed.success) throw new VendorFailure('cic', 'garbage', 'SHAPE');
  const answer = parsed.data;
  const { inquiryId } = answer;
  if (answer.status === 'PENDING') return { kind: 'pending', inquiryId };
  if (answer.status === 'NO_HIT') return { kind: 'no_hit', inquiryId };
  if (answer.status === 'MULTIPLE_MATCH') return { kind: 'multiple_match', inquiryId };
  if (answer.status === 'ERROR') return { kind: 'error', inquiryId, code: answer.errorCode };
  return { kind: 'hit', inquiryId, report: toReport(answer.report) };
}

function toReport({ inquiries, ...report }: WireReport): CreditReport {
  return { ...report, inquiries: { d30: inquiries['30d'], d90: inquiries['90d'], d180: inquiries['180d'] } };
}

function refusal(status: number, text: string): VendorFailure {
  const parsed = errorAnswer.safeParse(text === '' ? null : readJson('cic', text));
  return new VendorFailure('cic', 'rejected', parsed.success ? parsed.data.error : `HTTP_${status}`);
}
