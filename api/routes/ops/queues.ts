// GET /ops/v1/queues and the lists behind it: what waits for staff, and since when.

import { z } from '@hono/zod-openapi';
import { listQueue, queueBounds, queueSizes } from '../../../db/queues.ts';
import type { Guards } from '../../auth.ts';
import { openCursor, sealCursor } from '../../cursor.ts';
import { defineRoute, json } from '../../define-route.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { pageQuery, time } from '../../schemas.ts';
import { opsObject, toOpsObject } from './ops-object.ts';

const queue = z
  .object({
    name: z.enum(['stuck', 'compensation_failed', 'in_review', 'expiring', 'overdue', 'stalled', 'parked']),
    count: z.int(),
    oldest_at: time.nullable().openapi({ description: 'Since when the oldest entry waits.' }),
    oldest_age_seconds: z.int().nullable(),
    list: z.string().openapi({ description: 'Where its entries are.' }),
  })
  .openapi('OpsQueue');

/** Adds GET /ops/v1/queues. */
export function addReadQueues(app: Api, { database }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('readQueues') },
    {
      method: 'get',
      path: '/ops/v1/queues',
      tags: ['Operations'],
      summary: 'Read what waits for staff',
      responses: { 200: json(z.object({ data: z.array(queue) }).openapi('OpsQueues'), 'Every queue, also those that are empty') },
    },
  );
  app.openapi(route, async (c) => {
    const sizes = await queueSizes(database, queueBounds);
    const data = sizes.map(({ name, count, oldestAt }) => ({
      name,
      count,
      oldest_at: oldestAt?.toISOString() ?? null,
      oldest_age_seconds: oldestAt && Math.max(0, Math.round((Date.now() - oldestAt.getTime()) / 1_000)),
      list: name === 'parked' ? '/ops/v1/parked' : `/ops/v1/queues/${name}`,
    }));
    return c.json({ data }, 200);
  });
}

const page = z
  .object({ data: z.array(opsObject.extend({ waits_since: time })), has_more: z.boolean(), next_cursor: z.string().nullable() })
  .openapi('OpsQueuePage');

/** Adds GET /ops/v1/queues/{name}. */
export function addListQueue(app: Api, { database, boxes }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('readQueues') },
    {
      method: 'get',
      path: '/ops/v1/queues/{name}',
      tags: ['Operations'],
      summary: 'List a queue',
      request: {
        params: z.object({ name: z.enum(['stuck', 'compensation_failed', 'in_review', 'expiring', 'overdue', 'stalled']) }),
        query: z.strictObject(pageQuery),
      },
      responses: { 200: json(page, 'One page, the longest wait first') },
    },
  );
  app.openapi(route, async (c) => {
    const { name } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const owner = `queue:${name}`;
    const { rows, next } = await listQueue(database, name, { ...queueBounds, after: openCursor(boxes, owner, cursor), limit });
    const data = rows.map((row) => ({ ...toOpsObject(row), waits_since: row.waits_since.toISOString() }));
    return c.json({ data, has_more: next !== null, next_cursor: next && sealCursor(boxes, owner, next) }, 200);
  });
}
