// POST /checkout/cancel: the customer does not want to go on. Possible until the purchase is handed to the bank.

import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId } from '../../idempotency.ts';
import { commandAccepted } from '../../schemas.ts';
import { command, commandProblems } from '../../verbs/command.ts';
import { toAccepted } from './accepted.ts';

/** Adds the route. */
export function addCancelCheckout(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.session, problems: [...commandProblems, 'POINT_OF_NO_RETURN'] },
    {
      method: 'post',
      path: '/checkout/cancel',
      tags: ['Checkout'],
      summary: 'Cancel the application',
      responses: { 202: json(commandAccepted, 'It is being canceled; what was done is undone') },
    },
  );
  app.openapi(route, async (c) => {
    const view = await command(deps, sessionOf(c).applicationId, async (ref) =>
      deps.commands.cancel(ref, commandId(c, 'cancel'), { by: 'customer', actor: 'customer' }),
    );
    return c.json(toAccepted(view), 202);
  });
}
