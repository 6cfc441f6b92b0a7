// All activities, by the name that workflows call them. The worker's wiring passes in what they need; workflows import the type alone.

import type { CardCodeReader, CardCore, ContractRenderer, CreditBureau, IdentityProvider, PdfSealer } from '../domain/ports.ts';
import type { IdentityPolicy } from '../domain/identity/checks.ts';
import type { Store } from '../db/store.ts';
import { createApplicationActivities } from './applications.ts';
import { createCardCoreActivities } from './card-core.ts';
import { createContractActivities } from './contract.ts';
import { createCreditReportActivities } from './credit-report.ts';
import { createDecisionActivities } from './decision.ts';
import { noteFailedTry } from './failed-tries.ts';
import { withMappedFailures } from './failures.ts';
import { createIdentityActivities } from './identity.ts';
import { createOfferActivities } from './offer.ts';
import { createOtpActivities } from './otp.ts';
import { createReviewActivities } from './reviews.ts';
import { createStaffActivities } from './staff.ts';
import { createTransactionActivities } from './transactions.ts';

export interface ActivityDeps {
  store: Store;
  provider: IdentityProvider;
  codes: CardCodeReader;
  /** How sure the lender wants to be about a person. */
  identityPolicy: IdentityPolicy;
  bureau: CreditBureau;
  cardCore: CardCore;
  renderer: ContractRenderer;
  sealer: PdfSealer;
  /** How old a report about the same person may be to be used again, in ms. */
  reportReuseMs: number;
  /** How long an inquiry may be under way to be shared, in ms. */
  inquirySharedMs: number;
  /** The ruleset document that is put in force where none ever was. */
  shippedRuleset: unknown;
  /** What a challenger may take, in ms. */
  challengerBudgetMs: number;
  otpMaxAttempts: number;
  /** Longest life of a code, in ms. */
  otpLifetimeMs: number;
  /** True in the last try that Temporal makes of the running activity. */
  isLastTry: () => boolean;
  now: () => Date;
  /** Sees every failure before it is mapped; for the log of the worker. */
  onFailure: (activity: string, error: unknown) => void;
}

export function createActivities(deps: ActivityDeps) {
  return withMappedFailures(
    {
      ...createApplicationActivities(deps),
      ...createIdentityActivities({ ...deps, policy: deps.identityPolicy }),
      ...createCreditReportActivities(deps),
      ...createDecisionActivities(deps),
      ...createReviewActivities(deps),
      ...createStaffActivities(deps),
      ...createOfferActivities(deps),
      ...createCardCoreActivities(deps),
      ...createContractActivities(deps),
      ...createOtpActivities({ ...deps, maxAttempts: deps.otpMaxAttempts, lifetimeMs: deps.otpLifetimeMs }),
      ...createTransactionActivities(deps),
    },
    async (activity, error, args) => {
      deps.onFailure(activity, error);
      await noteFailedTry(deps.store, error, args);
    },
  );
}

export type Activities = ReturnType<typeof createActivities>;
