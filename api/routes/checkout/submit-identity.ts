// POST /checkout/identity: photos of both sides of the ID card and of the face, as one form.

import { z } from '@hono/zod-openapi';
import { apiLimits, identityLimits } from '../../../config/limits.ts';
import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { sessionOf } from '../../environment.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { commandId } from '../../idempotency.ts';
import { commandAccepted } from '../../schemas.ts';
import { takePhotos } from '../../verbs/take-photos.ts';
import { toAccepted } from './accepted.ts';

const photo = z
  .instanceof(File, { error: 'must be a file' })
  .refine((file) => file.size > 0, { error: 'is empty', params: { code: 'PHOTO_EMPTY' } })
  .refine((file) => file.size <= identityLimits.imageMaxBytes, {
    error: `must have at most ${identityLimits.imageMaxBytes} bytes`,
    params: { code: 'PHOTO_TOO_LARGE' },
  })
  .openapi({ type: 'string', format: 'binary', description: 'JPEG, PNG or WebP' });

const photos = z.strictObject({ id_front: photo, id_back: photo, selfie: photo }).openapi('Photos');

/** Adds the route. */
export function addSubmitIdentity(app: Api, deps: ApiDeps, guards: Guards): void {
  const route = defineRoute(
    {
      guard: guards.session,
      maxBytes: 3 * identityLimits.imageMaxBytes + apiLimits.formOverheadBytes,
      problems: ['WRONG_STATE', 'PHOTO_REFUSED', 'TOO_MANY_PHOTOS'],
    },
    {
      method: 'post',
      path: '/checkout/identity',
      tags: ['Checkout'],
      summary: 'Submit photos of ID card and face',
      request: { body: { required: true, content: { 'multipart/form-data': { schema: photos } } } },
      responses: { 202: json(commandAccepted, 'Stored; the check runs') },
    },
  );
  app.openapi(route, async (c) => {
    const view = await takePhotos(deps, sessionOf(c).applicationId, commandId(c, 'identity'), c.req.valid('form'));
    return c.json(toAccepted(view), 202);
  });
}
