// Every error of the api is a problem (RFC 9457), and this is the one place where an error becomes one. The codes are a closed list
// that clients may switch on; `detail` is for people, and neither ever repeats what was sent or names a customer.

import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import { apiLimits } from '../config/limits.ts';
import { isBusy } from '../db/idempotency.ts';
import { AmbiguousCommit, CommitRefused, sqlState } from '../db/pool.ts';
import { VendorFailure } from '../domain/failures.ts';
import type { ApplicationStatus } from '../domain/states.ts';

interface ProblemKind {
  status: number;
  title: string;
  /** True when the same request may succeed later without a change. */
  retryable?: true;
}

/** The closed list. A code is never renamed; a new one is a compatible change. */
export const problemKinds = {
  MALFORMED_BODY: { status: 400, title: 'The body cannot be read' },
  IDEMPOTENCY_KEY_MISSING: { status: 400, title: 'The Idempotency-Key header is missing' },
  IDEMPOTENCY_KEY_INVALID: { status: 400, title: 'The Idempotency-Key header is not usable' },
  UNAUTHORIZED: { status: 401, title: 'The credentials are missing or not valid' },
  LINK_NOT_VALID: { status: 401, title: 'The link is not valid any more' },
  SIGNATURE_INVALID: { status: 401, title: 'The signature of the callback is not valid' },
  SCOPE_MISSING: { status: 403, title: 'The api key may not do this' },
  ROLE_MISSING: { status: 403, title: 'No role of yours allows this' },
  CROSS_SITE: { status: 403, title: 'The request comes from another site' },
  NOT_FOUND: { status: 404, title: 'There is no such thing here' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not know the method' },
  WRONG_STATE: { status: 409, title: 'The application is not in a state for this' },
  POINT_OF_NO_RETURN: { status: 409, title: 'The purchase is being booked and cannot be stopped' },
  OFFER_MISMATCH: { status: 409, title: 'This is not the offer that was made' },
  DOCUMENT_MISMATCH: { status: 409, title: 'This is not the document that was shown' },
  AMOUNT_MISMATCH: { status: 409, title: 'This is not the amount of the order' },
  OTP_NOT_AWAITED: { status: 409, title: 'No one-time password is awaited' },
  RESENDS_SPENT: { status: 409, title: 'No further one-time password can be sent' },
  OTP_BEING_SENT: { status: 409, title: 'A one-time password is being sent', retryable: true },
  OTP_SENT: { status: 409, title: 'The purchase is approved already' },
  OTP_BEING_CHECKED: { status: 409, title: 'Another one-time password is being checked', retryable: true },
  TRIES_SPENT: { status: 409, title: 'Too much was tried with this application' },
  NOTHING_TO_RETRY: { status: 409, title: 'No step of the application waits or backs off' },
  ANSWER_NOT_ALLOWED: { status: 409, title: 'The review task does not allow this answer' },
  ASKS_SPENT: { status: 409, title: 'The customer was asked again as often as the policy allows' },
  DEADLINE_FIXED: { status: 409, title: 'This deadline cannot be moved further' },
  DEADLINE_NOT_ALLOWED: { status: 409, title: 'The policy does not allow this deadline' },
  APPROVAL_OPEN: { status: 409, title: 'Another request about it waits for a second person' },
  APPROVAL_CLOSED: { status: 409, title: 'The request is decided or has expired' },
  SECOND_PERSON_NEEDED: { status: 409, title: 'Somebody else has to confirm this' },
  LINKS_SPENT: { status: 429, title: 'Too many links were sent for this application' },
  REVIEW_ANSWERED: { status: 409, title: 'The review task is answered already' },
  REVIEW_CLAIMED: { status: 409, title: 'Somebody else works on this review task' },
  REVIEW_NOT_CLAIMED: { status: 409, title: 'You do not work on this review task' },
  LIMIT_NOT_ALLOWED: { status: 409, title: 'This limit cannot be granted' },
  NOTHING_TO_REPLAY: { status: 409, title: 'The parked message names no transaction of ours' },
  NOTHING_TO_RENEW: { status: 409, title: 'The purchase of this parked message cannot get a new RRN' },
  PURCHASE_WITHOUT_OUTCOME: { status: 409, title: 'The purchase of this parked message has no outcome yet' },
  MERCHANT_REFERENCE_TAKEN: { status: 409, title: 'The merchant_reference was used for another order' },
  TOO_MANY_PHOTOS: { status: 409, title: 'Too many photos were uploaded for this application' },
  LIVENESS_NEEDED: { status: 409, title: 'The customer has to show their face to the camera first' },
  LIVENESS_NOT_ASKED: { status: 409, title: 'Liveness is not checked here' },
  TOO_MANY_SESSIONS: { status: 409, title: 'Too many liveness sessions were opened for this application' },
  IDEMPOTENCY_IN_FLIGHT: { status: 409, title: 'A request with this Idempotency-Key is being worked on', retryable: true },
  VERSION_MISMATCH: { status: 412, title: 'It was changed since it was read' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The content type is not accepted here' },
  INVALID_FIELDS: { status: 422, title: 'Some fields are not valid' },
  PHOTO_REFUSED: { status: 422, title: 'A photo cannot be used' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The Idempotency-Key was used for another request' },
  OTP_WRONG: { status: 422, title: 'The one-time password is wrong' },
  OTP_EXPIRED: { status: 422, title: 'The one-time password has expired' },
  OTP_LOCKED: { status: 422, title: 'The one-time password was entered wrongly too often' },
  TOO_MANY_REQUESTS: { status: 429, title: 'This was done too often', retryable: true },
  INTERNAL: { status: 500, title: 'Something went wrong on our side' },
  TEMPORARILY_UNAVAILABLE: { status: 503, title: 'This cannot be done right now', retryable: true },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

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
    detail: extras.detail ?? kind.title,
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
  if (/^(08|53|57)/.test(sqlState(error) ?? '')) return true;
  if (error instanceof VendorFailure) return error.kind !== 'rejected';
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && /^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH)/.test(error.code)) return true;
  return /timeout exceeded when trying to connect|Connection terminated/.test(error.message);
}
