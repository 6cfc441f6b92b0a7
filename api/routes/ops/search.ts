// POST /ops/v1/search: finds applications. What is searched for may be personal data, so it comes in the body, where no log, address bar
// or proxy keeps it, and the audit log notes who searched and by what, never for whom.

import { z } from '@hono/zod-openapi';
import { staffLimits } from '../../../config/staff-limits.ts';
import { searchApplications } from '../../../db/search.ts';
import type { Searched } from '../../../db/search.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { line, mobilePhone } from '../../schemas.ts';
import { allowed } from '../../verbs/allowed.ts';
import { opsObject, toOpsObject } from './ops-object.ts';

const search = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('id'),
    value: line(1, 64).openapi({ description: 'Of an application, a transaction or a review task.' }),
  }),
  z.strictObject({ by: z.literal('merchant_reference'), value: line(1, 64) }),
  z.strictObject({ by: z.literal('phone'), value: mobilePhone }),
  z.strictObject({ by: z.literal('national_id'), value: z.string().regex(/^[0-9]{12}$/, 'must be the 12 digits of the căn cước') }),
]);

const found = z.object({ data: z.array(opsObject), has_more: z.boolean() }).openapi('OpsSearchResult');

/** Adds the route. */
export function addSearch(app: Api, { database, boxes }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('searchApplications'), problems: ['TOO_MANY_REQUESTS'] },
    {
      method: 'post',
      path: '/ops/v1/search',
      tags: ['Operations'],
      summary: 'Find applications by id, order number, phone or national id',
      request: { body: body(search) },
      responses: { 200: json(found, 'The newest first; has_more when there are too many to show') },
    },
  );
  app.openapi(route, async (c) => {
    const searched: Searched = c.req.valid('json');
    const rows = await searchApplications(database, boxes, searched, staffLimits.searchMaxRows + 1);
    const look = { actor: actorOf(c), action: 'applications.searched', applicationId: null, requestId: c.get('requestId') };
    const change = { found: Math.min(rows.length, staffLimits.searchMaxRows) };
    await database.withTransaction(async (tx) => allowed(tx, { ...look, subject: searched.by, change }, staffLimits.searchesMax));
    return c.json(
      { data: rows.slice(0, staffLimits.searchMaxRows).map(toOpsObject), has_more: rows.length > staffLimits.searchMaxRows },
      200,
    );
  });
}
