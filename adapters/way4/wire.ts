// The bytes of WAY4's UFX interface, as far as both the client and the sandbox must agree on them: the envelope, the codes of one
// installation, amounts, times and tags. The vendor publishes none of it; what is not evidenced by several public clients is our
// assumption, is marked so, and can be changed per installation without touching anything else.

import { z } from 'zod';
import { readXml, writeXml } from './xml.ts';
import type { XmlTree } from './xml.ts';

/** Everything about WAY4 that differs from bank to bank. */
export interface Way4Installation {
  /** UFX version that is announced; any 2.x is accepted in answers. */
  version: string;
  sourceApp: string;
  institution: string;
  orderDepartment: string;
  /** WAY4 product of the pay-later contract. */
  product: string;
  currency: string;
  countryCode: string;
  /** Contract that purchases are acquired on; with MsgCode and RRN it is what WAY4 recognises a repeated Doc by. */
  acquiringContract: string;
  merchantCategoryCode: string;
  msgCodes: {
    purchase: string;
    /** Assumption: by the pattern of the other reversals. */
    purchaseReversal: string;
    hold: string;
    holdReversal: string;
    /** Extension, not WAY4: the bookings with one RRN. A bank without it settles a lost answer from its statement or event feed. */
    bookingInquiry: string;
    /** Extension, not WAY4: the purchases of the acquiring contract since a time. A bank without it delivers a file of its postings. */
    bookingList: string;
  };
  respCodes: {
    ok: string;
    duplicate: readonly string[];
    notFound: readonly string[];
    /** Business refusals of a Doc: final, and a value to the caller. */
    refused: readonly string[];
    /** Known refusals that mean our message or its order is wrong. */
    invalid: readonly string[];
    tryLater: readonly string[];
  };
  contractStatuses: { active: string; blocked: string; closed: string };
}

export const defaultInstallation: Way4Installation = {
  version: '2.0',
  sourceApp: 'TRASAU',
  institution: '0001',
  orderDepartment: '0101',
  product: 'PAYLATER',
  currency: 'VND',
  countryCode: 'VNM',
  acquiringContract: 'TRASAU-ACQ',
  merchantCategoryCode: '5311',
  msgCodes: {
    purchase: '02000R',
    purchaseReversal: '04200R',
    hold: 'auth_purchase',
    holdReversal: 'auth_purchase_rev',
    bookingInquiry: 'TRASAU_DOC_INQUIRY',
    bookingList: 'TRASAU_DOC_LIST',
  },
  respCodes: {
    ok: '0',
    duplicate: ['94'],
    notFound: ['14', '15', '25'],
    refused: ['5', '14', '51', '54', '61', '65', '75'],
    invalid: ['79', '1770'],
    tryLater: ['91', '96'],
  },
  contractStatuses: { active: '00', blocked: '05', closed: '14' },
};

/** Tags in AddInfo01 (`KEY=VALUE;`). The carrier is evidenced, these tags are ours: UFX shows no field for them. */
export const tagNames = { birthDate: 'BIRTH_DATE', phone: 'MOBILE_PHONE', status: 'TRASAU_STATUS' } as const;

/** Value of {@link tagNames}.status in an Update that closes a client or contract. Extension, not WAY4. */
export const closedTag = 'CLOSED';

const status = z.object({ RespClass: z.string(), RespCode: z.string().regex(/^\d{1,6}$/) });
const parms = z.object({ Parm: z.array(z.object({ ParmCode: z.string(), Value: z.string() })) });
const balances = z.object({
  Balances: z.object({
    Balance: z.array(z.object({ Type: z.string().optional(), Name: z.string().optional(), Amount: z.string(), Currency: z.string() })),
  }),
});

export const applicationAnswer = z.object({ RegNumber: z.string(), Status: status });

export const clientAnswer = z.object({
  RegNumber: z.string(),
  Status: status,
  DataRs: z
    .object({ ClientRs: z.object({ Client: z.object({ ClientInfo: z.object({ ClientNumber: z.string() }), StatusCode: z.string() }) }) })
    .optional(),
});

export const contractAnswer = z.object({
  RegNumber: z.string(),
  Status: status,
  DataRs: z
    .object({
      ContractRs: z.object({
        Contract: z.object({
          ContractIDT: z.object({
            ContractNumber: z.string(),
            Client: z.object({ ClientInfo: z.object({ ClientNumber: z.string() }) }),
          }),
          StatusCode: z.string(),
          ...balances.shape,
        }),
      }),
    })
    .optional(),
});

const booking = z.object({
  TransType: z.object({ TransCode: z.object({ MsgCode: z.string() }) }),
  DocRefSet: parms,
  Status: status,
});

export const docAnswer = booking.extend({ DataRs: balances.partial().optional() });

/** A booking as an answer shows it to somebody who did not just make it. */
const recordedBooking = booking.extend({
  Requestor: z.object({ ContractNumber: z.string() }),
  Transaction: z.object({ Amount: z.string() }),
});

export const bookingsAnswer = booking.extend({
  DataRs: balances.extend({ Doc: z.array(recordedBooking) }).optional(),
});

