// POST and GET /checkout/liveness: a session for the customer's camera, and how it stands. The page streams to Amazon itself with the id;
// what Amazon saw is asked for here, by the server, and never told to the customer.

import { z } from '@hono/zod-openapi';
import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { time } from '../../schemas.ts';
import { openSession, sessionNow } from '../../verbs/check-liveness.ts';
import type { SessionView } from '../../verbs/check-liveness.ts';

const liveness = z
  .object({
    session_id: z.string().openapi({ description: 'For one stream of the camera.' }),
    region: z.string().openapi({ description: 'The AWS region to stream to.' }),
    expires_at: time,
    state: z.enum(['open', 'ended', 'failed', 'expired', 'submitted']).openapi({
      description: '`ended`: send the photos now. `failed`, `expired`, `submitted`: the next attempt needs a new session.',
    }),
  })
  .openapi('LivenessSession');

/** Adds both routes. */
export function addLiveness(app: Api, deps: ApiDeps, guards: Guards): void {
  const open = defineRoute(
    { guard: guards.session, problems: ['WRONG_STATE', 'LIVENESS_NOT_ASKED', 'TOO_MANY_SESSIONS'] },
    {
      method: 'post',
      path: '/checkout/liveness',
      tags: ['Checkout'],
      summary: 'Open a liveness session for the camera',
      responses: { 201: json(liveness, 'The session; it takes the place of any before it') },
    },
  );
  app.openapi(open, async (c) => c.json(toLiveness(await openSession(deps, sessionOf(c).applicationId)), 201));

  const read = defineRoute(
    { guard: guards.session, problems: ['NOT_FOUND', 'LIVENESS_NOT_ASKED'] },
    {
      method: 'get',
      path: '/checkout/liveness',
      tags: ['Checkout'],
      summary: 'How the newest liveness session stands',
      responses: { 200: json(liveness, 'The session') },
    },
  );
  app.openapi(read, async (c) => c.json(toLiveness(await sessionNow(deps, sessionOf(c).applicationId)), 200));
}

function toLiveness({ sessionId, region, expiresAt, state }: SessionView): z.output<typeof liveness> {
  return { session_id: sessionId, region, expires_at: expiresAt.toISOString(), state };
}
