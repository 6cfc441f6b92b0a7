// How Rekognition fails, mapped onto the five kinds. Its errors are named in the answer; what has no name did not come from it.
// Source: "Error handling" in Amazon's developer guide, which says of each error whether it may be tried again.

import { z } from 'zod';
import { VendorFailure } from '../../domain/failures.ts';
import type { VendorFailureKind } from '../../domain/failures.ts';

/** The code of a session that Rekognition does not know. */
export const sessionNotFound = 'SESSION_NOT_FOUND';

const thrown = z.object({
  name: z.string(),
  code: z.unknown().optional(),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional(),
  /** Set by the SDK when an answer came that it could not read. */
  $response: z.object({ statusCode: z.number() }).optional(),
});

/** What one failed call means. `timedOut` is true when our own deadline ended it. Personal data cannot get into the failure: neither the
 *  message of the error nor its cause is kept, for both may quote an answer. */
export function mapFailure(error: unknown, timedOut: boolean): VendorFailure {
  if (timedOut) return failure('unavailable', 'TIMEOUT');
  const { data } = thrown.safeParse(error);
  const status = data?.$metadata?.httpStatusCode ?? data?.$response?.statusCode;
  const name = data?.name ?? '';
  const named = byName[name];
  if (named) return failure(...named);
  if (status !== undefined && (status >= 500 || status === 429)) return failure('unavailable', 'SERVER_ERROR');
  if (name === 'SyntaxError') return failure('garbage', 'ANSWER_UNREADABLE');
  // The SDK calls a connection that was cut a time-out as well.
  if (data?.code === 'ECONNRESET' || data?.code === 'EPIPE') return failure('unavailable', 'CONNECTION_LOST');
  if (name === 'TimeoutError') return failure('unavailable', 'TIMEOUT');
  if (name === 'AbortError') return failure('unavailable', 'ABORTED');
  if (status !== undefined && status >= 400) return failure('rejected', 'CONFIG_REFUSED');
  if (status !== undefined) return failure('garbage', 'ANSWER_UNREADABLE');
  return failure('unavailable', 'NOT_REACHED');
}

const byName: Readonly<Record<string, [VendorFailureKind, string]>> = {
  ProvisionedThroughputExceededException: ['unavailable', 'THROTTLED'],
  ThrottlingException: ['unavailable', 'THROTTLED'],
  InternalServerError: ['unavailable', 'SERVER_ERROR'],
  ImageTooLargeException: ['rejected', 'IMAGE_TOO_LARGE'],
  InvalidImageFormatException: ['rejected', 'IMAGE_FORMAT'],
  // "No face" is an InvalidParameterException too; callers prove a face with detectFaces first.
  InvalidParameterException: ['rejected', 'INVALID_PARAMETER'],
  ValidationException: ['rejected', 'INVALID_PARAMETER'],
  AccessDeniedException: ['rejected', 'CONFIG_ACCESS_DENIED'],
  ResourceNotFoundException: ['rejected', 'CONFIG_RESOURCE_NOT_FOUND'],
  // A session that was never opened here, or was forgotten after three minutes.
  SessionNotFoundException: ['rejected', sessionNotFound],
  IdempotentParameterMismatchException: ['rejected', 'CONFIG_TOKEN_REUSED'],
  // The SDK would take this one for throttling; Rekognition's own table says not to repeat it.
  LimitExceededException: ['rejected', 'CONFIG_LIMIT_EXCEEDED'],
  UnrecognizedClientException: ['rejected', 'CONFIG_CREDENTIALS'],
  InvalidSignatureException: ['rejected', 'CONFIG_CREDENTIALS'],
  IncompleteSignatureException: ['rejected', 'CONFIG_CREDENTIALS'],
  MissingAuthenticationTokenException: ['rejected', 'CONFIG_CREDENTIALS'],
  ExpiredTokenException: ['rejected', 'CONFIG_CREDENTIALS'],
  CredentialsProviderError: ['rejected', 'CONFIG_CREDENTIALS'],
  UnknownOperationException: ['rejected', 'CONFIG_UNKNOWN_OPERATION'],
};

function failure(kind: VendorFailureKind, code: string): VendorFailure {
  return new VendorFailure('rekognition', kind, code);
}
