// The decision: facts are frozen, the ruleset in force is evaluated on them, and what follows is recorded in one commit: the decision,
// the offer or the question to a reviewer, and the new place of the application.

import { z } from 'zod';
import type { OfferRef, StaffRequest } from '../domain/application.ts';
import { engineVersion } from '../domain/decision/evaluate.ts';
import { explanation, withoutFacts } from '../domain/decision/explain.ts';
import { featuresFrom } from '../domain/decision/features.ts';
import { limitAfterReview } from '../domain/decision/limit.ts';
import { recordEvaluation } from '../domain/decision/record.ts';
import type { Ruleset } from '../domain/decision/ruleset.ts';
import { challenge } from '../domain/decision/shadow.ts';
import type { DecisionResult } from '../domain/decision/types.ts';
import { invariant } from '../domain/failures.ts';
import { isReasonCode } from '../domain/reasons.ts';
import type { ReasonCode } from '../domain/reasons.ts';
import type { Tx } from '../db/pool.ts';
import type { Store } from '../db/store.ts';
import { makeOffer, offerRef } from './make-offer.ts';
import { nobody, recordOnce } from './record-once.ts';
import type { StepRef } from './record-once.ts';

const reasons = z.array(z.custom<ReasonCode>((value) => typeof value === 'string' && isReasonCode(value)));
const decided = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('approved'), offer: offerRef }),
  z.object({ kind: z.literal('referred'), reasons, taskId: z.string() }),
  z.object({ kind: z.literal('declined'), reasons }),
]);

export type Decided = z.infer<typeof decided>;

interface ReviewAnswered extends Partial<StaffRequest> {
  taskId: string;
  actor: string;
  /** Less than the ruleset derived. */
  limitVnd?: number;
  offerExpiresAt: string;
}

interface DecisionDeps {
  store: Store;
  /** The ruleset document that is put in force where none ever was. */
  shippedRuleset: unknown;
  /** What a challenger may take, in ms; what it says later is thrown away. */
  challengerBudgetMs: number;
  now: () => Date;
}

export function createDecisionActivities(deps: DecisionDeps) {
  const { store } = deps;
  return {
    /** Decides on the application as it is known now, by the ruleset in force at this moment. Repeat: the recorded decision; a newer ruleset
     *  changes nothing. */
    async decide(ref: StepRef, input: { offerExpiresAt: string; reviewDueAt: string }): Promise<Decided> {
      return recordOnce(store, ref, decided, {
        ask: async () => ({ now: deps.now() }),
        keep: async (tx, { now }) => {
          const features = await freeze(store, tx, ref.applicationId, now);
          const { champion, challenger } = await store.rulesets.forDecision(tx, now, deps.shippedRuleset);
          const { input: looked, output, result } = recordEvaluation(champion.ruleset, features, now);
          const beside = { features, now, budgetMs: deps.challengerBudgetMs, clock: () => performance.now() };
          const decisionId = await store.decisions.add(tx, {
            applicationId: ref.applicationId,
            round: ref.round,
            ruleset: { id: champion.ruleset.id, version: champion.ruleset.version, sha256: champion.sha256 },
            engineVersion,
            input: looked,
            output,
            outcome: result.kind,
            limitVnd: result.limitVnd,
            reasons: result.reasons,
            explanation: { vi: explanation(result, 'vi'), en: explanation(result, 'en') },
            result: withoutFacts(result),
            challenger: challenger && challenge(result, challenger, beside),
            decidedAt: now,
          });
          return follow(store, tx, { applicationId: ref.applicationId, decisionId, result, ruleset: champion.ruleset, now, ...input });
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
          const decidedBy = await store.rulesets.byHash(tx, decision.ruleset.sha256);
          invariant(decidedBy, 'the ruleset of a decision is kept');
          const { ruleset } = decidedBy;
          const decisionId = decision.id;
          const derivedVnd = limitAfterReview(decision.limitVnd, ruleset.limit, application.amount_vnd);
          const limitVnd = Math.min(derivedVnd, input.limitVnd ?? derivedVnd);
          const { taskId, actor, approvedBy, requestId } = input;
          const reason = requestId === undefined ? undefined : await store.reasonGiven(tx, applicationId, requestId);
          const override = { applicationId, decisionId, taskId, derivedVnd, limitVnd, actor, approvedBy, reason };
          await store.reviews.addOverride(tx, override);
          return makeOffer(store, tx, { ...input, applicationId, decisionId, ruleset, limitVnd, now: deps.now() });
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
    product: application.product,
    now,
  });
}

interface Following {
  applicationId: string;
  decisionId: string;
  result: DecisionResult;
  ruleset: Ruleset;
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
