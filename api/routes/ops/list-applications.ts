// GET /ops/v1/applications: find an application, or all that need a person.

import { z } from '@hono/zod-openapi';
import { listApplications } from '../../../db/views.ts';
import type { Guards } from '../../auth.ts';
import { openCursor, sealCursor } from '../../cursor.ts';
import { defineRoute, json } from '../../define-route.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { line, pageQuery, status } from '../../schemas.ts';
import { opsObject, toOpsObject } from './ops-object.ts';

const query = z.strictObject({
  ...pageQuery,
  id: line(1, 64).optional(),
  merchant_reference: line(1, 64).optional(),
  status: status.optional(),
  attention: z.enum(['true', 'false']).optional().openapi({ description: 'true: a step waits for staff.' }),
});

const page = z
  .object({ data: z.array(opsObject), has_more: z.boolean(), next_cursor: z.string().nullable() })
  .openapi('OpsApplicationPage');

/** Adds the route. */
export function addOpsList(app: Api, { database, boxes }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('listApplications') },
    {
      method: 'get',
      path: '/ops/v1/applications',
      tags: ['Operations'],
      summary: 'Find applications',
      request: { query },
      responses: { 200: json(page, 'One page, newest first') },
    },
  );
  app.openapi(route, async (c) => {
    const { limit, cursor, id, merchant_reference, status, attention } = c.req.valid('query');
    const { rows, next } = await listApplications(database, {
      id,
      merchantReference: merchant_reference,
      status,
      attention: attention === undefined ? undefined : attention === 'true',
      after: openCursor(boxes, 'ops', cursor),
      limit,
    });
    return c.json({ data: rows.map(toOpsObject), has_more: next !== null, next_cursor: next && sealCursor(boxes, 'ops', next) }, 200);
  });
}
