// POST /ops/v1/bulk/retry: tries many stuck steps again. A dry run first says which; the cap keeps a mistake small.

import { z } from '@hono/zod-openapi';
import { staffLimits } from '../../../config/staff-limits.ts';
import { stuckApplications } from '../../../db/bulk.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId, requiredKey, requiredStaffKey } from '../../idempotency.ts';
import { problemKinds } from '../../problem-kinds.ts';
import { line, staffReason as reason } from '../../schemas.ts';
import { bulkRetry } from '../../verbs/bulk-retry.ts';

const cap = staffLimits.bulkRetryMaxApplications;

const selection = z.strictObject({
  reason,
  filter: z
    .strictObject({
      activity: line(1, 64).optional().openapi({ example: 'createClient' }),
      code: line(1, 64).optional().openapi({ example: 'CARD_CORE_UNAVAILABLE' }),
      merchant_id: line(1, 64).optional(),
    })
    .refine((filter) => Object.keys(filter).length > 0, 'must name at least one of activity, code and merchant_id'),
  limit: z.int().min(1).max(cap).default(cap),
  dry_run: z.boolean().default(false).openapi({ description: 'true: says what would be tried again and changes nothing.' }),
});

const results = z
  .object({
    dry_run: z.boolean(),
    ids: z.array(z.string()),
    results: z.array(
      z.object({ id: z.string(), result: z.enum(['retried', 'refused']), code: z.enum(Object.keys(problemKinds)).optional() }),
    ),
  })
  .openapi('OpsBulkResults', {
    description: 'results: empty after a dry run; code: why it was refused, as the problem of a single retry.',
  });

/** Adds the route. */
export function addBulkRetry(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('bulkRetry'), problems: ['IDEMPOTENCY_KEY_MISSING', 'TOO_MANY_REQUESTS'] },
    {
      method: 'post',
      path: '/ops/v1/bulk/retry',
      tags: ['Operations'],
      summary: 'Try the waiting steps of many applications again',
      request: { body: body(selection) },
      responses: { 200: json(results, 'What came of each, the longest wait first') },
    },
  );
  app.openapi(route, async (c) => {
    requiredKey(c);
    const { reason, filter, limit, dry_run } = c.req.valid('json');
    const stuck = { activity: filter.activity, code: filter.code, merchantId: filter.merchant_id, limit };
    if (dry_run) return c.json({ dry_run, ids: await stuckApplications(deps.database, stuck), results: [] }, 200);
    await requiredStaffKey(c, deps);
    const by = { actor: actorOf(c), requestId: c.get('requestId'), commandId: commandId(c, 'bulk-retry') };
    const done = await bulkRetry(deps, { ...by, reason, filter: stuck });
    return c.json({ dry_run, ids: done.map(({ id }) => id), results: done }, 200);
  });
}
