// POST /checkout/basic-info: who the customer is, and what they agree to.

import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId } from '../../idempotency.ts';
import { commandAccepted } from '../../schemas.ts';
import { customerProblems, orFirstAnswer } from '../../verbs/command.ts';
import { storedStatement, takeBasicInfo } from '../../verbs/take-basic-info.ts';
import { basicInfo, personProblems } from './basic-info.ts';
import { toAccepted } from './accepted.ts';

/** Adds the route. */
export function addSubmitBasicInfo(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.session, problems: [...customerProblems] },
    {
      method: 'post',
      path: '/checkout/basic-info',
      tags: ['Checkout'],
      summary: 'Submit personal data and consents',
      request: { body: body(basicInfo) },
      responses: { 202: json(commandAccepted, 'Stored; the next step opens') },
    },
  );
  app.openapi(route, async (c) => {
    const submitted = c.req.valid('json');
    personProblems(submitted, deps.now());
    const { applicationId } = sessionOf(c);
    const id = commandId(c, 'basic-info');
    const take = async () => takeBasicInfo(deps, applicationId, id, submitted);
    const again = async () => storedStatement(deps, applicationId, id);
    const view = await orFirstAnswer(deps, { applicationId, commandId: id }, take, again);
    return c.json(toAccepted(view), 202);
  });
}
