// The back door, for tests and demos: order faults, let codes expire, and look at what the vendors believe. Its summary holds numbers
// and outcomes, so that a test can state an invariant over all of them.

import { Hono } from 'hono';
import { z } from 'zod';
import { sandboxLimits } from '../config/sandbox-limits.ts';
import { defaultInstallation } from '../adapters/way4/wire.ts';
import { faultOrder } from './faults.ts';
import type { Faults, SandboxEnv } from './faults.ts';
import { whole } from './store.ts';
import type { Rows, Store } from './store.ts';
import { expireChallenges } from './way4/otp.ts';

/** `POST|GET|DELETE /faults`, `GET /state`, `POST /otp/expire`. */
export function adminRoutes(deps: { store: Store; faults: Faults }): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.post('/faults', async (c) => {
    const parsed = faultOrder.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) return c.json({ error: 'INVALID_FAULT', issues: parsed.error.issues.map((issue) => issue.message) }, 400);
    deps.faults.order(parsed.data);
    return c.json({ faults: deps.faults.pending() }, 201);
  });
  routes.get('/faults', (c) => c.json({ faults: deps.faults.pending() }));
  routes.delete('/faults', async (c) => {
    await deps.faults.clear();
    return c.json({ faults: [] });
  });
  routes.get('/state', async (c) => c.json(await sandboxState(deps.store)));
  routes.post('/otp/expire', async (c) => c.json({ expired: await expireChallenges(deps.store) }));
  return routes;
}

const stateRows = {
  clients: z.object({ clientNumber: z.string(), name: z.string(), status: z.enum(['active', 'closed']) }),
  contracts: z.object({
    contractNumber: z.string(),
    clientNumber: z.string(),
    status: z.enum(['active', 'blocked', 'closed']),
    limitVnd: whole,
    postedVnd: whole,
    blockedVnd: whole,
    availableVnd: whole,
  }),
  purchases: z.object({
    rrn: z.string(),
    contractNumber: z.string(),
    amountVnd: whole,
    outcome: z.enum(['posted', 'rejected', 'reversed']),
    respCode: z.string(),
    /** How often the core was asked to create it; it was booked at most once. */
    attempts: whole,
  }),
  inquiries: z.object({
    inquiryId: z.string(),
    requestId: z.string(),
    /** How often it was asked for; it is billed once. */
    requests: whole,
    callbackTries: whole,
    isCallbackDue: z.boolean(),
  }),
};

/** What `GET /admin/state` answers; each list newest first and at most 1,000 long. */
export interface SandboxState {
  clients: z.output<typeof stateRows.clients>[];
  contracts: z.output<typeof stateRows.contracts>[];
  purchases: z.output<typeof stateRows.purchases>[];
  inquiries: z.output<typeof stateRows.inquiries>[];
  inquiriesBilled: number;
  messages: number;
}

async function sandboxState(db: Rows): Promise<SandboxState> {
  const count = z.object({ count: whole });
  const most = sandboxLimits.stateMaxRows;
  const [clients, contracts, purchases, inquiries, billed, messages] = await Promise.all([
    db.rows(stateRows.clients, clientsQuery, [most]),
    db.rows(stateRows.contracts, contractsQuery, [most]),
    db.rows(stateRows.purchases, purchasesQuery, [most, defaultInstallation.msgCodes.purchase]),
    db.rows(stateRows.inquiries, inquiriesQuery, [most]),
    db.rows(count, 'select count(*) as count from inquiries'),
    db.rows(count, 'select count(*) as count from messages'),
  ]);
  return { clients, contracts, purchases, inquiries, inquiriesBilled: billed[0]?.count ?? 0, messages: messages[0]?.count ?? 0 };
}

const clientsQuery = `
  select client_number as "clientNumber", trim(last_name || ' ' || first_name) as name, status
  from clients order by created_at desc limit $1`;

const contractsQuery = `
  select contract_number as "contractNumber", client_number as "clientNumber", status, limit_vnd as "limitVnd", posted_vnd as "postedVnd",
    blocked_vnd as "blockedVnd", limit_vnd - posted_vnd - blocked_vnd as "availableVnd"
  from contracts order by created_at desc limit $1`;

const purchasesQuery = `
  select rrn, contract_number as "contractNumber", amount_vnd as "amountVnd", resp_code as "respCode", attempts,
    case when resp_code <> '0' then 'rejected' when reversed_at is null then 'posted' else 'reversed' end as outcome
  from docs where msg_code = $2 order by id desc limit $1`;

const inquiriesQuery = `
  select inquiry_id as "inquiryId", request_id as "requestId", requests, callback_tries as "callbackTries",
    callback_due_at is not null as "isCallbackDue"
  from inquiries order by created_at desc limit $1`;
