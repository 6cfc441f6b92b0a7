// The SMS gateway on the wire, in eSMS's shape: always HTTP 200, the outcome in CodeResult.

import { Hono } from 'hono';
import { sendPath, sendRequest } from '../../adapters/notify/wire.ts';
import { answerWith } from '../faults.ts';
import type { Faults, SandboxEnv } from '../faults.ts';
import { isSameText } from '../secrets.ts';
import type { Store } from '../store.ts';
import { deliver } from './gateway.ts';

export interface SmsDeps {
  store: Store;
  faults: Faults;
  apiKey: string;
  apiSecret: string;
  slowMs: number;
}

const invalidRequest = '99';
const wrongCredentials = '101';

/** `POST {sendPath}`. */
export function smsRoutes(deps: SmsDeps): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.post(sendPath, async (c) => {
    c.set('operation', 'send');
    const body: unknown = await c.req.json().catch(() => undefined);
    return answerWith(c, deps.faults.take('sms', 'send'), deps.slowMs, async () => {
      const code = await send(deps, body);
      return c.json({ CodeResult: code, ...(code === '100' ? { SMSID: crypto.randomUUID() } : { ErrorMessage: 'Refused' }) });
    });
  });
  return routes;
}

async function send(deps: SmsDeps, body: unknown): Promise<string> {
  const parsed = sendRequest.safeParse(body);
  if (!parsed.success) return invalidRequest;
  const { ApiKey, SecretKey, RequestId, Phone, Content, Brandname } = parsed.data;
  if (!isSameText(ApiKey, deps.apiKey) || !isSameText(SecretKey, deps.apiSecret)) return wrongCredentials;
  return deliver(deps.store, { requestId: RequestId, phone: Phone.replace('0', '+84'), sender: Brandname, text: Content });
}
