// GET /ops/v1/parked and /ops/v1/parked/{id}: the messages of the hand-off that nobody could handle. A list shows codes and ids only. A
// body may have come from anybody and hold anything, so a look at it stands in the audit log.

import { z } from '@hono/zod-openapi';
import { inspectParked, listParked } from '../../../db/parked.ts';
import type { ParkedRow } from '../../../db/parked.ts';
import { parkReasons } from '../../../domain/delivery.ts';
import type { Guards } from '../../auth.ts';
import { openCursor, sealCursor } from '../../cursor.ts';
import { defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { Problem } from '../../problems.ts';
import { idParam, pageQuery, time } from '../../schemas.ts';

export const parkedFor = z.enum(parkReasons).openapi('ParkReason');

const parkedObject = z
  .object({
    id: z.int(),
    message_id: z.string(),
    transaction_id: z.string().nullable(),
    application_id: z.string().nullable(),
    transaction_status: z.enum(['accepted', 'posted', 'rejected']).nullable(),
    parked_for: parkedFor,
    first_error: z.string(),
    last_error: z.string(),
    parked_at: time,
    resolution: z
      .object({ kind: z.enum(['replayed', 'discarded', 'renewed']), by: z.string(), reason: z.string(), at: time })
      .nullable()
      .openapi({ description: 'null while nobody has resolved it.' }),
  })
  .openapi('ParkedMessage');

const query = z.strictObject({
  ...pageQuery,
  parked_for: parkedFor.optional(),
  resolved: z.enum(['true', 'false']).default('false').openapi({ description: 'true: those that were resolved as well.' }),
});

const page = z
  .object({ data: z.array(parkedObject), has_more: z.boolean(), next_cursor: z.string().nullable() })
  .openapi('ParkedMessagePage');

/** Adds GET /ops/v1/parked. */
export function addListParked(app: Api, { database, boxes }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('listParked') },
    {
      method: 'get',
      path: '/ops/v1/parked',
      tags: ['Operations'],
      summary: 'List parked messages',
      request: { query },
      responses: { 200: json(page, 'One page, in the order in which they were parked') },
    },
  );
  app.openapi(route, async (c) => {
    const { limit, cursor, parked_for, resolved } = c.req.valid('query');
    const after = openCursor(boxes, 'parked', cursor);
    const filter = { openOnly: resolved === 'false', reason: parked_for, afterId: after && Number(after.id), limit: limit + 1 };
    const rows = await listParked(database, filter);
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    const next = last ? sealCursor(boxes, 'parked', { createdAt: last.parkedAt.toISOString(), id: String(last.id) }) : null;
    return c.json({ data: shown.map(toParkedObject), has_more: next !== null, next_cursor: next }, 200);
  });
}

const inspected = parkedObject
  .extend({
    body: z.string().openapi({ description: 'As text; bytes that are none are replaced.' }),
    headers: z.record(z.string(), z.unknown()),
  })
  .openapi('ParkedMessageDetails');

/** Adds GET /ops/v1/parked/{id}. */
export function addInspectParked(app: Api, { database }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('inspectParked'), problems: ['NOT_FOUND'] },
    {
      method: 'get',
      path: '/ops/v1/parked/{id}',
      tags: ['Operations'],
      summary: 'Inspect a parked message',
      request: { params: idParam },
      responses: { 200: json(inspected, 'The message with its body and headers') },
    },
  );
  app.openapi(route, async (c) => {
    const id = parkedId(c.req.valid('param').id);
    const by = { actor: actorOf(c), requestId: c.get('requestId') };
    const row = await database.withTransaction(async (tx) => inspectParked(tx, id, by));
    if (!row) throw notFound();
    return c.json({ ...toParkedObject(row), body: row.body.toString('utf8'), headers: row.headers }, 200);
  });
}

/** The id in a path. Throws NOT_FOUND for a text that is none. */
export function parkedId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw notFound();
  return Number(text);
}

export function notFound(): Problem {
  return new Problem('NOT_FOUND', { detail: 'There is no parked message with this id.' });
}

/** The row as staff see it. */
function toParkedObject(row: ParkedRow): z.infer<typeof parkedObject> {
  const { resolution, resolvedBy, resolutionReason, resolvedAt } = row;
  return {
    id: row.id,
    message_id: row.messageId,
    transaction_id: row.transactionId,
    application_id: row.applicationId,
    transaction_status: row.transactionStatus,
    parked_for: row.reason,
    first_error: row.firstError,
    last_error: row.lastError,
    parked_at: row.parkedAt.toISOString(),
    resolution: resolution && {
      kind: resolution,
      by: resolvedBy ?? '',
      reason: resolutionReason ?? '',
      at: (resolvedAt ?? row.parkedAt).toISOString(),
    },
  };
}
