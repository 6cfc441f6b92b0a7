// Every wait for a person ends. One customer for each, who comes as far as there and then does nothing: what becomes of them with us, on their
// phone, at the bank and in the eyes of the shop. Only that one wait is shorter than in production.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { otpLimits } from '../../config/limits.ts';
import { readApplication } from '../../db/applications.ts';
import { notificationText } from '../../domain/notifications.ts';
import type { ReasonCode } from '../../domain/reasons.ts';
import { createLog } from '../../workers/log.ts';
import { startLoop } from '../../workers/loop.ts';
import { lookAtDeadlines } from '../../workers/notifications.ts';
import type { ApplicationPolicy } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startSystem } from '../support/system.ts';
import { call, merchantSees, openReviewTask, staffDo, staffSee } from './support/actors.ts';
import type { Answer } from './support/actors.ts';
import { endedFor, isCleanAtTheBank, isClosedAtTheBank } from './support/expect.ts';
import { aJourney } from './support/journey.ts';
import type { Action, Journey, Story } from './support/journey.ts';
import { hasPolicy } from './support/own-policy.ts';

const system = await startSystem();
const { database, sandbox } = system;
const shortMs = 20_000; // Long enough to come as far as the wait on a busy machine.

// The process looks every half a minute, too seldom for waits of seconds.
const log = createLog({ process: 'notifications', level: 'silent' });
const look = async (): Promise<boolean> => lookAtDeadlines(database, log).then(() => false);
const deadlines = startLoop({ round: look, idleMs: 250, faultMs: 250, onFault: () => undefined });
system.afterwards(deadlines.stop);

interface Wait {
  waits: Partial<ApplicationPolicy>;
  story?: Story;
  reason: ReasonCode;
  /** What the shop is told. */
  shop: { code: string; retryable: boolean };
  /** Reminders that the customer gets: none while staff are waited for. */
  reminders: number;
  /** The customer has a client, a contract and a paper by then. */
  isActivated?: boolean;
  /** Comes as far as the wait, and returns what is then done too late. */
  comes(journey: Journey): Promise<() => Promise<Answer>>;
  refusal?: string;
}

const inactive = { code: 'customer_inactive', retryable: true };
const unreviewed = { code: 'risk_policy', retryable: false };

const waits: Record<string, Wait> = {
  'a customer who gives no data': {
    waits: { basicInfoMs: shortMs },
    reason: 'CUSTOMER_INACTIVE',
    shop: inactive,
    reminders: 1,
    comes: async (journey) => async () => asCustomer(journey, 'offer/accept', { offer_hash: 'a'.repeat(64) }),
  },
  'a customer who sends no photos': {
    waits: { identityMs: shortMs },
    reason: 'CUSTOMER_INACTIVE',
    shop: inactive,
    reminders: 1,
    comes: upTo('submit_identity', 'offer/accept', { offer_hash: 'a'.repeat(64) }),
  },
  'a face that no reviewer looks at': {
    waits: { reviewMs: shortMs },
    reason: 'REVIEW_EXPIRED',
    shop: unreviewed,
    reminders: 0,
    async comes(journey) {
      await journey.walksTo('submit_identity');
      await journey.sendsPhotos('uncertain');
      return asReviewer(journey);
    },
    refusal: 'REVIEW_ANSWERED',
  },
  'a credit report that never comes, and a reviewer neither': {
    waits: { creditReportMs: 2_000, reviewMs: shortMs },
    story: { bureau: 'silent' },
    reason: 'REVIEW_EXPIRED',
    shop: unreviewed,
    reminders: 0,
    async comes(journey) {
      await journey.walksTo('submit_identity');
      await journey.sendsPhotos();
      return asReviewer(journey);
    },
    refusal: 'REVIEW_ANSWERED',
  },
  'an offer that is not accepted': {
    waits: { offerMs: shortMs },
    reason: 'OFFER_EXPIRED',
    shop: inactive,
    reminders: 1,
    async comes(journey) {
      const { offer } = await journey.walksTo('accept_offer');
      return async () => asCustomer(journey, 'offer/accept', { offer_hash: offer?.offer_hash });
    },
  },
  'a contract that is not signed': {
    waits: { signatureMs: shortMs },
    reason: 'SIGNATURE_EXPIRED',
    shop: { code: 'signature_expired', retryable: true },
    reminders: 1,
    isActivated: true,
    async comes(journey) {
      const { contract, consents } = await journey.walksTo('sign_contract');
      const signature = { document_sha256: contract?.document_sha256, consent: consents[0]?.text_version };
      return async () => asCustomer(journey, 'contract/sign', signature);
    },
  },
  'a signed contract without a purchase': {
    waits: { approvalMs: shortMs },
    reason: 'APPROVAL_EXPIRED',
    shop: inactive,
    reminders: 1,
    isActivated: true,
    comes: upTo('approve_purchase', 'purchase/approve', { amount: { value: 3_600_000, currency: 'VND' } }),
  },
  'a code that is not typed': {
    waits: { approvalMs: shortMs },
    reason: 'APPROVAL_EXPIRED',
    shop: inactive,
    reminders: 1,
    isActivated: true,
    async comes(journey) {
      await journey.walksTo('submit_otp');
      const code = await journey.otp();
      return async () => asCustomer(journey, 'purchase/otp', { code });
    },
  },
  'a last code that runs out': {
    waits: { otpMaxChallenges: 1, otpGraceMs: shortMs - otpLimits.lifetimeMs },
    reason: 'APPROVAL_EXPIRED',
    shop: inactive,
    reminders: 1,
    isActivated: true,
    async comes(journey) {
      await journey.walksTo('submit_otp');
      const code = await journey.otp();
      assert.equal((await asCustomer(journey, 'purchase/otp/resend', {})).body['code'], 'RESENDS_SPENT');
      return async () => asCustomer(journey, 'purchase/otp', { code });
    },
  },
};

