// Who asks. A guard runs before the body is read: it accepts the request and notes who it is, or throws a problem. A merchant shows
// an api key, a customer a session, staff the access token of their sign-on, whose roles must allow the operation.

import { getCookie } from 'hono/cookie';
import { apiLimits } from '../config/limits.ts';
import { touchSession } from '../db/checkout.ts';
import { holderOfApiKey } from '../db/merchants.ts';
import type { Scope } from '../db/merchants.ts';
import type { ApiContext, ApiDeps, ApiMiddleware } from './environment.ts';
import { Problem } from './problems.ts';
import type { ProblemCode } from './problem-kinds.ts';
import { rolesFor } from './staff-access.ts';
import type { StaffOperation } from './staff-access.ts';

/** A check in front of a route, and how the documentation names it. */
export interface Guard {
  check: ApiMiddleware;
  /** What it may answer. */
  problems: readonly ProblemCode[];
  security: Record<string, string[]>[];
}

export interface Guards {
  /** A merchant's key with this scope. */
  merchant(scope: Scope): Guard;
  /** A customer's session, by cookie or bearer token. */
  session: Guard;
  /** A member of staff with a role that allows this operation. */
  staff(operation: StaffOperation): Guard;
}

/** The guards of this deployment. */
export function createGuards(deps: Pick<ApiDeps, 'database' | 'publicUrl' | 'readStaffToken'>): Guards {
  return {
    merchant: (scope) => ({
      security: [{ apiKey: [] }],
      problems: ['UNAUTHORIZED', 'SCOPE_MISSING'],
      check: merchantGuard(deps, scope),
    }),
    session: {
      security: [{ sessionCookie: [] }, { sessionToken: [] }],
      problems: ['UNAUTHORIZED', 'CROSS_SITE'],
      check: sessionGuard(deps),
    },
    staff: (operation) => ({
      security: [{ staffToken: [...rolesFor(operation)] }],
      problems: ['UNAUTHORIZED', 'ROLE_MISSING'],
      check: staffGuard(deps, operation),
    }),
  };
}

const signOnAgain = 'Sign on again, and send the access token as `Authorization: Bearer …`.';
const signOnAway = 'Your sign-on cannot be checked, because the identity provider does not answer. Nothing was done.';

function staffGuard({ readStaffToken }: Pick<ApiDeps, 'readStaffToken'>, operation: StaffOperation): ApiMiddleware {
  const allowed = rolesFor(operation);
  return async (c, next) => {
    const token = bearer(c);
    const signOn = token === undefined ? ({ kind: 'refused' } as const) : await readStaffToken(token);
    if (signOn.kind === 'unavailable') throw new Problem('TEMPORARILY_UNAVAILABLE', { detail: signOnAway, cause: signOn.cause });
    if (signOn.kind === 'refused') throw new Problem('UNAUTHORIZED', { detail: signOnAgain });
    const { staff } = signOn;
    c.set('staff', staff);
    if (!staff.roles.some((role) => allowed.includes(role)))
      throw new Problem('ROLE_MISSING', { detail: `This needs one of the roles ${allowed.join(', ')}. Ask who looks after roles.` });
    await next();
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

function bearer(c: ApiContext): string | undefined {
  return /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/.exec(c.req.header('authorization') ?? '')?.[1];
}
