// WAY4 on the wire: UFX documents are posted to one URL, and the OTP extension has two more. Business errors come with HTTP 200 and a
// RespCode; only what is no UFX at all is refused by HTTP.

import { Hono } from 'hono';
import { otpChallengeRequest, otpVerifyRequest, readUfx } from '../../adapters/way4/wire.ts';
import type { UfxMessage } from '../../adapters/way4/wire.ts';
import { answerWith } from '../faults.ts';
import type { Fault, Faults, SandboxEnv } from '../faults.ts';
import { coreBehaviour } from '../sentinels.ts';
import type { Store } from '../store.ts';
import { acceptApplication, applicationOperation } from './applications.ts';
import { bookedAmountVnd, decideDoc, docOperation } from './docs.ts';
import { answerInquiry, inquiryOperation } from './inquiries.ts';
import { echo, Refused } from './messages.ts';
import type { Outcome } from './messages.ts';
import { OtpRefused, requestChallenge, verifyChallenge } from './otp.ts';

export interface Way4Deps {
  store: Store;
  faults: Faults;
  /** How long a slow answer takes. */
  slowMs: number;
}

/** `POST /` for UFX, `POST /otp/challenges` and `POST /otp/challenges/{id}/verify`. */
export function way4Routes(deps: Way4Deps): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.post('/', async (c) => {
    const message = readRequest(await c.req.text());
    if (!message) return c.text('Not a UFX request', 400);
    const operation = operationOf(message);
    c.set('operation', operation);
    const fault = deps.faults.take('way4', operation) ?? sentinelFault(message);
    return answerWith(c, fault, deps.slowMs, async () => {
      const outcome = await decide(deps.store, message);
      return c.body(echo(message, outcome), 200, { 'content-type': 'text/xml; charset=utf-8' });
    });
  });
  return routes.route('/otp', otpRoutes(deps));
}

function readRequest(text: string): UfxMessage | undefined {
  try {
    const message = readUfx(text);
    return message.direction === 'Rq' ? message : undefined;
  } catch {
    return undefined;
  }
}

function operationOf({ type, body }: UfxMessage): string {
  if (type === 'Application') return applicationOperation(body);
  return type === 'Information' ? inquiryOperation(body) : docOperation(body);
}

function sentinelFault({ type, body }: UfxMessage): Fault | undefined {
  const amountVnd = type === 'Doc' ? bookedAmountVnd(body) : undefined;
  const behaviour = amountVnd === undefined ? undefined : coreBehaviour(amountVnd);
  return behaviour && behaviour.kind !== 'reject' ? { fault: behaviour.kind } : undefined;
}

async function decide(store: Store, { type, body }: UfxMessage): Promise<Outcome> {
  try {
    if (type === 'Application') return await acceptApplication(store, body);
    return await (type === 'Information' ? answerInquiry(store, body) : decideDoc(store, body));
  } catch (error) {
    if (error instanceof Refused) return { code: error.code };
    throw error;
  }
}

function otpRoutes(deps: Way4Deps): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.post('/challenges', async (c) => {
    c.set('operation', 'requestOtp');
    const parsed = otpChallengeRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) return c.json({ error: 'INVALID_REQUEST' }, 400);
    return answerWith(c, deps.faults.take('way4', 'requestOtp'), deps.slowMs, async () =>
      c.json(await requestChallenge(deps.store, parsed.data), 201),
    );
  });
  routes.post('/challenges/:id/verify', async (c) => {
    c.set('operation', 'verifyOtp');
    const parsed = otpVerifyRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) return c.json({ error: 'INVALID_REQUEST' }, 400);
    return answerWith(c, deps.faults.take('way4', 'verifyOtp'), deps.slowMs, async () =>
      c.json({ result: await verifyChallenge(deps.store, c.req.param('id'), parsed.data) }),
    );
  });
  routes.onError((error, c) => {
    if (error instanceof OtpRefused) return c.json({ error: error.code }, error.status);
    throw error;
  });
  return routes;
}
