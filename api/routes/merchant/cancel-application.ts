// POST /v1/applications/{id}/cancel: the shop changes its mind. Possible until the purchase is handed to the bank.

import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { keyHolderOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId } from '../../idempotency.ts';
import { idParam } from '../../schemas.ts';
import { command, commandProblems } from '../../verbs/command.ts';
import { applicationObject, toApplicationObject } from './application-object.ts';
import { ownApplication } from './read-application.ts';

/** Adds the route. */
export function addCancelApplication(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.merchant('applications:write'), problems: ['NOT_FOUND', ...commandProblems, 'POINT_OF_NO_RETURN'] },
    {
      method: 'post',
      path: '/v1/applications/{id}/cancel',
      tags: ['Merchant'],
      summary: 'Cancel an application',
      description:
        'An application that is canceled already stays so and answers 200. What was done is undone first, so the end may take a moment (202).',
      request: { params: idParam },
      responses: { 200: json(applicationObject, 'It is canceled'), 202: json(applicationObject, 'It is being canceled') },
    },
  );
  app.openapi(route, async (c) => {
    const { merchantId } = keyHolderOf(c);
    const { id } = c.req.valid('param');
    const before = await ownApplication(deps, merchantId, id);
    if (before.status === 'canceled') return c.json(toApplicationObject(before), 200);
    const actor = `merchant:${merchantId}`;
    await command(deps, id, async (ref) => deps.commands.cancel(ref, commandId(c, 'cancel'), { by: 'merchant', actor }));
    const after = await ownApplication(deps, merchantId, id);
    return c.json(toApplicationObject(after), after.status === 'canceled' ? 200 : 202);
  });
}
