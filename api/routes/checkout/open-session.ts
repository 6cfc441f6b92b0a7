// POST /checkout/sessions: the one-time link becomes a session. Browsers keep it as a cookie that no script can read; other clients
// send the token as a bearer token.

import { setCookie } from 'hono/cookie';
import { z } from '@hono/zod-openapi';
import { apiLimits } from '../../../config/limits.ts';
import { exchangeLink } from '../../../db/checkout.ts';
import { isFromElsewhere, sessionCookieName } from '../../auth.ts';
import { body, defineRoute, json } from '../../define-route.ts';
import type { Api, ApiDeps } from '../../environment.ts';
import { Problem } from '../../problems.ts';
import { time } from '../../schemas.ts';

const link = z.strictObject({ token: z.string().min(20).max(200).openapi({ description: 'What follows # in the checkout_url.' }) });

const session = z.object({ application_id: z.string(), session_token: z.string(), expires_at: time }).openapi('CheckoutSession');

/** Adds the route. */
export function addOpenSession(app: Api, { database, publicUrl }: ApiDeps): void {
  const route = defineRoute(
    { problems: ['LINK_NOT_VALID', 'CROSS_SITE'] },
    {
      method: 'post',
      path: '/checkout/sessions',
      tags: ['Checkout'],
      summary: 'Open the checkout with a link',
      request: { body: body(link) },
      responses: { 201: json(session, 'The session, over after 15 idle minutes or an hour') },
    },
  );
  app.openapi(route, async (c) => {
    if (isFromElsewhere(c, publicUrl)) throw new Problem('CROSS_SITE');
    const { token } = c.req.valid('json');
    const opened = await database.withTransaction(async (tx) => exchangeLink(tx, { linkToken: token, sessionMs: apiLimits.sessionMaxMs }));
    if (!opened) throw new Problem('LINK_NOT_VALID', { detail: 'A link opens once, within a day. The shop can give you a new one.' });
    c.get('notes')['applicationId'] = opened.applicationId;
    setCookie(c, sessionCookieName(publicUrl), opened.sessionToken, {
      httpOnly: true,
      sameSite: 'Lax',
      path: '/',
      secure: publicUrl.startsWith('https:'),
      maxAge: apiLimits.sessionMaxMs / 1_000,
    });
    const { applicationId: application_id, sessionToken: session_token, expiresAt } = opened;
    return c.json({ application_id, session_token, expires_at: expiresAt.toISOString() }, 201);
  });
}
