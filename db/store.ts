// Everything that activities may do to the database, in one value, so that they get it as an argument and import only its type.

import {
  addContract,
  latestContract,
  markActive,
  markClosed,
  markSealed,
  planAccount,
  requiredAccount,
  voidContracts,
} from './agreements.ts';
import { advance, moveDeadline, readApplication, setAttention, waitForNobody } from './applications.ts';
import { audit, reasonGiven } from './audit.ts';
import type { Boxes } from './boxes.ts';
import { consentOf, isConsentOf } from './consents.ts';
import { createCreditReports } from './credit-reports.ts';
import { createCustomers } from './customers.ts';
import { createDecisions } from './decisions.ts';
import { createDocuments, sha256 } from './documents.ts';
import type { ObjectStores } from './documents.ts';
import { doublesOf } from './doubles.ts';
import { newId } from './ids.ts';
import { addIdentityChecks, identityVerdict } from './judgement.ts';
import { livenessBehind } from './liveness.ts';
import { readMerchant } from './merchants.ts';
import { addNotification } from './notifications.ts';
import { createPostgresObjects } from './objects.ts';
import { addOffer, latestOffer, markOfferAccepted } from './offers.ts';
import { createRulesets } from './rulesets.ts';
import { standingOf } from './standing.ts';
import { addChallenge, closeChallenge, latestChallenge, returnGuess, takeGuess, verifiedChallenge } from './otp.ts';
import type { Database } from './pool.ts';
import { addOverride, answerReviewTask, openReviewTask, reviewAnswer, withdrawReviewTasks } from './reviews.ts';
import { lockSteps, noteFailedTry, recordOutcome, recordedOutcome } from './steps.ts';
import { acceptTransaction, isOnItsWay, outcomeOf } from './transactions.ts';

/** The database with its aggregates. `boxes` opens and closes what is encrypted; the bytes of documents lie in `objects`. */
export function createStore(database: Database, boxes: Boxes, objects: ObjectStores = [createPostgresObjects(database)]) {
  return {
    query: database.query,
    withTransaction: database.withTransaction,
    newId,
    sha256,
    boxes,
    agreements: { addContract, latestContract, markActive, markClosed, markSealed, planAccount, requiredAccount, voidContracts },
    applications: { advance, moveDeadline, readApplication, setAttention, waitForNobody },
    audit,
    reasonGiven,
    consents: { consentOf, isConsentOf },
    customers: createCustomers(boxes),
    documents: createDocuments(boxes, objects),
    identity: { addChecks: addIdentityChecks, doubles: doublesOf, livenessBehind, verdict: identityVerdict },
    creditReports: createCreditReports(boxes),
    decisions: createDecisions(boxes),
    rulesets: createRulesets(),
    standings: { of: standingOf },
    offers: { addOffer, latestOffer, markOfferAccepted },
    reviews: { addOverride, answer: answerReviewTask, answerTo: reviewAnswer, open: openReviewTask, withdraw: withdrawReviewTasks },
    otp: { addChallenge, closeChallenge, latestChallenge, returnGuess, takeGuess, verifiedChallenge },
    merchants: { read: readMerchant },
    notifications: { add: addNotification },
    steps: { lockSteps, noteFailedTry, recordOutcome, recordedOutcome },
    transactions: { accept: acceptTransaction, isOnItsWay, outcomeOf },
  };
}

export type Store = ReturnType<typeof createStore>;
