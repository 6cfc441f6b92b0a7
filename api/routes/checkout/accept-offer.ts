// POST /checkout/offer/accept: the customer takes the offer. What was shown is what is accepted: the hash says which.

import { z } from '@hono/zod-openapi';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId } from '../../idempotency.ts';
import { commandAccepted } from '../../schemas.ts';
import { command, customerProblems } from '../../verbs/command.ts';
import { toAccepted } from './accepted.ts';

const acceptance = z.strictObject({ offer_hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be the offer_hash of the offer') });

/** Adds the route. */
export function addAcceptOffer(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.session, problems: [...customerProblems, 'OFFER_MISMATCH'] },
    {
      method: 'post',
      path: '/checkout/offer/accept',
      tags: ['Checkout'],
      summary: 'Accept the offer',
      request: { body: body(acceptance) },
      responses: { 202: json(commandAccepted, 'Accepted; the contract is being prepared') },
    },
  );
  app.openapi(route, async (c) => {
    const { offer_hash: offerHash } = c.req.valid('json');
    const view = await command(deps, sessionOf(c).applicationId, async (ref) =>
      deps.commands.acceptOffer(ref, commandId(c, 'accept-offer'), { offerHash }),
    );
    return c.json(toAccepted(view), 202);
  });
}
