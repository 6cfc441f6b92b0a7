// GET /v1/applications: newest first, page by page.

import { z } from '@hono/zod-openapi';
import { listApplications } from '../../../db/views.ts';
import type { Guards } from '../../auth.ts';
import { openCursor, sealCursor } from '../../cursor.ts';
import { defineRoute, json } from '../../define-route.ts';
import { keyHolderOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { line, pageQuery, status } from '../../schemas.ts';
import { applicationObject, toApplicationObject } from './application-object.ts';

const query = z.strictObject({
  ...pageQuery,
  merchant_reference: line(1, 64).optional(),
  status: status.optional(),
  updated_after: z.iso.datetime({ offset: true }).optional(),
});

const page = z
  .object({ data: z.array(applicationObject), has_more: z.boolean(), next_cursor: z.string().nullable() })
  .openapi('ApplicationPage');

/** Adds the route. */
export function addListApplications(app: Api, { database, boxes }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.merchant('applications:read') },
    {
      method: 'get',
      path: '/v1/applications',
      tags: ['Merchant'],
      summary: 'List applications',
      request: { query },
      responses: { 200: json(page, 'One page, newest first') },
    },
  );
  app.openapi(route, async (c) => {
    const { merchantId } = keyHolderOf(c);
    const { limit, cursor, merchant_reference, status, updated_after } = c.req.valid('query');
    const { rows, next } = await listApplications(database, {
      merchantId,
      merchantReference: merchant_reference,
      status,
      updatedAfter: updated_after === undefined ? undefined : new Date(updated_after),
      after: openCursor(boxes, merchantId, cursor),
      limit,
    });
    const next_cursor = next && sealCursor(boxes, merchantId, next);
    return c.json({ data: rows.map(toApplicationObject), has_more: next !== null, next_cursor }, 200);
  });
}
