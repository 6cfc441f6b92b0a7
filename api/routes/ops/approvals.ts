// GET /ops/v1/approvals and POST /ops/v1/approvals/{id}/confirm and /refuse: what waits for a second person.

import { z } from '@hono/zod-openapi';
import { listApprovals } from '../../../db/approvals.ts';
import type { ApprovalRow } from '../../../db/approvals.ts';
import { fourEyes } from '../../../domain/four-eyes.ts';
import type { Guards } from '../../auth.ts';
import { openCursor, sealCursor } from '../../cursor.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { staffOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { idParam, pageQuery, staffReason as reason, time } from '../../schemas.ts';
import { decideRequest } from '../../verbs/four-eyes.ts';

export const approvalObject = z
  .object({
    id: z.string(),
    operation: z.enum(['application.cancel', 'review.approve', 'parked.replay', 'parked.renew']),
    role: z.string().openapi({ description: 'Who may confirm it: somebody else with this role.' }),
    application_id: z.string().nullable(),
    subject: z.string(),
    request: z.record(z.string(), z.unknown()).openapi({ description: 'Exactly what will be done.' }),
    reason: z.string(),
    asked_by: z.string(),
    asked_at: time,
    expires_at: time,
    outcome: z.enum(['confirmed', 'refused', 'expired']).nullable().openapi({ description: 'null while it waits.' }),
    decided_by: z.string().nullable(),
    decided_at: time.nullable(),
    result: z.enum(['done', 'refused', 'unanswered']).nullable().openapi({
      description: 'What came of it once it was confirmed; confirmed and null or unanswered: confirm it again, and it is done once.',
    }),
  })
  .openapi('Approval');

/** The row as staff see it. */
export function toApprovalObject(row: ApprovalRow): z.infer<typeof approvalObject> {
  return {
    id: row.id,
    operation: row.operation,
    role: fourEyes[row.operation],
    application_id: row.application_id,
    subject: row.subject,
    request: z.record(z.string(), z.unknown()).parse(row.request),
    reason: row.reason,
    asked_by: row.asked_by,
    asked_at: row.asked_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    outcome: row.outcome,
    decided_by: row.decided_by,
    decided_at: row.decided_at?.toISOString() ?? null,
    result: row.result,
  };
}

const query = z.strictObject({ ...pageQuery, decided: z.enum(['true', 'false']).default('false') });

const page = z.object({ data: z.array(approvalObject), has_more: z.boolean(), next_cursor: z.string().nullable() }).openapi('ApprovalPage');

/** Adds GET /ops/v1/approvals. */
export function addListApprovals(app: Api, { database, boxes }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('listApprovals') },
    {
      method: 'get',
      path: '/ops/v1/approvals',
      tags: ['Operations'],
      summary: 'List what waits for a second person, and what was confirmed and not done',
      request: { query },
      responses: { 200: json(page, 'One page, newest first; with decided=true those that wait no longer as well') },
    },
  );
  app.openapi(route, async (c) => {
    const { limit, cursor, decided } = c.req.valid('query');
    const { rows, next } = await listApprovals(database, {
      openOnly: decided === 'false',
      after: openCursor(boxes, 'approvals', cursor),
      limit,
    });
    const more = { has_more: next !== null, next_cursor: next && sealCursor(boxes, 'approvals', next) };
    return c.json({ data: rows.map(toApprovalObject), ...more }, 200);
  });
}

const decisions = {
  confirm: ['confirmed', 'Confirm a request as the second person: it is done'],
  refuse: ['refused', 'Refuse a request'],
} as const;

/** Adds POST /ops/v1/approvals/{id}/confirm and /refuse. */
export function addDecideApproval(app: Api, deps: ApiDeps, guards: Guards): void {
  for (const [verb, [outcome, summary]] of Object.entries(decisions)) {
    const route = defineRoute(
      {
        guard: guards.staff('decideApproval'),
        problems: [
          'NOT_FOUND',
          'SECOND_PERSON_NEEDED',
          'APPROVAL_CLOSED',
          'VERSION_MISMATCH',
          'WRONG_STATE',
          'TOO_MANY_REQUESTS',
          'POINT_OF_NO_RETURN',
        ],
      },
      {
        method: 'post',
        path: `/ops/v1/approvals/{id}/${verb}`,
        tags: ['Operations'],
        summary,
        request: { params: idParam, body: body(z.strictObject({ reason })) },
        responses: { 200: json(approvalObject, 'The request, decided') },
      },
    );
    app.openapi(route, async (c) => {
      const deciding = { id: c.req.valid('param').id, outcome, reason: c.req.valid('json').reason, requestId: c.get('requestId') };
      return c.json(toApprovalObject(await decideRequest(deps, staffOf(c), deciding)), 200);
    });
  }
}
