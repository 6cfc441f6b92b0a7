// Every error of the api is a problem (RFC 9457), and this is the one place where an error becomes one. The codes are a closed list
// that clients may switch on (api/problem-kinds.ts); `detail` is for people, and neither ever repeats what was sent or names a customer.

import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import { apiLimits } from '../config/limits.ts';
import { isBusy } from '../db/idempotency.ts';
import { AmbiguousCommit, CommitRefused, sqlState } from '../db/pool.ts';
import { VendorFailure, isConnectionLost } from '../domain/failures.ts';
import type { ApplicationStatus } from '../domain/states.ts';
import { problemKinds } from './problem-kinds.ts';
import type { ProblemCode, ProblemKind } from './problem-kinds.ts';

export interface FieldError {
  /** JSON pointer (RFC 6901) into the body or the query. */
  pointer: string;
  code: string;
  message: string;
}

export interface ProblemExtras {
  /** What happened and what to do, for people. */
  detail?: string;
  errors?: readonly FieldError[];
  currentStatus?: ApplicationStatus | undefined;
  headers?: Record<string, string>;
  /** Further members, e.g. attempts_left. */
  more?: Record<string, number | string>;
  cause?: unknown;
}

/** An error that is meant for the client. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, extras: ProblemExtras = {}) {
    super(code, { cause: extras.cause });
    this.code = code;
    this.extras = extras;
  }
}

/** True when the same request may succeed later without a change. */
export function isRetryable(code: ProblemCode): boolean {
  const kind: ProblemKind = problemKinds[code];
  return kind.retryable === true;
}

/** True when what was asked may have been done: no answer came in time, or ours is the fault. Every other problem says that nothing was done. */
export function mayBeDone(code: ProblemCode): boolean {
  return code === 'TEMPORARILY_UNAVAILABLE' || code === 'INTERNAL';
}

/** The problem for any error. What is not known is INTERNAL and says nothing more. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException) return fromHttp(error);
  if (isUnavailable(error)) return new Problem('TEMPORARILY_UNAVAILABLE', { cause: error });
  return new Problem('INTERNAL', { cause: error });
}

/** The reply for a problem. `instance` is the request id, which support can look up. */
export function problemResponse(problem: Problem, requestId: string): Response {
  const { extras, code } = problem;
  const kind: ProblemKind = problemKinds[code];
  const retryable = isRetryable(code);
  const body = {
    type: `/problems#${code}`,
    title: kind.title,
    status: kind.status,
    detail: extras.detail ?? kind.advice,
    instance: requestId,
    code,
    retryable,
    ...(extras.errors && { errors: extras.errors }),
    ...(extras.currentStatus && { current_status: extras.currentStatus }),
    ...extras.more,
  };
  const headers = new Headers({ 'content-type': 'application/problem+json', ...extras.headers });
  if (retryable && !headers.has('retry-after')) headers.set('retry-after', String(apiLimits.retryAfterSeconds));
  if (kind.status === 401) headers.set('www-authenticate', 'Bearer');
  return new Response(JSON.stringify(body), { status: kind.status, headers });
}

/** The problem for fields that a schema refused. */
export function invalidFields(error: z.core.$ZodError): Problem {
  return new Problem('INVALID_FIELDS', { detail: 'Correct the fields listed in `errors`.', errors: error.issues.flatMap(fieldErrors) });
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointer([...issue.path, key]),
      code: 'UNKNOWN_FIELD',
      message: 'This field is not known here.',
    }));
  }
  const code = issue.code === 'custom' && typeof issue.params?.['code'] === 'string' ? issue.params['code'] : issue.code.toUpperCase();
  return [{ pointer: pointer(issue.path), code, message: issue.message }];
}

/** A JSON pointer (RFC 6901) to this place. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function fromHttp(error: HTTPException): Problem {
  if (error.status === 413) return new Problem('BODY_TOO_LARGE', { cause: error });
  if (error.status === 415) return new Problem('UNSUPPORTED_MEDIA_TYPE', { cause: error });
  if (error.status === 404) return new Problem('NOT_FOUND', { cause: error });
  return new Problem(error.status < 500 ? 'MALFORMED_BODY' : 'INTERNAL', { cause: error });
}

// A database or a vendor that is away, busy or ambiguous. Everything of ours that writes may be repeated with the same key.
function isUnavailable(error: unknown): boolean {
  if (error instanceof AmbiguousCommit || error instanceof CommitRefused || isBusy(error)) return true;
  if (/^(08|53|57|25P03)/.test(sqlState(error) ?? '')) return true;
  if (error instanceof VendorFailure) return error.kind !== 'rejected';
  return isConnectionLost(error);
}