describe('nobody is waited for for ever:', { concurrency: true }, () => {
  for (const [what, wait] of Object.entries(waits)) {
    test(`${what} has the application expired, told to customer and shop, with nothing left open anywhere`, async () => {
      const journey = await aJourney(system, wait.story);
      await hasPolicy(system, journey, wait.waits);
      const comesTooLate = await wait.comes(journey);
      await endedFor(system, journey, 'expired', [wait.reason]);
      await isOverWithUs(journey, wait);
      await isToldByPhone(journey, wait);
      await (wait.isActivated ? isClosedAtTheBank(system, journey) : isCleanAtTheBank(system, journey));
      await isExpiredForTheShop(journey, wait);
      const { status, body } = await comesTooLate();
      assert.deepEqual([status, body['code']], [409, wait.refusal ?? 'WRONG_STATE']);
    });
  }
});

async function isOverWithUs(journey: Journey, { reason, isActivated }: Wait): Promise<void> {
  const { applicationId } = journey;
  const row = await readApplication(database, applicationId);
  assert.deepEqual(
    [row?.status, row?.step, row?.reasons, row?.deadline_at, row?.attention],
    ['expired', 'end', [reason], null, null],
    'the row',
  );
  assert.equal(await count('transactions', journey), 0, 'no money has moved');
  assert.equal(await count('contracts', journey), isActivated ? 1 : 0, 'papers');
  assert.equal(await count('contracts', journey, 'voided_at is null'), 0, 'no paper stands');
  assert.equal(await count('review_tasks', journey, 'answer is null'), 0, 'nobody is asked any more');
  const pdf = await call(system, '/checkout/contract.pdf', { token: journey.customer.sessionToken });
  assert.equal(pdf.status, 404, 'a void paper is shown to nobody');
  const { why_here: why } = await staffSee(system, journey);
  assert.equal(Object(why).waits_for, 'nobody');
}

async function isToldByPhone(journey: Journey, { reason, reminders }: Wait): Promise<void> {
  const merchantName = 'Cửa hàng Thử';
  const end = notificationText('application_ended', { status: 'expired', reason }, { language: 'vi', merchantName });
  const texts = await eventually('the end is on the phone', async () => {
    const found = (await sandbox.messages(journey.phone)).map(({ text }) => text).toReversed();
    return found.includes(end) && found;
  });
  assert.equal(texts.filter((text) => text === end).length, 1, 'told once');
  const reminded = texts.filter((text) => text.includes('het han luc'));
  assert.equal(reminded.length, reminders, 'reminded');
  if (reminders > 0) assert.ok(texts.indexOf(reminded[0] ?? '') < texts.indexOf(end), 'reminded before the end');
}

async function isExpiredForTheShop(journey: Journey, { shop }: Wait): Promise<void> {
  const { status, status_reason, canceled_by, next_action, expires_at } = await merchantSees(system, journey);
  assert.deepEqual(
    { status, status_reason, canceled_by, next_action, expires_at },
    { status: 'expired', status_reason: shop, canceled_by: null, next_action: null, expires_at: null },
  );
  assert.equal(await count('events', journey, `type = 'application.expired'`), 1, 'one event for the shop');
}

/** A customer who walks up to this action and does it when it is too late. */
function upTo(action: Action, path: string, json: object): Wait['comes'] {
  return async (journey) => {
    await journey.walksTo(action);
    return async () => asCustomer(journey, path, json);
  };
}

/** A reviewer who has seen the task and answers it when it is too late. */
async function asReviewer(journey: Journey): Promise<() => Promise<Answer>> {
  await journey.reaches({ status: 'in_review' });
  const taskId = await openReviewTask(system, journey);
  return async () => staffDo(system, `/reviews/${taskId}`, { answer: 'approve' });
}

async function asCustomer({ customer }: Journey, path: string, json: object): Promise<Answer> {
  return call(system, `/checkout/${path}`, { token: customer.sessionToken, json });
}

async function count(table: string, { applicationId }: Journey, where = 'true'): Promise<number> {
  const sql = `select count(*)::int as count from ${table} where application_id = $1 and ${where}`;
  return (await database.query<{ count: number }>(sql, [applicationId])).rows[0]?.count ?? -1;
}
