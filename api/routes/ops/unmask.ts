// POST /ops/v1/applications/{id}/unmask: a customer's data in the clear, for a purpose, a few fields at a time.

import { z } from '@hono/zod-openapi';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { idParam, line } from '../../schemas.ts';
import { unmask, unmaskable } from '../../verbs/unmask.ts';

const request = z.strictObject({
  purpose: line(10, 200).openapi({ description: 'Why you need it; kept in the audit log. No personal data, please.' }),
  fields: z.array(z.enum(unmaskable)).min(1).max(unmaskable.length),
});

const unmasked = z
  .object({ customer: z.partialRecord(z.enum(unmaskable), z.string().nullable()) })
  .openapi('OpsUnmaskedCustomer', { description: 'null: the customer has not stated it.' });

/** Adds the route. */
export function addUnmask(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('unmaskCustomer'), problems: ['NOT_FOUND', 'TOO_MANY_REQUESTS'] },
    {
      method: 'post',
      path: '/ops/v1/applications/{id}/unmask',
      tags: ['Operations'],
      summary: "Read some of a customer's data in the clear",
      request: { params: idParam, body: body(request) },
      responses: { 200: json(unmasked, 'The fields that were asked for') },
    },
  );
  app.openapi(route, async (c) => {
    const by = { actor: actorOf(c), requestId: c.get('requestId') };
    return c.json({ customer: await unmask(deps, c.req.valid('param').id, { ...by, ...c.req.valid('json') }) }, 200);
  });
}
