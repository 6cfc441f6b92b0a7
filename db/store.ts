// Everything that activities may do to the database, in one value, so that they get it as an argument and import only its type.

import * as agreements from './agreements.ts';
import * as applications from './applications.ts';
import { audit } from './audit.ts';
import type { Boxes } from './boxes.ts';
import * as consents from './consents.ts';
import { createCustomers } from './customers.ts';
import { createDocuments, sha256 } from './documents.ts';
import { newId } from './ids.ts';
import { addIdentityChecks, createCreditReports, createDecisions, identityVerdict } from './judgement.ts';
import { readMerchant } from './merchants.ts';
import { addNotification } from './notifications.ts';
import * as offers from './offers.ts';
import * as otp from './otp.ts';
import { isDuplicate } from './pool.ts';
import type { Database } from './pool.ts';
import * as steps from './steps.ts';
import { acceptTransaction, outcomeOf } from './transactions.ts';

/** The database with its aggregates. `boxes` opens and closes what is encrypted. */
export function createStore(database: Database, boxes: Boxes) {
  return {
    query: database.query,
    withTransaction: database.withTransaction,
    isDuplicate,
    newId,
    sha256,
    boxes,
    agreements,
    applications,
    audit,
    consents,
    customers: createCustomers(boxes),
    documents: createDocuments(boxes),
    identity: { addChecks: addIdentityChecks, verdict: identityVerdict },
    creditReports: createCreditReports(boxes),
    decisions: createDecisions(boxes),
    offers,
    otp,
    merchants: { read: readMerchant },
    notifications: { add: addNotification },
    steps,
    transactions: { accept: acceptTransaction, outcomeOf },
  };
}

export type Store = ReturnType<typeof createStore>;
