// POST /v1/applications: a merchant asks for an order to be paid later.

import { z } from '@hono/zod-openapi';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { keyHolderOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { requiredKey } from '../../idempotency.ts';
import { placeOrder } from '../../verbs/create-application.ts';
import { createdApplication, newOrder } from './order.ts';

/** Adds the route. */
export function addCreateApplication(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    {
      guard: guards.merchant('applications:write'),
      problems: ['IDEMPOTENCY_KEY_MISSING', 'IDEMPOTENCY_IN_FLIGHT', 'MERCHANT_REFERENCE_TAKEN'],
    },
    {
      method: 'post',
      path: '/v1/applications',
      tags: ['Merchant'],
      summary: 'Create an application',
      description:
        'Needs an Idempotency-Key. The same order under a new key answers 200 with the same application and a fresh checkout link.',
      request: { body: body(newOrder), headers: z.object({ 'idempotency-key': z.string().optional() }) },
      responses: { 200: json(createdApplication, 'The application of this order'), 201: json(createdApplication, 'The new application') },
    },
  );
  app.openapi(route, async (c) => {
    const created = await placeOrder(deps, keyHolderOf(c).merchantId, requiredKey(c), c.req.valid('json'));
    c.get('notes')['applicationId'] = created.body.id;
    if (created.replayed) c.header('Idempotency-Replayed', 'true');
    c.header('ETag', `"${created.body.version}"`);
    c.header('Location', `/v1/applications/${created.body.id}`);
    return c.json(created.body, created.status);
  });
}
