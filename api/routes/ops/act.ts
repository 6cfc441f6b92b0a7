// What every command of staff to an application has: a reason, a version, an answer; and the simplest of them, to try a step again.

import { z } from '@hono/zod-openapi';
import { isId } from '../../../domain/ids.ts';
import type { ApplicationView } from '../../../workflows/messages.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiContext, ApiDeps } from '../../environment.ts';
import { commandId, requiredStaffKey } from '../../idempotency.ts';
import { Problem } from '../../problems.ts';
import type { ProblemCode } from '../../problem-kinds.ts';
import { idParam, staffReason as reason, status, time } from '../../schemas.ts';
import { commandProblems } from '../../verbs/command.ts';
import { retryStep } from '../../verbs/retry-step.ts';
import type { StaffAct } from '../../verbs/staff-command.ts';

/** Where an application stands after a command of staff. */
export const state = z
  .object({ status, step: z.string(), awaits: z.enum(['customer', 'staff', 'system', 'nobody']), deadline_at: time.nullable() })
  .openapi('OpsCommandAccepted');

/** The view of the workflow as staff see it. */
export const toState = ({ status, step, awaits, deadlineAt }: ApplicationView): z.infer<typeof state> => ({
  status,
  step,
  awaits,
  deadline_at: deadlineAt,
});

/** What every command of staff may be refused with. */
export const problems: readonly ProblemCode[] = ['IDEMPOTENCY_KEY_MISSING', 'NOT_FOUND', ...commandProblems, 'VERSION_MISMATCH'];

/** The header by which a command is meant for one version alone. */
export const ifMatch = z.object({ 'if-match': z.string().optional().openapi({ description: 'The ETag that you read.' }) });

/** Adds POST /ops/v1/applications/{id}/retry. */
export function addOpsRetry(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('retryStep'), problems: [...problems, 'NOTHING_TO_RETRY'] },
    {
      method: 'post',
      path: '/ops/v1/applications/{id}/retry',
      tags: ['Operations'],
      summary: 'Try the waiting step again',
      request: { params: idParam, headers: ifMatch, body: body(z.strictObject({ reason })) },
      responses: { 202: json(state, 'The step runs again') },
    },
  );
  app.openapi(route, async (c) => {
    const key = await requiredStaffKey(c, deps);
    const act = actOn(c, c.req.valid('param').id, { action: 'application.retry_asked', reason: c.req.valid('json').reason, key });
    return c.json(toState(await retryStep(deps, act, commandId(c, 'retry'))), 202);
  });
}

/** What staff do to an application, for the audit log. Throws NOT_FOUND for what is no id. */
export function actOn(c: ApiContext, applicationId: string, what: Pick<StaffAct, 'action' | 'reason' | 'key'>): StaffAct {
  if (!isId('application', applicationId)) throw new Problem('NOT_FOUND', { detail: 'There is no application with this id.' });
  c.get('notes')['applicationId'] = applicationId;
  return { ...what, actor: actorOf(c), applicationId, requestId: c.get('requestId'), ifMatch: c.req.header('if-match') };
}
