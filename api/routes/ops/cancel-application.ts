// GET /ops/v1/applications/{id}/cancel and POST of the same: what a cancel would undo, and the cancel itself.

import { z } from '@hono/zod-openapi';
import { previewCancel } from '../../../db/cancel-preview.ts';
import type { CancelPreview } from '../../../db/cancel-preview.ts';
import { cancelNeedsTwo } from '../../../domain/four-eyes.ts';
import { isTerminal } from '../../../domain/states.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { etagOf } from '../../etag.ts';
import { commandId, requiredStaffKey } from '../../idempotency.ts';
import { Problem } from '../../problems.ts';
import { idParam, staffReason as reason, status } from '../../schemas.ts';
import { cancelByStaff } from '../../verbs/cancel-by-staff.ts';
import { standing } from '../../verbs/command.ts';
import { actOn, ifMatch, problems, state, toState } from './act.ts';
import { approvalObject, toApprovalObject } from './approvals.ts';

const preview = z
  .object({
    status,
    possible: z.boolean(),
    why_not: z.enum(['ENDED', 'POINT_OF_NO_RETURN']).nullable(),
    needs_second_person: z.boolean(),
    undo: z.array(
      z.object({
        what: z.enum(['close_contract', 'close_client', 'void_paper', 'withdraw_question', 'delete_photos_later']),
        subject: z.string(),
        certain: z.boolean().openapi({ description: 'false: the bank may or may not know it yet; it is asked.' }),
      }),
    ),
    told: z.array(z.enum(['customer', 'merchant'])),
  })
  .openapi('CancelPreview');

/** Adds GET /ops/v1/applications/{id}/cancel. */
export function addPreviewCancel(app: Api, { database }: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('previewCancel'), problems: ['NOT_FOUND'] },
    {
      method: 'get',
      path: '/ops/v1/applications/{id}/cancel',
      tags: ['Operations'],
      summary: 'What a cancel would undo',
      request: { params: idParam },
      responses: { 200: json(preview, 'In the order in which it would be undone') },
    },
  );
  app.openapi(route, async (c) => {
    const found = await previewCancel(database, c.req.valid('param').id);
    if (!found) throw new Problem('NOT_FOUND', { detail: 'There is no application with this id.' });
    c.header('ETag', etagOf(found.application));
    return c.json(toPreview(found), 200);
  });
}

function toPreview({ application, isPossible: possible, account, papers, openTaskId, photos }: CancelPreview): z.infer<typeof preview> {
  const half = (what: 'close_contract' | 'close_client', subject: string, known: string) =>
    known === 'closed' ? [] : [{ what, subject, certain: known === 'active' }];
  const undo: z.infer<typeof preview>['undo'] = [
    ...(account ? half('close_contract', account.contract_number, account.contract_status) : []),
    ...(account ? half('close_client', account.client_number, account.client_status) : []),
    ...papers.map((paper) => ({ what: 'void_paper' as const, subject: paper.contract_number, certain: true })),
    ...(openTaskId === null ? [] : [{ what: 'withdraw_question' as const, subject: openTaskId, certain: true }]),
    ...(photos === 0 ? [] : [{ what: 'delete_photos_later' as const, subject: `${photos} photos`, certain: true }]),
  ];
  return {
    status: application.status,
    possible,
    why_not: possible ? null : isTerminal(application.status) ? 'ENDED' : 'POINT_OF_NO_RETURN',
    needs_second_person: possible && cancelNeedsTwo(account),
    undo: possible ? undo : [],
    told: possible ? ['customer', 'merchant'] : [],
  };
}

const canceled = state
  .extend({
    approval: approvalObject.nullable().openapi({
      description: 'What a second person has to confirm first, in a repeat with what came of it; null when it is being canceled.',
    }),
  })
  .openapi('OpsCancelAccepted');

/** Adds POST /ops/v1/applications/{id}/cancel. */
export function addOpsCancel(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('cancelApplication'), problems: [...problems, 'POINT_OF_NO_RETURN', 'SECOND_PERSON_NEEDED', 'APPROVAL_OPEN'] },
    {
      method: 'post',
      path: '/ops/v1/applications/{id}/cancel',
      tags: ['Operations'],
      summary: 'Cancel an application and undo what was done',
      request: { params: idParam, headers: ifMatch, body: body(z.strictObject({ reason })) },
      responses: { 202: json(canceled, 'It is being canceled, or waits for a second person') },
    },
  );
  app.openapi(route, async (c) => {
    const key = await requiredStaffKey(c, deps);
    const act = actOn(c, c.req.valid('param').id, { action: 'application.cancel_asked', reason: c.req.valid('json').reason, key });
    const outcome = await cancelByStaff(deps, act, commandId(c, 'cancel'));
    if (outcome.kind === 'canceled') return c.json({ ...toState(outcome.view), approval: null }, 202);
    const { preview, approval } = outcome;
    const place = toState(standing(preview.application));
    const waits = approval.outcome === null && { awaits: 'staff' as const };
    return c.json({ ...place, ...waits, approval: toApprovalObject(approval) }, 202);
  });
}