/** Parameters of a {@link Way4Installation.msgCodes}.bookingList and of the documents in its answer. */
export const listParms = {
  since: 'SINCE',
  after: 'AFTER',
  limit: 'LIMIT',
  docId: 'DOC_ID',
  bookedAt: 'BOOKED_AT',
  reversed: 'REVERSED',
} as const;

export const bookingListAnswer = booking.extend({ DataRs: z.object({ Doc: z.array(recordedBooking) }).optional() });

const envelope = z.object({
  UFXMsg: z.object({
    '@scheme': z.enum(['WAY4Appl', 'WAY4Doc']),
    '@msg_type': z.enum(['Application', 'Information', 'Doc']),
    '@version': z.string().regex(/^2\./),
    '@direction': z.enum(['Rq', 'Rs']),
    MsgId: z.string().min(1),
    MsgData: z.record(z.string(), z.unknown()),
  }),
});

export type UfxMessageType = z.output<typeof envelope>['UFXMsg']['@msg_type'];

export interface UfxMessage {
  type: UfxMessageType;
  direction: 'Rq' | 'Rs';
  msgId: string;
  /** The only child of MsgData: Application, Information or Doc. */
  body: unknown;
  /** The whole document, for an answer that echoes it. */
  tree: XmlTree;
}

/** Reads one UFX document. Throws a SyntaxError that says what is wrong with its shape and repeats nothing of it. */
export function readUfx(text: string): UfxMessage {
  const tree = readXml(text);
  const parsed = envelope.safeParse(tree);
  if (!parsed.success) throw new SyntaxError('not a UFX message');
  const message = parsed.data.UFXMsg;
  const child = message.MsgData[message['@msg_type']];
  // The reader returns every Doc as a list, because inquiries answer several; as a message there is one.
  const body: unknown = Array.isArray(child) && child.length === 1 ? child[0] : child;
  if (body === undefined || Array.isArray(body) || typeof body === 'string') throw new SyntaxError('not a UFX message');
  return { type: message['@msg_type'], direction: message['@direction'], msgId: message.MsgId, body, tree };
}

/** Writes one request. */
export function writeUfxRequest(installation: Way4Installation, type: UfxMessageType, msgId: string, body: XmlTree): string {
  return writeXml({
    UFXMsg: {
      '@scheme': type === 'Doc' ? 'WAY4Doc' : 'WAY4Appl',
      '@msg_type': type,
      '@version': installation.version,
      '@direction': 'Rq',
      MsgId: msgId,
      Source: { '@app': installation.sourceApp },
      MsgData: { [type]: body },
    },
  });
}

/** Writes a document as it is: the echo of a request, for the sandbox. */
export function writeUfxTree(tree: XmlTree): string {
  return writeXml(tree);
}

/** The value of a parameter, such as the RRN in a DocRefSet. */
export function parmValue(list: z.output<typeof parms>, code: string): string | undefined {
  return list.Parm.find((parm) => parm.ParmCode === code)?.Value;
}

/** The amount of a balance in whole VND. One vendor client names balances in Type, another in Name. */
export function balanceVnd(list: z.output<typeof balances>, name: string): number | undefined {
  const found = list.Balances.Balance.find((balance) => (balance.Type ?? balance.Name) === name);
  return found === undefined ? undefined : readAmountVnd(found.Amount);
}

/** Whole VND from a decimal amount (`1500000` or `1500000.00`); undefined when it is no whole number of VND. */
export function readAmountVnd(text: string): number | undefined {
  const whole = /^(-?\d{1,13})(?:\.0{1,4})?$/.exec(text)?.[1];
  return whole === undefined ? undefined : Number(whole);
}

/** `KEY=VALUE;` pairs of an AddInfo field. Keys and values hold neither `=` nor `;`. */
export function writeTags(tags: Record<string, string>): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value.replaceAll(/[;=]/g, ' ')};`)
    .join('');
}

/** The pairs of an AddInfo field. */
export function readTags(text: string): Map<string, string> {
  const pairs = text.split(';').filter((pair) => pair.includes('='));
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** Body of `POST /otp/challenges`. Extension, not WAY4: nothing public shows how its OTP is asked for. */
export const otpChallengeRequest = z.strictObject({
  requestId: z.string().min(1).max(64),
  clientNumber: z.string().min(1).max(64),
  terms: z.strictObject({
    amountVnd: z.number().int().positive(),
    merchantId: z.string().min(1),
    merchantName: z.string().min(1),
    contractNumber: z.string().min(1),
    documentSha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
});

export const otpChallengeAnswer = z.object({ challengeId: z.string().min(1), expiresAt: z.iso.datetime(), maskedPhone: z.string() });

/** Body of `POST /otp/challenges/{id}/verify`. */
export const otpVerifyRequest = z.strictObject({ code: z.string().regex(/^\d{1,10}$/), terms: otpChallengeRequest.shape.terms });

export const otpVerifyAnswer = z.object({ result: z.enum(['verified', 'wrong', 'expired', 'locked']) });

/** Body of a 4xx of the OTP extension. */
export const otpErrorAnswer = z.object({ error: z.string().regex(/^[A-Z0-9_]{1,40}$/) });
