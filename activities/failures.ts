// The one place where what went wrong becomes what Temporal understands: a constant type, retried or not. Neither message nor
// details repeat what was sent, received or stored, so that a history names nobody.

import { ApplicationFailure } from '@temporalio/common';
import { InvariantFailure, VendorFailure, isConnectionLost } from '../domain/failures.ts';
import type { Vendor, VendorFailureKind } from '../domain/failures.ts';

const prefixes: Record<Vendor, string> = {
  way4: 'CARD_CORE',
  cic: 'CREDIT_BUREAU',
  rekognition: 'IDENTITY_PROVIDER',
  sms: 'SMS_GATEWAY',
  esign: 'SEAL',
  s3: 'OBJECT_STORE',
};

const suffixes: Record<VendorFailureKind, string> = {
  unavailable: 'UNAVAILABLE',
  unknown: 'OUTCOME_UNKNOWN',
  busy: 'OUTCOME_UNKNOWN',
  garbage: 'ANSWER_GARBLED',
  rejected: 'REJECTED',
};

// A vendor's code may stand in a history only in this form; anything else could carry what the vendor quoted.
const plainCode = /^[A-Za-z0-9_.-]{1,40}$/;

// What a vendor asks for is honoured up to here: one that says "tomorrow" would put a step to sleep where nobody sees it.
const longestDelayMs = 60_000;

/** The Temporal failure for any error. Retryable unless a repeat cannot help: a vendor's "no", or a bug of ours. */
function toActivityFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof VendorFailure) return vendorFailure(error);
  if (error instanceof InvariantFailure) return ApplicationFailure.nonRetryable(`broken invariant: ${error.message}`, 'INVARIANT_BROKEN');
  if (error instanceof Error && error.name === 'AbortError') return error;
  if (error instanceof Error && error.name === 'StepOvertaken') return ApplicationFailure.nonRetryable(error.message, 'STEP_OVERTAKEN');
  return ApplicationFailure.retryable(`unexpected ${error instanceof Error ? error.name : typeof error}`, unexpectedType(error));
}

/** What may be stored of a failure of a vendor: its type, and its code where that quotes nobody. */
export function codesOf({ vendor, kind, code }: VendorFailure): { type: string; code: string } {
  return { type: `${prefixes[vendor]}_${suffixes[kind]}`, code: plainCode.test(code) ? code : 'UNPRINTABLE' };
}

function vendorFailure(error: VendorFailure): ApplicationFailure {
  const { type, code } = codesOf(error);
  return ApplicationFailure.create({
    message: type,
    type,
    nonRetryable: error.kind === 'rejected',
    details: [{ code }],
    ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: Math.min(error.retryAfterMs, longestDelayMs) }),
  });
}

function unexpectedType(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  // After an AmbiguousCommit (db/pool.ts) a repeat looks the step up by its key.
  const isAmbiguous = error instanceof Error && error.name === 'AmbiguousCommit';
  const isAway = /^(08|53|57|25P03|40|55)/.test(code) || isAmbiguous || isConnectionLost(error);
  return isAway ? 'DATABASE_UNAVAILABLE' : 'UNEXPECTED';
}

type AnyActivities = Record<string, (...args: never[]) => Promise<unknown>>;

/** The same activities, each with its errors mapped. `onFailure` sees the original error and what the activity was called with. */
export function withMappedFailures<T extends AnyActivities>(
  activities: T,
  onFailure: (activity: string, error: unknown, args: readonly unknown[]) => void | Promise<void>,
): T {
  const wrapped = Object.entries(activities).map(([name, run]) => [
    name,
    async (...args: never[]): Promise<unknown> => {
      try {
        return await run(...args);
      } catch (error) {
        await onFailure(name, error, args);
        throw toActivityFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T; // the same names with functions of the same signatures
}
