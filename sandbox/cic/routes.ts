// CIC on the wire: an inquiry is accepted now and answered later. Every call carries the lender's key.

import { Hono } from 'hono';
import { inquiryRequest } from '../../adapters/cic/wire.ts';
import { answerWith } from '../faults.ts';
import type { Faults, SandboxEnv } from '../faults.ts';
import { isSameText } from '../secrets.ts';
import type { Store } from '../store.ts';
import { acceptInquiry, readInquiry } from './inquiries.ts';

export interface CicDeps {
  store: Store;
  faults: Faults;
  apiKey: string;
  slowMs: number;
  /** How long an inquiry takes, from its acceptance to the callback. */
  reportDelayMs: number;
}

/** `POST /inquiries` and `GET /inquiries/{id}`. */
export function cicRoutes(deps: CicDeps): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.use(async (c, next) => {
    if (!isSameText(c.req.header('x-api-key') ?? '', deps.apiKey)) return c.json({ error: 'UNAUTHORIZED' }, 401);
    return next();
  });
  routes.post('/inquiries', async (c) => {
    c.set('operation', 'inquire');
    const parsed = inquiryRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) return c.json({ error: 'INVALID_REQUEST' }, 400);
    return answerWith(c, deps.faults.take('cic', 'inquire'), deps.slowMs, async () => {
      const answer = await acceptInquiry(deps.store, parsed.data, deps.reportDelayMs);
      return answer ? c.json(answer, 202) : c.json({ error: 'REQUEST_ID_REUSED' }, 409);
    });
  });
  routes.get('/inquiries/:id', async (c) => {
    c.set('operation', 'read');
    return answerWith(c, deps.faults.take('cic', 'read'), deps.slowMs, async () => {
      const answer = await readInquiry(deps.store, c.req.param('id'));
      return answer ? c.json(answer) : c.json({ error: 'NOT_FOUND' }, 404);
    });
  });
  return routes;
}
