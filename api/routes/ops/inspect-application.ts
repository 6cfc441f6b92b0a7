// GET /ops/v1/applications/{id}: one application with everything that happened to it.

import { z } from '@hono/zod-openapi';
import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { etagOf } from '../../etag.ts';
import { idParam, time } from '../../schemas.ts';
import { inspectApplication } from '../../verbs/inspect-application.ts';
import { opsObject, toOpsObject } from './ops-object.ts';
import { toWhyHere, whyHere } from './why-here.ts';

const inspected = opsObject
  .extend({
    why_here: whyHere,
    run_url: z.string().nullable().openapi({ description: 'The run in the Temporal UI, for engineers; null when there is none.' }),
    customer: z.object({ phone: z.string(), national_id: z.string().nullable() }).openapi({ description: 'Masked.' }),
    timeline: z.array(z.object({ at: time, source: z.string(), what: z.string(), details: z.record(z.string(), z.unknown()) })),
  })
  .openapi('OpsApplicationDetails');

/** Adds the route. */
export function addOpsInspect(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('inspectApplication'), problems: ['NOT_FOUND'] },
    {
      method: 'get',
      path: '/ops/v1/applications/{id}',
      tags: ['Operations'],
      summary: 'Inspect an application',
      request: { params: idParam },
      responses: { 200: json(inspected, 'The application and its timeline, oldest entry first') },
    },
  );
  app.openapi(route, async (c) => {
    const by = { actor: actorOf(c), requestId: c.get('requestId') };
    const { row, customer, entries, run } = await inspectApplication(deps, c.req.valid('param').id, by);
    c.header('ETag', etagOf(row));
    const timeline = entries.map(({ at, ...entry }) => ({ at: at.toISOString(), ...entry }));
    const why_here = toWhyHere(row, run);
    return c.json({ ...toOpsObject(row), why_here, run_url: deps.runUrl(row.id), customer, timeline }, 200);
  });
}
