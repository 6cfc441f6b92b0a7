// The composition root of the Temporal worker: the one place where ports meet adapters and limits become options.

import { readFileSync } from 'node:fs';
import { createActivities } from '../activities/index.ts';
import type { Activities } from '../activities/index.ts';
import { isLastTry } from '../activities/last-try.ts';
import { createCreditBureau } from '../adapters/cic/client.ts';
import { createCardCodeReader } from '../adapters/codes/reader.ts';
import { createDesk } from '../adapters/esign/desk.ts';
import { createIdentityProvider } from '../adapters/rekognition/client.ts';
import type { Env } from '../config/env.ts';
import { identityLimits } from '../config/identity-limits.ts';
import { deadlines, decisionLimits, otpLimits, vendorLimits } from '../config/limits.ts';
import { createBoxes } from '../db/boxes.ts';
import type { ObjectStores } from '../db/documents.ts';
import type { Database } from '../db/pool.ts';
import { createStore } from '../db/store.ts';
import { VendorFailure } from '../domain/failures.ts';
import { identityPolicies } from '../domain/identity/checks.ts';
import { openCardCore } from './card-core.ts';
import { faultFields } from './log.ts';
import type { Log } from './log.ts';

/** All activities with their real vendors, as the environment names them. Throws when the ruleset or the certificate cannot be read. */
export function wireActivities(env: Env<'applications'>, database: Database, objects: ObjectStores, log: Log): Activities {
  const boxes = createBoxes({ dataKey: env.DATA_KEY, indexKey: env.INDEX_KEY });
  const { answerMaxBytes, connectTimeoutMs, papersMaxWaiting: waitingMax } = vendorLimits;
  const desk = createDesk({ p12: readFileSync(env.ESIGN_P12_FILE), password: env.ESIGN_P12_PASSWORD, waitingMax });
  return createActivities({
    store: createStore(database, boxes, objects),
    provider: createIdentityProvider({
      endpoint: env.AWS_ENDPOINT_URL_REKOGNITION,
      region: env.AWS_REGION,
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      timeoutMs: vendorLimits.rekognitionTimeoutMs,
    }),
    codes: createCardCodeReader({ timeoutMs: identityLimits.codeTimeoutMs, heapMaxMb: identityLimits.codeHeapMaxMb }),
    identityPolicy: identityPolicies[env.LIVENESS],
    bureau: createCreditBureau({
      baseUrl: env.CIC_URL,
      apiKey: env.CIC_API_KEY,
      callbackUrl: env.CIC_CALLBACK_URL,
      timeoutMs: vendorLimits.cicTimeoutMs,
      connectTimeoutMs,
      answerMaxBytes,
    }),
    cardCore: openCardCore(env),
    renderer: desk,
    sealer: desk,
    reportReuseMs: decisionLimits.reportReuseMs,
    inquirySharedMs: deadlines.creditReportMs,
    shippedRuleset: JSON.parse(readFileSync(rulesetFile, 'utf8')),
    challengerBudgetMs: decisionLimits.challengerBudgetMs,
    otpMaxAttempts: otpLimits.maxAttempts,
    otpLifetimeMs: otpLimits.lifetimeMs,
    isLastTry,
    now: () => new Date(),
    onFailure: (activity, error) => log.warn('activity failed', { step: activity, ...reasonOf(error) }),
  });
}

const rulesetFile = new URL('../rulesets/pay-later-vn.v3.json', import.meta.url);

function reasonOf(error: unknown) {
  const fields = faultFields(error);
  return error instanceof VendorFailure ? { ...fields, kind: `${error.vendor} ${error.kind}`, code: error.code } : fields;
}
