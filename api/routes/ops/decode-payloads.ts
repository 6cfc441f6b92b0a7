// POST /ops/v1/payloads/decode: opens what the Temporal UI shows, for engineers and auditors who look at a run. There is no way to encrypt
// here. The UI calls it from the browser with the token of whoever looks, so it is the one address that another origin may call: the UI's.

import { cors } from 'hono/cors';
import { z } from '@hono/zod-openapi';
import { staffLimits } from '../../../config/staff-limits.ts';
import { readApplication } from '../../../db/applications.ts';
import type { Tx } from '../../../db/pool.ts';
import { applicationIdOf } from '../../../workflows/messages.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { Problem } from '../../problems.ts';
import { allowed } from '../../verbs/allowed.ts';

const payload = z.object({ metadata: z.record(z.string(), z.base64()).optional(), data: z.base64().optional() }).openapi('Payload');
const payloads = z.object({ payloads: z.array(payload).max(staffLimits.decodeMaxPayloads) }).openapi('Payloads');

const path = '/ops/v1/payloads/decode';

/** Adds the route, and lets the Temporal UI call it. */
export function addDecodePayloads(app: Api, deps: ApiDeps, guards: Guards): void {
  const { temporalUiOrigin: origin, payloadNamespace } = deps;
  if (origin !== null) app.use(path, cors({ origin, allowMethods: ['POST'], allowHeaders: headersOfTheUi, maxAge: preflightKeptSeconds }));
  const route = defineRoute(
    {
      guard: guards.staff('decodePayloads'),
      maxBytes: staffLimits.decodeMaxBytes,
      problems: ['NOT_FOUND', 'CROSS_SITE', 'TOO_MANY_REQUESTS'],
    },
    {
      method: 'post',
      path,
      tags: ['Operations'],
      summary: 'Open payloads of Temporal',
      request: { headers: z.object({ 'x-namespace': z.string().optional() }), body: body(payloads) },
      responses: { 200: json(payloads, 'The same payloads, opened; what is not encrypted, or does not open, is as it was') },
    },
  );
  app.openapi(route, async (c) => {
    const from = c.req.header('origin');
    if (from !== undefined && from !== origin) throw new Problem('CROSS_SITE');
    const namespace = c.req.valid('header')['x-namespace'] ?? payloadNamespace;
    if (namespace !== payloadNamespace) throw new Problem('NOT_FOUND', { detail: 'The keys of that namespace are not here.' });
    const { payloads: read, opened } = await deps.readPayloads(c.req.valid('json').payloads);
    const by = { actor: actorOf(c), requestId: c.get('requestId') };
    await deps.database.withTransaction(async (tx) => {
      for (const [workflowId, count] of opened) await noteLook(tx, by, workflowId, count);
    });
    return c.json({ payloads: read }, 200);
  });
}

const headersOfTheUi = ['authorization', 'authorization-extras', 'content-type', 'x-namespace'];
const preflightKeptSeconds = 600; // Our choice: one preflight for a look at a run.

async function noteLook(tx: Tx, by: { actor: string; requestId: string }, workflowId: string, count: number): Promise<void> {
  const application = await readApplication(tx, applicationIdOf(workflowId) ?? '');
  const subject = workflowId || 'workflow task';
  const look = { ...by, action: 'payloads.decoded', applicationId: application?.id ?? null, subject, change: { count } };
  await allowed(tx, look, staffLimits.decodesMax);
}
