// Who asks. A guard runs before the body is read: it accepts the request and notes who it is, or throws a problem. A merchant shows
// an api key, a customer a session, staff a token (OIDC replaces the token in a later part).

import { createHash, timingSafeEqual } from 'node:crypto';
import { getCookie } from 'hono/cookie';
import { apiLimits } from '../config/limits.ts';
import { touchSession } from '../db/checkout.ts';
import { holderOfApiKey } from '../db/merchants.ts';
import type { Scope } from '../db/merchants.ts';
import type { ApiContext, ApiDeps, ApiMiddleware } from './environment.ts';
import { Problem } from './problems.ts';

/** A check in front of a route, and how the documentation names it. */
export interface Guard {
  check: ApiMiddleware;
  security: Record<string, string[]>[];
}

export interface Guards {
  /** A merchant's key with this scope. */
  merchant(scope: Scope): Guard;
  /** A customer's session, by cookie or bearer token. */
  session: Guard;
  /** Staff who read. */
  staff: Guard;
  /** Staff who act, and say who they are. */
  actingStaff: Guard;
}

/** The guards of this deployment. */
export function createGuards(deps: Pick<ApiDeps, 'database' | 'publicUrl' | 'opsToken'>): Guards {
  const staff: ApiMiddleware = async (c, next) => {
    if (!isEqual(bearer(c) ?? '', deps.opsToken)) throw new Problem('UNAUTHORIZED');
    const name = c.req.header('x-actor') ?? '';
    if (actorForm.test(name)) c.set('actor', `staff:${name}`);
    await next();
  };
  return {
    merchant: (scope) => ({ security: [{ apiKey: [] }], check: merchantGuard(deps, scope) }),
    session: { security: [{ sessionCookie: [] }, { sessionToken: [] }], check: sessionGuard(deps) },
    staff: { security: [{ opsToken: [] }], check: staff },
    actingStaff: { security: [{ opsToken: [] }], check: async (c, next) => staff(c, async () => withActor(c, next)) },
  };
}

function merchantGuard({ database }: Pick<ApiDeps, 'database'>, scope: Scope): ApiMiddleware {
  return async (c, next) => {
    const holder = await holderOfApiKey(database, bearer(c) ?? '');
    if (!holder) throw new Problem('UNAUTHORIZED', { detail: 'Send a valid api key as `Authorization: Bearer …`.' });
    if (!holder.scopes.includes(scope)) throw new Problem('SCOPE_MISSING', { detail: `The api key needs the scope ${scope}.` });
    c.set('keyHolder', holder);
    await next();
  };
}

/** The name of the session cookie. Browsers keep `__Host-` to https, this host and the root path. */
export function sessionCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-trasau_session' : 'trasau_session';
}

function sessionGuard({ database, publicUrl }: Pick<ApiDeps, 'database' | 'publicUrl'>): ApiMiddleware {
  return async (c, next) => {
    const token = bearer(c);
    const cookie = token === undefined ? getCookie(c, sessionCookieName(publicUrl)) : undefined;
    if (cookie !== undefined && !isSafe(c.req.method) && !isSameOrigin(c, publicUrl)) throw new Problem('CROSS_SITE');
    const session = await touchSession(database, token ?? cookie ?? '', apiLimits.sessionIdleMs);
    if (!session) throw new Problem('UNAUTHORIZED', { detail: 'The checkout session is missing or over. Open a new checkout link.' });
    c.set('session', session);
    await next();
  };
}

/** True unless a browser says that another site's page sent this. Clients that are no browsers send neither header. */
export function isFromElsewhere(c: ApiContext, publicUrl: string): boolean {
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  return (
    (origin !== undefined && origin !== new URL(publicUrl).origin) || (site !== undefined && site !== 'same-origin' && site !== 'none')
  );
}

// A cookie travels by itself, so a request that changes something must prove that it comes from our own page.
function isSameOrigin(c: ApiContext, publicUrl: string): boolean {
  const proven = c.req.header('origin') !== undefined || c.req.header('sec-fetch-site') === 'same-origin';
  return proven && !isFromElsewhere(c, publicUrl);
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

const actorForm = /^[\p{L}\p{N}._@-]{2,64}$/u;

async function withActor(c: ApiContext, next: () => Promise<void>): Promise<void> {
  const name = c.req.header('x-actor') ?? '';
  if (!actorForm.test(name))
    throw new Problem('ACTOR_MISSING', { detail: 'Say who acts: `X-Actor: name`, 2–64 letters, digits or . _ @ -' });
  c.set('actor', `staff:${name}`);
  await next();
}

function bearer(c: ApiContext): string | undefined {
  return /^Bearer ([A-Za-z0-9._~+/=-]{1,512})$/.exec(c.req.header('authorization') ?? '')?.[1];
}

function isEqual(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
