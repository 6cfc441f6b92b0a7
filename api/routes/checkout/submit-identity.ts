// POST /checkout/identity: photos of both sides of the ID card and of the face, as one form. The form is read as it arrives, so the route
// parses it itself; its schema is for the documentation.

import { z } from '@hono/zod-openapi';
import { apiLimits } from '../../../config/limits.ts';
import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiDeps, ApiMiddleware } from '../../environment.ts';
import { commandId } from '../../idempotency.ts';
import { Problem } from '../../problems.ts';
import { commandAccepted } from '../../schemas.ts';
import { customerProblems, orFirstAnswer } from '../../verbs/command.ts';
import { takePhotos } from '../../verbs/take-photos.ts';
import { toAccepted } from './accepted.ts';

const photo = z.any().openapi({ type: 'string', format: 'binary', description: 'JPEG, PNG or WebP, at most 5 MB' });
const photos = z.strictObject({ id_front: photo, id_back: photo, selfie: photo }).openapi('Photos');

/** Adds the route. */
export function addSubmitIdentity(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.session, maxBytes: 'streamed', problems: [...customerProblems, 'LIVENESS_NEEDED', 'PHOTO_REFUSED', 'TOO_MANY_PHOTOS'] },
    {
      method: 'post',
      path: '/checkout/identity',
      tags: ['Checkout'],
      summary: 'Submit photos of ID card and face',
      request: { body: { required: true, content: { 'multipart/form-data': { schema: photos } } } },
      responses: { 202: json(commandAccepted, 'Stored; the check runs') },
    },
  );
  app.openAPIRegistry.registerPath(route);
  app.on('POST', [route.path], ...route.middleware, fewAtOnce(apiLimits.photoFormsMax), async (c) => {
    const { applicationId } = sessionOf(c);
    const id = commandId(c, 'identity');
    const view = await orFirstAnswer(deps, { applicationId, commandId: id }, async () => takePhotos(deps, applicationId, id, c));
    return c.json(toAccepted(view), 202);
  });
}

/** Refuses what is more than memory was set aside for, before anything of it is read. */
function fewAtOnce(max: number): ApiMiddleware {
  let open = 0;
  return async (_c, next) => {
    if (open >= max) throw new Problem('TEMPORARILY_UNAVAILABLE', { detail: 'Too many photos are being sent. Try again.' });
    open += 1;
    await next().finally(() => (open -= 1));
  };
}
