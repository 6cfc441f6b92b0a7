// All simulated vendors on one server, each under its own path and in its own wire format: /way4, /cic, /sms, /rekognition, /oidc; beside them
// the phone that shows text messages, the admin calls, and health.

import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import { sandboxLimits } from '../config/sandbox-limits.ts';
import type { AwsCredentials } from './aws/signature.ts';
import { adminRoutes } from './admin.ts';
import { cicRoutes } from './cic/routes.ts';
import { answerWith } from './faults.ts';
import type { Faults, SandboxEnv } from './faults.ts';
import type { Issuer } from './oidc/issuer.ts';
import { oidcRoutes } from './oidc/routes.ts';
import type { Rekognition } from './rekognition/rekognition.ts';
import { s3Routes } from './s3/routes.ts';
import { phoneRoutes } from './sms/phone.ts';
import { smsRoutes } from './sms/routes.ts';
import type { Store } from './store.ts';
import { way4Routes } from './way4/routes.ts';

export interface SandboxDeps {
  store: Store;
  faults: Faults;
  log: Logger;
  cicApiKey: string;
  smsApiKey: string;
  smsApiSecret: string;
  /** Whoever signs with them is believed by the simulators of AWS. */
  awsCredentials: AwsCredentials;
  slowMs: number;
  reportDelayMs: number;
  /** Where staff sign on. */
  issuer: Issuer;
  /** The Rekognition simulator; /rekognition is not there without it. */
  rekognition: Pick<Rekognition, 'routes' | 'camera'> | undefined;
  /** False while something is still being loaded. */
  isReady: () => boolean;
}

/** The whole sandbox as one Hono app. */
export function createSandbox(deps: SandboxDeps): Hono<SandboxEnv> {
  const { store, faults, slowMs } = deps;
  const app = new Hono<SandboxEnv>();
  app.use(logged(deps.log), bodyLimit({ maxSize: sandboxLimits.bodyMaxBytes }));
  app.route('/way4', way4Routes({ store, faults, slowMs }));
  app.route('/cic', cicRoutes({ store, faults, slowMs, apiKey: deps.cicApiKey, reportDelayMs: deps.reportDelayMs }));
  app.route('/sms', smsRoutes({ store, faults, slowMs, apiKey: deps.smsApiKey, apiSecret: deps.smsApiSecret }));
  app.route('/s3', s3Routes({ store, credentials: deps.awsCredentials }));
  app.route('/phone', phoneRoutes(store));
  app.route('/oidc', oidcRoutes(deps.issuer));
  app.route('/admin', adminRoutes({ store, faults }));
  if (deps.rekognition) {
    app.route('/rekognition', rekognitionWithFaults(deps.rekognition.routes, deps));
    app.route('/camera', deps.rekognition.camera);
  }
  app.get('/health/live', (c) => c.json({ status: 'live' }));
  app.get('/health/ready', async (c) => {
    const isReady = deps.isReady() && (await isAlive(store));
    return c.json({ status: isReady ? 'ready' : 'not ready' }, isReady ? 200 : 503);
  });
  app.onError((error, c) => {
    // The message may quote a value of a row; the frames cannot.
    const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
    deps.log.error({ type: error.name, frames, operation: c.get('operation') }, 'call failed');
    return c.text('Internal error', 500);
  });
  return app;
}

async function isAlive(store: Store): Promise<boolean> {
  return store.run('select 1').then(
    () => true,
    () => false,
  );
}

/** One line per call: what was called and how it ended. Never a query, a header or a body: those hold personal data. */
function logged(log: Logger): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const vendor = c.req.path.split('/')[1] ?? '';
    if (vendor === 'health' || vendor === 'phone') return;
    log.info({ vendor, operation: c.get('operation'), status: c.res.status, ms: Math.round(performance.now() - startedAt) }, 'answered');
  };
}

/** AWS names the operation in a header and speaks of throttling with 400, not 429. */
function rekognitionWithFaults(rekognition: Hono, { faults, slowMs }: SandboxDeps): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.use(async (c, next) => {
    const operation = c.req.header('x-amz-target')?.split('.').at(-1) ?? 'unknown';
    c.set('operation', operation);
    const fault = faults.take('rekognition', operation);
    if (fault?.fault === 'throttle' || fault?.fault === 'fail') {
      c.res = fault.fault === 'throttle' ? awsError('ThrottlingException', 400) : awsError('InternalServerError', 500);
      return;
    }
    // It only reads, so doing it twice is doing it once.
    let done: Promise<void> | undefined;
    const answer = await answerWith(c, fault, slowMs, async () => {
      await (done ??= next());
      return c.res;
    });
    if (answer === c.res) return;
    // Hono keeps the answer that the route gave unless it is taken away first.
    c.res = undefined;
    c.res = answer;
  });
  return routes.route('/', rekognition);
}

function awsError(type: string, status: number): Response {
  return Response.json(
    { __type: type, message: 'Ordered by the sandbox.' },
    { status, headers: { 'content-type': 'application/x-amz-json-1.1' } },
  );
}
