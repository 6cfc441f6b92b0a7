// One UFX message there and back. An answer counts only when it is a UFX document, to this very message, of the expected shape, and
// its code is one that the installation knows: everything else is garbage or unknown, and never a success.

import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { VendorFailure } from '../../domain/failures.ts';
import type { CallContext } from '../../domain/ports.ts';
import type { VendorHttp } from '../http.ts';
import { readUfx, writeUfxRequest } from './wire.ts';
import type { UfxMessage, UfxMessageType, Way4Installation } from './wire.ts';
import type { XmlTree } from './xml.ts';

interface UfxExchange<Answer> {
  type: UfxMessageType;
  body: XmlTree;
  answer: z.ZodType<Answer>;
  call: CallContext;
  /** For inquiries: they change nothing, so a lost answer is `unavailable`. */
  readOnly?: boolean;
}

/** Expired credentials, a missing permission, a wrong address, a proxy in between. */
const closedGateway = new Set([401, 403, 404, 407]);

export type SendUfx = <Answer extends { Status: { RespCode: string } }>(exchange: UfxExchange<Answer>) => Promise<Answer>;

/** Returns the answer with whatever known code it carries; the caller decides what a refusal means. Throws {@link VendorFailure}. */
export function createUfx(http: VendorHttp, installation: Way4Installation): SendUfx {
  return async ({ type, body, answer, call, readOnly = false }) => {
    const msgId = randomUUID();
    const response = await http(
      {
        method: 'POST',
        path: '',
        headers: { 'content-type': 'text/xml; charset=utf-8' },
        body: writeUfxRequest(installation, type, msgId, body),
        answer: 'xml',
        repeatable: readOnly,
      },
      call,
    );
    // Business errors come with HTTP 200; a 4xx is a gateway that never let the message through. One that is closed to all of us says nothing
    // about this message.
    if (response.status >= 400)
      throw new VendorFailure('way4', closedGateway.has(response.status) ? 'unavailable' : 'rejected', `HTTP_${response.status}`);
    const message = readMessage(response.text);
    if (message.type !== type || message.direction !== 'Rs' || message.msgId !== msgId) {
      throw new VendorFailure('way4', 'garbage', 'OTHER_MESSAGE');
    }
    const parsed = answer.safeParse(message.body);
    if (!parsed.success) throw new VendorFailure('way4', 'garbage', 'SHAPE');
    refuseUnknownCode(installation, parsed.data.Status.RespCode, readOnly);
    return parsed.data;
  };
}

function readMessage(text: string): UfxMessage {
  try {
    return readUfx(text);
  } catch {
    throw new VendorFailure('way4', 'garbage', 'NOT_UFX');
  }
}

function refuseUnknownCode({ respCodes }: Way4Installation, code: string, readOnly: boolean): void {
  if (respCodes.tryLater.includes(code)) throw new VendorFailure('way4', readOnly ? 'unavailable' : 'busy', code);
  const known = [respCodes.ok, ...respCodes.duplicate, ...respCodes.notFound, ...respCodes.refused, ...respCodes.invalid];
  if (!known.includes(code)) throw new VendorFailure('way4', readOnly ? 'garbage' : 'unknown', `RESP_${code}`);
}
