// Is this the person on the card? Rekognition sees and reads, the policy in domain/identity judges, and every check is a record.
// A fault of the service is tried again and never held against the customer.

import { z } from 'zod';
import type { IdentitySubmission } from '../domain/application.ts';
import { dayInVietnam } from '../domain/calendar.ts';
import { invariant, VendorFailure } from '../domain/failures.ts';
import { assessIdentity, checkBasis } from '../domain/identity/checks.ts';
import type { IdentityPolicy } from '../domain/identity/checks.ts';
import type { CardCodeReader, IdentityProvider } from '../domain/ports.ts';
import { isReasonCode } from '../domain/reasons.ts';
import type { ReasonCode } from '../domain/reasons.ts';
import type { Tx } from '../db/pool.ts';
import type { Store } from '../db/store.ts';
import { gatherEvidence } from './identity-evidence.ts';
import { recordOnce, whileItStands } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const reasonCode = z.custom<ReasonCode>((value) => typeof value === 'string' && isReasonCode(value));

const verdict = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('verified') }),
  z.object({ kind: z.literal('resubmit'), reasons: z.array(reasonCode), attemptsLeft: z.number().int() }),
  z.object({ kind: z.literal('refer'), reasons: z.array(reasonCode), taskId: z.string() }),
]);

/** `resubmit`: the customer can do better. `refer`: a person must look, because the attempts are spent or the evidence is unclear. */
export type IdentityVerdict = z.infer<typeof verdict>;

interface VerifyInput {
  submission: IdentitySubmission;
  /** Further submissions after this one. */
  attemptsLeft: number;
  deadlineAt: string;
  reviewDueAt: string;
}

interface IdentityDeps {
  store: Store;
  provider: IdentityProvider;
  codes: CardCodeReader;
  policy: IdentityPolicy;
  /** True when Temporal makes no further try of this step by itself. */
  isLastTry: () => boolean;
  now: () => Date;
}

export function createIdentityActivities(deps: IdentityDeps) {
  const { store, policy, now } = deps;
  return {
    /** Checks one submission of photos against each other and against what the customer typed. Repeat: the recorded verdict.
     *  Throws IDENTITY_PROVIDER_UNAVAILABLE (retried) and IDENTITY_PROVIDER_REJECTED (not retried: a fault of ours, since faces are proven first);
     *  a fault that ends the tries leaves a check with the verdict `error`, and the submission is still unjudged. */
    async verifyIdentity(ref: StepRef, input: VerifyInput): Promise<IdentityVerdict> {
      const startedAt = now();
      return recordOnce(store, ref, verdict, {
        ask: async () => {
          const application = await store.applications.readApplication(store, ref.applicationId);
          invariant(application, 'an application exists before its workflow');
          const profile = await store.customers.profile(store, application.customer_id);
          invariant(profile, 'identity is checked against a complete profile');
          invariant(
            await store.consents.consentOf(store, ref.applicationId, 'biometric'),
            'faces are compared only with the consent of the customer',
          );
          // While the photos are looked at, nobody is waited for: a row without a deadline says so.
          await whileItStands(store, ref, async (tx) => store.applications.waitForNobody(tx, ref.applicationId));
          const { evidence, digests } = await gatherEvidence(deps, ref.applicationId, input.submission).catch(async (error: unknown) => {
            if (error instanceof VendorFailure) await keepError(deps, ref, input, error, startedAt);
            throw error;
          });
          return { assessment: assessIdentity(evidence, profile, policy, dayInVietnam(now())), digests };
        },
        keep: async (tx, { assessment, digests }) => {
          await store.identity.addChecks(
            tx,
            assessment.checks.map((check) => ({
              ...check,
              applicationId: ref.applicationId,
              round: ref.round,
              inputSha256: checkBasis[check.kind].photos.flatMap((photo) => digests[photo] ?? []),
              provider: checkBasis[check.kind].provider,
              policyVersion: policy.version,
              durationMs: now().getTime() - startedAt.getTime(),
            })),
          );
          return follow(deps, tx, ref, input, assessment);
        },
      });
    },
  };
}

/** Puts the vendor's fault down, for the auditor, when it is what staff will be shown. */
async function keepError(deps: IdentityDeps, ref: StepRef, input: VerifyInput, error: VendorFailure, startedAt: Date): Promise<void> {
  const { store, policy, isLastTry, now } = deps;
  if (error.kind !== 'rejected' && !isLastTry()) return;
  const { idFront, idBack, selfie } = input.submission;
  const check = {
    applicationId: ref.applicationId,
    round: ref.round,
    kind: 'provider',
    verdict: 'error',
    errorCode: error.code,
    scores: {},
    reasonCodes: [],
    inputSha256: [idFront, idBack, selfie].map(({ sha256 }) => sha256),
    provider: error.vendor,
    policyVersion: policy.version,
    durationMs: now().getTime() - startedAt.getTime(),
  } as const;
  await store.withTransaction(async (tx) => store.identity.addChecks(tx, [check]));
}

async function follow(
  { store }: IdentityDeps,
  tx: Tx,
  { applicationId }: StepRef,
  { attemptsLeft, deadlineAt, reviewDueAt }: VerifyInput,
  { verdict: judged, reasonCodes }: ReturnType<typeof assessIdentity>,
): Promise<IdentityVerdict> {
  const reasons = [...reasonCodes];
  if (judged === 'pass') {
    await store.applications.advance(tx, applicationId, { status: 'in_progress', step: 'creditReport', reasons: [] });
    return { kind: 'verified' };
  }
  if (judged === 'fail' && attemptsLeft > 0) {
    await store.applications.advance(tx, applicationId, { status: 'in_progress', step: 'identity', deadlineAt, reasons });
    return { kind: 'resubmit', reasons, attemptsLeft };
  }
  if (judged === 'fail') reasons.push('IDENTITY_ATTEMPTS_SPENT');
  const taskId = await store.reviews.open(tx, { applicationId, kind: 'identity', reasons, expiresAt: new Date(reviewDueAt) });
  await store.applications.advance(tx, applicationId, { status: 'in_review', step: 'identity', deadlineAt: reviewDueAt, reasons });
  return { kind: 'refer', reasons, taskId };
}
