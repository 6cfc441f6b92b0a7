// GET /v1/applications/{id}

import { merchantApplication } from '../../../db/views.ts';
import { isId } from '../../../domain/ids.ts';
import type { ApplicationRow } from '../../../db/applications.ts';
import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { keyHolderOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { etagOf, hasAlready } from '../../etag.ts';
import { Problem } from '../../problems.ts';
import { idParam } from '../../schemas.ts';
import { applicationObject, toApplicationObject } from './application-object.ts';

/** Adds the route. */
export function addReadApplication(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.merchant('applications:read'), problems: ['NOT_FOUND'] },
    {
      method: 'get',
      path: '/v1/applications/{id}',
      tags: ['Merchant'],
      summary: 'Read an application',
      description: 'Send the last ETag in If-None-Match: while nothing has changed the answer is 304.',
      request: { params: idParam },
      responses: { 200: json(applicationObject, 'The application'), 304: { description: 'Not changed' } },
    },
  );
  app.openapi(route, async (c) => {
    const row = await ownApplication(deps, keyHolderOf(c).merchantId, c.req.valid('param').id);
    const etag = etagOf(row);
    c.header('ETag', etag);
    if (hasAlready(c.req.header('if-none-match'), etag)) return c.body(null, 304);
    return c.json(toApplicationObject(row), 200);
  });
}

/** The merchant's own application. Throws the same NOT_FOUND for a malformed, an unknown and a foreign id. */
export async function ownApplication({ database }: Pick<ApiDeps, 'database'>, merchantId: string, id: string): Promise<ApplicationRow> {
  const row = isId('application', id) ? await merchantApplication(database, merchantId, id) : null;
  if (!row) throw new Problem('NOT_FOUND', { detail: 'You have no application with this id.' });
  return row;
}
