// The decision: facts are frozen, the ruleset in force is evaluated on them, and what follows is recorded in one commit: the decision,
// the offer or the question to a reviewer, and the new place of the application.

import { z } from 'zod';
import type { OfferRef, StaffRequest } from '../domain/application.ts';
import { dayInVietnam } from '../domain/calendar.ts';
import { engineVersion, evaluate } from '../domain/decision/evaluate.ts';
import { withoutFacts } from '../domain/decision/explain.ts';
import { featuresFrom } from '../domain/decision/features.ts';
import { limitAfterReview } from '../domain/decision/limit.ts';
import type { Ruleset } from '../domain/decision/ruleset.ts';
import type { DecisionResult } from '../domain/decision/types.ts';
import { invariant } from '../domain/failures.ts';
import { isReasonCode } from '../domain/reasons.ts';
import type { ReasonCode } from '../domain/reasons.ts';
import { buildOffer, offerContent } from '../domain/schedule.ts';
import type { Product } from '../domain/schedule.ts';
import type { Tx } from '../db/pool.ts';
import type { Store } from '../db/store.ts';
import { nobody, recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const reasons = z.array(z.custom<ReasonCode>((value) => typeof value === 'string' && isReasonCode(value)));
const offerRef = z.object({ offerId: z.string(), hash: z.string(), limitVnd: z.number().int(), expiresAt: z.string() });
const decided = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('approved'), offer: offerRef }),
  z.object({ kind: z.literal('referred'), reasons, taskId: z.string() }),
  z.object({ kind: z.literal('declined'), reasons }),
]);

export type Decided = z.infer<typeof decided>;

/** The product of this build's offers. The choice between products comes with the checkout page. */
const product: Product = 'pay-in-3';

interface ReviewAnswered extends Partial<StaffRequest> {
  taskId: string;
  actor: string;
  /** Less than the ruleset derived. */
  limitVnd?: number;
  offerExpiresAt: string;
}

interface DecisionDeps {
  store: Store;
  ruleset: { document: Ruleset; sha256: string };
  now: () => Date;
}

export function createDecisionActivities(deps: DecisionDeps) {
  const { store } = deps;
  return {
    /** Decides on the application as it is known now. Repeat: the recorded decision; a newer ruleset changes nothing. */
    async decide(ref: StepRef, input: { offerExpiresAt: string; reviewDueAt: string }): Promise<Decided> {
      return recordOnce(store, ref, decided, {
        ask: async () => ({ now: deps.now() }),
        keep: async (tx, { now }) => {
          const features = await freeze(store, tx, ref.applicationId, now);
          const result = evaluate(deps.ruleset.document, features, now);
          const decisionId = await store.decisions.add(tx, {
            applicationId: ref.applicationId,
            round: ref.round,
            ruleset: { id: deps.ruleset.document.id, version: deps.ruleset.document.version, sha256: deps.ruleset.sha256 },
            snapshot: { features, now: now.toISOString(), result },
            outcome: result.kind,
            limitVnd: result.limitVnd,
            reasons: result.reasons,
            result: { engineVersion, evaluation: withoutFacts(result) },
            decidedAt: now,
          });
          return follow(store, tx, { applicationId: ref.applicationId, decisionId, result, now, ...input });
        },
      });
    },

    /** Makes the offer that a reviewer approved: the limit that the ruleset derived, or what the order needs where it derived none, and less if
     *  the reviewer said so. Repeat: the same offer. */
    async approveByReview(ref: StepRef, input: ReviewAnswered): Promise<OfferRef> {
      return recordOnce(store, ref, offerRef, {
        ask: nobody,
        keep: async (tx) => {
          const { applicationId } = ref;
          const decision = await store.decisions.latest(tx, applicationId);
          invariant(decision?.outcome === 'referred', 'a reviewer approves what was referred');
          const answer = await store.reviews.answerTo(tx, applicationId, input.taskId);
          invariant(answer === 'approve', 'an offer follows a review only when the reviewer said yes');
          const application = await store.applications.readApplication(tx, applicationId);
          invariant(application, 'an application exists before its workflow');
          const derivedVnd = limitAfterReview(decision.limit_vnd, deps.ruleset.document.limit, application.amount_vnd);
          const limitVnd = Math.min(derivedVnd, input.limitVnd ?? derivedVnd);
          const { taskId, actor, approvedBy, requestId } = input;
          const reason = requestId === undefined ? undefined : await store.reasonGiven(tx, applicationId, requestId);
          const override = { applicationId, decisionId: decision.id, taskId, derivedVnd, limitVnd, actor, approvedBy, reason };
          await store.reviews.addOverride(tx, override);
          return makeOffer(store, tx, { ...input, applicationId, decisionId: decision.id, limitVnd, now: deps.now() });
        },
      });
    },
  };
}

async function freeze(store: Store, tx: Tx, applicationId: string, now: Date) {
  const application = await store.applications.readApplication(tx, applicationId);
  invariant(application, 'an application exists before its workflow');
  const profile = await store.customers.profile(tx, application.customer_id);
  const report = await store.creditReports.latest(tx, applicationId);
  const identity = await store.identity.verdict(tx, applicationId);
  invariant(profile && report && identity, 'a decision comes after profile, identity and report');
  return featuresFrom({
    profile: { ...profile, statedAt: await store.customers.statedAt(tx, application.customer_id) },
    bureau: report,
    identity,
    standing: await store.standings.of(tx, applicationId, now),
    orderAmountVnd: application.amount_vnd,
    product,
    now,
  });
}

interface Following {
  applicationId: string;
  decisionId: string;
  result: DecisionResult;
  now: Date;
  offerExpiresAt: string;
  reviewDueAt: string;
}

async function follow(store: Store, tx: Tx, following: Following): Promise<Decided> {
  const { applicationId, result, reviewDueAt } = following;
  switch (result.kind) {
    case 'approved':
      return { kind: 'approved', offer: await makeOffer(store, tx, { ...following, limitVnd: result.limitVnd }) };
    case 'declined':
      return { kind: 'declined', reasons: result.reasons };
    case 'referred': {
      const taskId = await store.reviews.open(tx, {
        applicationId,
        kind: 'decision',
        reasons: result.reasons,
        expiresAt: new Date(reviewDueAt),
      });
      await store.applications.advance(tx, applicationId, {
        status: 'in_review',
        step: 'decision',
        deadlineAt: reviewDueAt,
        reasons: result.reasons,
      });
      return { kind: 'referred', reasons: result.reasons, taskId };
    }
  }
}

async function makeOffer(
  store: Store,
  tx: Tx,
  terms: { applicationId: string; decisionId: string; limitVnd: number; now: Date; offerExpiresAt: string },
): Promise<OfferRef> {
  const { applicationId, decisionId, limitVnd, now, offerExpiresAt } = terms;
  const application = await store.applications.readApplication(tx, applicationId);
  invariant(application, 'an application exists before its workflow');
  const amountVnd = application.amount_vnd;
  const expiresAt = new Date(offerExpiresAt);
  const offer = buildOffer({ applicationId, product, limitVnd, amountVnd, startOn: dayInVietnam(now), validUntil: expiresAt });
  const hash = store.sha256(offerContent(offer));
  const offerId = await store.offers.addOffer(tx, {
    applicationId,
    decisionId,
    limitVnd,
    amountVnd,
    product,
    content: offer,
    hash,
    expiresAt,
  });
  await store.applications.advance(tx, applicationId, { status: 'offer_ready', step: 'offer', deadlineAt: offerExpiresAt, reasons: [] });
  return { offerId, hash, limitVnd, expiresAt: offerExpiresAt };
}
