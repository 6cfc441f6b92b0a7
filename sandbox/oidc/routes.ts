// The sandbox's identity provider for staff. It asks for no password: whoever comes is whom they say they are, with the roles that they
// name. Its addresses are those of any OpenID provider, so what reads its tokens cannot tell the difference.

import { Hono } from 'hono';
import type { Context } from 'hono';
import { z } from 'zod';
import { sandboxLimits } from '../../config/sandbox-limits.ts';
import { staffRoles } from '../../domain/staff.ts';
import type { SandboxEnv } from '../faults.ts';
import type { Issuer } from './issuer.ts';

const tokenRequest = z.object({
  username: z.string().regex(/^[\w.@-]{2,64}$/, 'must be a name of 2 to 64 letters, digits or . _ @ -'),
  scope: z
    .string()
    .transform((text) => text.split(' ').filter((word) => word !== ''))
    .pipe(z.array(z.enum(staffRoles)).min(1)),
});

/** `GET /.well-known/openid-configuration`, `GET /jwks`, `POST /token` (form: `username`, and `scope` with the roles). */
export function oidcRoutes(issuer: Issuer): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.get('/.well-known/openid-configuration', (c) => {
    const base = baseOf(c);
    return c.json({
      issuer: base,
      token_endpoint: `${base}/token`,
      jwks_uri: `${base}/jwks`,
      scopes_supported: staffRoles,
      response_types_supported: ['token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: issuer.jwks.keys.map(({ alg }) => alg),
    });
  });
  routes.get('/jwks', (c) => c.json(issuer.jwks));
  routes.post('/token', async (c) => {
    c.set('operation', 'token');
    c.header('cache-control', 'no-store');
    const parsed = tokenRequest.safeParse(await c.req.parseBody());
    if (!parsed.success) return c.json({ error: 'invalid_request', error_description: z.prettifyError(parsed.error) }, 400);
    const { username: name, scope: roles } = parsed.data;
    const access_token = await issuer.accessToken(baseOf(c), { name, roles });
    return c.json({ access_token, token_type: 'Bearer', expires_in: sandboxLimits.staffTokenSeconds, scope: roles.join(' ') });
  });
  return routes;
}

/** The issuer is the address under which it was reached. */
function baseOf(c: Context): string {
  return `${new URL(c.req.url).origin}/oidc`;
}
