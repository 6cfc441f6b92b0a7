// What staff can do to an application that is stuck: try its step again, or cancel it. Each with a reason.

import { z } from '@hono/zod-openapi';
import { isId } from '../../../domain/ids.ts';
import type { ApplicationView } from '../../../workflows/messages.ts';
import type { Guards } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import { actorOf } from '../../environment.ts';
import type { Api, ApiContext, ApiDeps } from '../../environment.ts';
import { commandId, requiredKey } from '../../idempotency.ts';
import { Problem } from '../../problems.ts';
import type { ProblemCode } from '../../problems.ts';
import { idParam, staffReason as reason, status, time } from '../../schemas.ts';
import { staffCommand } from '../../verbs/staff-command.ts';
import type { StaffAct } from '../../verbs/staff-command.ts';

const state = z
  .object({ status, step: z.string(), awaits: z.enum(['customer', 'staff', 'system', 'nobody']), deadline_at: time.nullable() })
  .openapi('OpsCommandAccepted');

const toState = ({ status, step, awaits, deadlineAt }: ApplicationView): z.infer<typeof state> => ({
  status,
  step,
  awaits,
  deadline_at: deadlineAt,
});

const problems: readonly ProblemCode[] = ['IDEMPOTENCY_KEY_MISSING', 'NOT_FOUND', 'WRONG_STATE', 'VERSION_MISMATCH'];

/** Adds POST /ops/v1/applications/{id}/retry. */
export function addOpsRetry(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('retryStep'), problems: [...problems, 'NOTHING_TO_RETRY'] },
    {
      method: 'post',
      path: '/ops/v1/applications/{id}/retry',
      tags: ['Operations'],
      summary: 'Try the waiting step again',
      request: { params: idParam, body: body(z.strictObject({ reason })) },
      responses: { 202: json(state, 'The step runs again') },
    },
  );
  app.openapi(route, async (c) => {
    requiredKey(c);
    const act = actOn(c, c.req.valid('param').id, 'application.retry_asked', c.req.valid('json').reason);
    const { actor, requestId } = act;
    return c.json(
      toState(await staffCommand(deps, act, async (ref) => deps.commands.retryStep(ref, commandId(c, 'retry'), { actor, requestId }))),
      202,
    );
  });
}

/** Adds POST /ops/v1/applications/{id}/cancel. */
export function addOpsCancel(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('cancelApplication'), problems: [...problems, 'POINT_OF_NO_RETURN'] },
    {
      method: 'post',
      path: '/ops/v1/applications/{id}/cancel',
      tags: ['Operations'],
      summary: 'Cancel an application and undo what was done',
      request: { params: idParam, body: body(z.strictObject({ reason })) },
      responses: { 202: json(state, 'It is being canceled') },
    },
  );
  app.openapi(route, async (c) => {
    requiredKey(c);
    const act = actOn(c, c.req.valid('param').id, 'application.cancel_asked', c.req.valid('json').reason);
    const { actor, requestId } = act;
    const canceled = await staffCommand(deps, act, async (ref) =>
      deps.commands.cancel(ref, commandId(c, 'cancel'), { by: 'operations', actor, requestId }),
    );
    return c.json(toState(canceled), 202);
  });
}

/** What staff do to an application, for the audit log. Throws NOT_FOUND for what is no id. */
function actOn(c: ApiContext, applicationId: string, action: string, reason: string): StaffAct {
  if (!isId('application', applicationId)) throw new Problem('NOT_FOUND', { detail: 'There is no application with this id.' });
  c.get('notes')['applicationId'] = applicationId;
  return { actor: actorOf(c), action, applicationId, reason, requestId: c.get('requestId'), ifMatch: c.req.header('if-match') };
}
