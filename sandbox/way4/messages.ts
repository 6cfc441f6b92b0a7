// UFX as the core reads and answers it: the requests it understands, and the answer that echoes a request with a Status. What it does
// not understand is a validation failure (1770), never a guess.

import { z } from 'zod';
import { writeUfxTree } from '../../adapters/way4/wire.ts';
import type { UfxMessage } from '../../adapters/way4/wire.ts';

/** Codes that this core answers with. */
export const respCode = {
  ok: '0',
  doNotHonour: '5',
  noSuchContract: '14',
  noSuchRecord: '25',
  insufficientFunds: '51',
  alreadyReversed: '79',
  duplicate: '94',
  systemError: '96',
  validationFailure: '1770',
} as const;

/** A request that is refused. Nothing of it stays, unless the one who throws it committed before. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;

  constructor(code: string) {
    super(`refused with ${code}`);
    this.code = code;
  }
}

/** What a handler gives back: the code, and elements to add to the echo. */
export interface Outcome {
  code: string;
  elements?: Record<string, Element>;
}

type Element = UfxMessage['tree'];

const text = z.string().trim().min(1).max(250);
const clientIdt = z.object({ ClientInfo: z.object({ ClientNumber: text }) });
const contractIdt = z.object({ ContractNumber: text });
const addInfo = z.object({ AddInfo01: z.string().max(1_000) });
const creditLimit = z.object({ FinanceLimit: z.object({ Amount: text, Currency: z.literal('VND') }) });

export const applicationRequest = z.object({
  RegNumber: text,
  Institution: text,
  ObjectType: z.enum(['Client', 'Contract', 'ClientContract']),
  ActionType: z.enum(['Add', 'Update']),
  ObjectFor: z.object({ ClientIDT: clientIdt.optional(), ContractIDT: contractIdt.optional() }).optional(),
  Data: z.unknown(),
});

export const newClient = z.object({
  Client: z.object({
    ClientType: z.literal('PR'),
    ClientInfo: z.object({ ClientNumber: text, RegNumber: text, FirstName: text, LastName: text.optional() }),
    BaseAddress: z.object({ EMail: text.optional(), City: z.string(), AddressLine1: text }),
    AddClientInfo: addInfo,
  }),
});

export const changedClient = z.object({ Client: z.object({ AddClientInfo: addInfo }) });

export const newContract = z.object({
  Contract: z.object({
    ContractIDT: contractIdt,
    Product: z.object({ ProductCode1: text }),
    DateOpen: z.iso.date(),
    CreditLimit: creditLimit.optional(),
  }),
});

export const changedContract = z.object({
  Contract: z.object({ CreditLimit: creditLimit.optional(), AddContractInfo: addInfo.optional() }),
});

export const inquiryRequest = z.object({
  ObjectType: z.enum(['Client', 'Contract']),
  ActionType: z.literal('Inquiry'),
  ObjectFor: z.object({ ClientIDT: clientIdt.optional(), ContractIDT: contractIdt.optional() }),
});

export const docRequest = z.object({
  TransType: z.object({ TransCode: z.object({ MsgCode: text }) }),
  DocRefSet: z.object({ Parm: z.array(z.object({ ParmCode: text, Value: text })) }),
  Source: z.object({ ContractNumber: text }),
  Requestor: z.object({ ContractNumber: text }).optional(),
  SourceDtls: z.object({ MerchantName: text }).optional(),
  Transaction: z.object({ Currency: z.literal('VND'), Amount: text }).optional(),
});

export type ApplicationRequest = z.output<typeof applicationRequest>;
export type DocRequest = z.output<typeof docRequest>;

/** The value parsed, or a refusal for a shape that is not understood. */
export function understood<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Refused(respCode.validationFailure);
  return parsed.data;
}

/** The answer: the request again, with what the handler added and its Status as the last child. */
export function echo(message: UfxMessage, outcome: Outcome): string {
  const isOk = outcome.code === respCode.ok;
  const respText = isOk ? 'Successfully processed' : 'Rejected';
  const root = message.tree['UFXMsg'];
  const body = typeof message.body === 'object' ? message.body : {};
  return writeUfxTree({
    UFXMsg: {
      ...(typeof root === 'object' && !Array.isArray(root) ? root : {}),
      '@direction': 'Rs',
      '@resp_class': isOk ? 'I' : 'E',
      '@resp_code': outcome.code,
      '@resp_text': respText,
      MsgData: {
        [message.type]: {
          ...body,
          ...outcome.elements,
          Status: {
            RespClass: isOk ? 'Information' : 'Error',
            RespCode: outcome.code,
            RespText: respText,
            ...(isOk && message.type === 'Application' ? { PostingStatus: 'Posted' } : {}),
          },
        },
      },
    },
  });
}
