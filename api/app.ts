// The whole api as one value: what surrounds every request, then the routes. A pure factory: it opens nothing, reads no environment
// and is tested with `app.request()`.

import { OpenAPIHono } from '@hono/zod-openapi';
import { secureHeaders } from 'hono/secure-headers';
import { newId } from '../db/ids.ts';
import { createGuards } from './auth.ts';
import { addDocumentation } from './documentation.ts';
import type { Api, ApiDeps, ApiEnv, ApiMiddleware } from './environment.ts';
import { problemKinds } from './problem-kinds.ts';
import { invalidFields, Problem, problemResponse, toProblem } from './problems.ts';
import { addCheckoutRoutes } from './routes/checkout.ts';
import { addHealth } from './routes/health.ts';
import { addCreditReportHook } from './routes/hooks/cic.ts';
import { addMerchantRoutes } from './routes/merchant.ts';
import { addOpsRoutes } from './routes/ops.ts';
import { addPages } from './routes/pages.ts';

/** The api with all its routes. */
export function createApp(deps: ApiDeps): Api {
  const app: Api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidFields(result.error);
    },
  });
  app.use(recorded(deps), secureHeaders(headersOf(deps.publicUrl)), privateReplies);
  const guards = createGuards(deps);
  addHealth(app, deps);
  addMerchantRoutes(app, deps, guards);
  addCheckoutRoutes(app, deps, guards);
  addOpsRoutes(app, deps, guards);
  addCreditReportHook(app, deps);
  addPages(app);
  addDocumentation(app, deps.publicUrl);
  refuseOtherMethods(app);
  app.notFound((c) => {
    c.get('notes')['code'] = 'NOT_FOUND';
    return problemResponse(new Problem('NOT_FOUND', { detail: 'There is nothing at this address.' }), c.get('requestId'));
  });
  app.onError((error, c) => problemResponse(toProblem(error), c.get('requestId')));
  return app;
}

/** Gives the request its id and leaves one line about it in the log: ids, codes and numbers, never a body or a name. */
function recorded({ log, draining }: ApiDeps): ApiMiddleware {
  return async (c, next) => {
    const startedMs = performance.now();
    c.set('requestId', newId('request'));
    c.set('notes', {});
    await next();
    c.header('Request-Id', c.get('requestId'));
    if (draining()) c.header('Connection', 'close');
    if (c.req.path.startsWith('/health/')) return;
    const { code, cause } = c.error ? toProblem(c.error) : {};
    const line = {
      requestId: c.get('requestId'),
      method: c.req.method,
      route: c.req.routePath,
      status: c.res.status,
      durationMs: Math.round(performance.now() - startedMs),
      merchantId: c.get('keyHolder')?.merchantId,
      keyId: c.get('keyHolder')?.keyId,
      applicationId: c.get('session')?.applicationId,
      actor: c.get('staff')?.actor,
      ...c.get('notes'),
      ...(code && { code }),
    };
    if (code !== undefined && problemKinds[code].status >= 500) log.error({ ...line, error: describe(cause) }, 'request failed');
    else log.info(line, 'request');
  };
}

// The stack says where, the chain of names says what. Messages are left out: a driver or a parser may quote what it was given.
function describe(error: unknown): { names: string[]; stack?: string } {
  const names: string[] = [];
  for (let cause = error; cause instanceof Error && names.length < 5; cause = cause.cause) {
    names.push('code' in cause && typeof cause.code === 'string' ? `${cause.name} ${cause.code}` : cause.name);
  }
  const frames = error instanceof Error ? error.stack?.split('\n').filter((text) => text.startsWith('    at ')) : undefined;
  return { names, ...(frames && { stack: frames.slice(0, 8).join('\n') }) };
}

function headersOf(publicUrl: string): Parameters<typeof secureHeaders>[0] {
  const isSecure = publicUrl.startsWith('https:');
  return {
    strictTransportSecurity: isSecure ? 'max-age=31536000; includeSubDomains' : false,
    xFrameOptions: 'DENY',
    referrerPolicy: 'no-referrer',
    permissionsPolicy: { camera: ['self'], microphone: [], geolocation: [] },
  };
}

const strictPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

// Unless a route says otherwise, a reply is nobody else's business and no page.
const privateReplies: ApiMiddleware = async (c, next) => {
  await next();
  if (!c.res.headers.has('content-security-policy')) c.header('Content-Security-Policy', strictPolicy);
  if (!c.res.headers.has('cache-control')) c.header('Cache-Control', 'no-store');
};

// A known address with another method is 405 with the methods it knows, not 404.
function refuseOtherMethods(app: Api): void {
  const byPath = Map.groupBy(
    app.routes.filter(({ method }) => method !== 'ALL'),
    ({ path }) => path,
  );
  for (const [path, routes] of byPath) {
    const allow = [...new Set(routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].join(', ');
    app.all(path, () => {
      throw new Problem('METHOD_NOT_ALLOWED', { detail: `This address knows ${allow}.`, headers: { allow } });
    });
  }
}
