// How a route is declared: its guard runs first, then the size of the body is checked, and only then is anything parsed. The same
// declaration makes the OpenAPI document, with every problem that the route may answer.

import { bodyLimit } from 'hono/body-limit';
import type { RouteConfig } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { apiLimits } from '../config/limits.ts';
import type { Guard } from './auth.ts';
import type { ApiMiddleware } from './environment.ts';
import { problemKinds } from './problem-kinds.ts';
import { Problem } from './problems.ts';
import type { ProblemCode } from './problem-kinds.ts';

export interface RouteRules {
  /** Who may call it. Undefined only for what is meant for everybody. */
  guard?: Guard;
  /** Largest body in bytes; `streamed` when the route reads its body as it comes and counts for itself. */
  maxBytes?: number | 'streamed';
  /** Problems beyond those that every route has; IDEMPOTENCY_KEY_MISSING stands for all that can be wrong with a key. */
  problems?: readonly ProblemCode[];
}

type Declared<P extends string> = Omit<RouteConfig, 'path' | 'middleware' | 'security'> & { path: P };

/** The route with its guard, body limit and problems. Hand it to `app.openapi`. */
export function defineRoute<const P extends string, R extends Declared<P>>(
  rules: RouteRules,
  route: R & { path: P },
): R & { path: P; middleware: ApiMiddleware[] } {
  const { guard, maxBytes = apiLimits.jsonMaxBytes, problems = [] } = rules;
  const needsKey = problems.includes('IDEMPOTENCY_KEY_MISSING');
  const implied: readonly ProblemCode[] = [...(route.request ? requestProblems : []), ...(needsKey ? keyProblems : [])];
  const codes: ProblemCode[] = [...(guard?.problems ?? []), ...implied, ...problems, ...always];
  return {
    ...route,
    ...(guard && { security: guard.security }),
    middleware: [...(guard ? [guard.check] : []), ...(maxBytes === 'streamed' ? [] : [limitBody(maxBytes)])],
    responses: { ...problemResponses(codes), ...route.responses },
  };
}

const requestProblems = ['INVALID_FIELDS', 'MALFORMED_BODY', 'UNSUPPORTED_MEDIA_TYPE', 'BODY_TOO_LARGE'] as const;
const keyProblems = ['IDEMPOTENCY_KEY_INVALID', 'IDEMPOTENCY_KEY_REUSED'] as const;
const always = ['INTERNAL', 'TEMPORARILY_UNAVAILABLE'] as const;

function limitBody(maxSize: number): ApiMiddleware {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new Problem('BODY_TOO_LARGE', { detail: `At most ${maxSize} bytes are accepted here.` });
    },
  });
}

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().openapi({ description: 'The request id.' }),
    code: z.enum(Object.keys(problemKinds)),
    retryable: z.boolean(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })).optional(),
    current_status: z.string().optional(),
  })
  .openapi('Problem');

function problemResponses(codes: readonly ProblemCode[]): RouteConfig['responses'] {
  const byStatus = Map.groupBy(new Set(codes), (code) => problemKinds[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      { description: group.join(', '), content: { 'application/problem+json': { schema: problemSchema } } },
    ]),
  );
}

/** A JSON reply of a route. */
export function json<S extends z.ZodType>(
  schema: S,
  description: string,
): { description: string; content: { 'application/json': { schema: S } } } {
  return { description, content: { 'application/json': { schema } } };
}

/** A JSON body that must be there. */
export function body<S extends z.ZodType>(schema: S): { required: true; content: { 'application/json': { schema: S } } } {
  return { required: true, content: { 'application/json': { schema } } };
}
