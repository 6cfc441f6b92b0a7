// What is decided about a customer: a vendor's fault is nobody's fault, a price is that of the ruleset, and what was decided stays decided.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addDays } from '../../domain/calendar.ts';
import { costIn } from '../../domain/decision/explain.ts';
import { letter } from '../../domain/decision/letter.ts';
import type { Offer } from '../../domain/schedule.ts';
import { lastAnswer } from '../../db/reviews.ts';
import { timeline } from '../../db/timeline.ts';
import { aWorld } from './world.ts';
import type { Applicant } from './applicant.ts';

const world = await aWorld();
const { vendors, activities, database } = world;
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();

async function statusOf({ applicationId }: Applicant) {
  const application = await world.store.applications.readApplication(world.store, applicationId);
  return application && { status: application.status, step: application.step, reasons: application.reasons };
}

test('an application goes on only when all three consents are there', async () => {
  for (const missing of ['data_processing', 'credit_bureau', 'biometric'] as const) {
    const all = ['data_processing', 'credit_bureau', 'biometric'] as const;
    const applicant = await world.anApplicant({ consents: all.filter((kind) => kind !== missing) });
    await assert.rejects(applicant.run('recordBasicInfo'), { type: 'INVARIANT_BROKEN' }, missing);
  }
});

test('two runs of the answer of one reviewer are one answer', async () => {
  const { applicant, taskId } = await aReferral();
  const task = { taskId, step: 'decision', answer: 'approve', actor: 'staff:mai' } as const;
  const both = async () => activities.recordReview(applicant.ref('recordReview'), task);
  assert.deepEqual(await Promise.all([both(), both()]), [{ kind: 'recorded' }, { kind: 'recorded' }]);
  const { rowCount } = await database.query(`select 1 from audit_log where application_id = $1 and action = 'review.approve'`, [
    applicant.applicationId,
  ]);
  assert.equal(rowCount, 1);
});

test('what a reviewer granted is known in full from the records: the limit, who confirmed it, and where the reason stands', async () => {
  const { applicant, taskId } = await aReferral();
  const by = { actor: 'staff:mai', approvedBy: 'staff:lan', requestId: 'req_1' };
  const given = { taskId, answer: 'approve', limitVnd: 4_000_000, ...by } as const;
  assert.equal(await lastAnswer(database, applicant.applicationId), null);
  await activities.recordReview(applicant.ref('recordReview'), { ...given, step: 'decision' });
  assert.deepEqual(await lastAnswer(database, applicant.applicationId), given);
});

test('a report that ended in ERROR is a question to a person, never a decline, and its code is kept', async () => {
  const { applicant, decided } = await aReferral();
  assert.deepEqual(decided.reasons, ['REPORT_FAILED']);
  const { rows } = await database.query('select outcome, error_code from credit_reports where application_id = $1', [
    applicant.applicationId,
  ]);
  assert.deepEqual(rows, [{ outcome: 'ERROR', error_code: 'E9' }]);
});

test('a bureau that is silent until the wait is given up is a question to a person, never a decline', async () => {
  const applicant = await (await world.anApplicant()).walksTo('requestCreditReport');
  const answered = vendors.says.report;
  vendors.says.report = { kind: 'pending', inquiryId: '' };
  await applicant.run('requestCreditReport');
  vendors.says.report = answered;
  await activities.giveUpCreditReport(applicant.ref('giveUpCreditReport'));
  await applicant.run('decide');
  const decided = applicant.outcome('decide');
  assert.ok(decided.kind === 'referred');
  assert.deepEqual(decided.reasons, ['REPORT_UNAVAILABLE']);
});

test('a customer who waited for a quarter of an hour is told by a message that the offer is there, and one who did not is not', async () => {
  const messages = async ({ applicationId }: Applicant) =>
    (await database.query(`select 1 from notifications where application_id = $1 and template = 'offer_ready'`, [applicationId])).rowCount;
  const prompt = await (await world.anApplicant()).walksTo('acceptOffer');
  const patient = await (await world.anApplicant()).walksTo('decide');
  await database.query(`update applications set updated_at = now() - interval '16 minutes' where id = $1`, [patient.applicationId]);
  await patient.run('decide');
  assert.deepEqual([await messages(prompt), await messages(patient)], [0, 1]);
});

test('an order that is to be paid after thirty days is offered as one instalment on that day', async () => {
  const applicant = await world.anApplicant({ product: 'pay-in-30-days' });
  await applicant.walksTo('acceptOffer');
  const offer = await world.store.offers.latestOffer(world.store, applicant.applicationId);
  assert.ok(offer);
  assert.equal(offer.product, 'pay-in-30-days');
  const { instalments, startOn, totalPayableVnd, aprPercent } = offer.content as Offer; // built by buildOffer
  assert.deepEqual(instalments, [{ number: 1, dueOn: addDays(startOn, 30), principalVnd: 3_000_000, feeVnd: 0 }]);
  assert.deepEqual([totalPayableVnd, aprPercent], [3_000_000, 0]);
});

test('an order in three instalments is offered at the price of the ruleset that decided, and the record and the offer say the same', async () => {
  const applicant = await (await world.anApplicant()).walksTo('acceptOffer');
  const offer = await world.store.offers.latestOffer(world.store, applicant.applicationId);
  assert.ok(offer);
  const { totalFeesVnd, totalPayableVnd, aprPercent, lateFee } = offer.content as Offer; // built by buildOffer
  assert.deepEqual([totalFeesVnd, totalPayableVnd, lateFee], [45_000, 3_045_000, { basisPoints: 500, atMostVnd: 50_000 }]);
  const decision = await world.store.decisions.latest(world.store, applicant.applicationId);
  assert.ok(decision);
  assert.deepEqual(costIn(decision.result), { totalFeesVnd, totalPayableVnd, aprPercent });
  const written = letter({ ...decision, cost: costIn(decision.result) }, 'vi');
  assert.match(written, /Phí của đơn hàng này: 45\.000 ₫; tổng số tiền phải trả: 3\.045\.000 ₫; .* \(APR\): \d+,\d %/);
});

test('the eleventh application of a day on one device goes to a person, whoever applies', async () => {
  const deviceId = 'device-of-a-gang-1';
  for (let nth = 1; nth <= 10; nth += 1) await world.anApplicant({ deviceId });
  const eleventh = await (await world.anApplicant({ deviceId })).walksTo('acceptOffer');
  const decided = eleventh.outcome('decide');
  assert.ok(decided.kind === 'referred');
  assert.deepEqual(decided.reasons, ['TOO_MANY_APPLICATIONS', 'DEVICE_SHARED']);
});

test('bad debt is declined with its reason, and no offer is made', async () => {
  const good = vendors.says.report;
  assert.ok(good.kind === 'hit');
  vendors.says.report = { ...good, report: { ...good.report, currentDebtGroup: 4 } };
  const applicant = await (await world.anApplicant()).walksTo('acceptOffer');
  vendors.says.report = good;
  const decided = applicant.outcome('decide');
  assert.ok(decided.kind === 'declined' && decided.reasons.includes('BAD_DEBT'));
  assert.equal((await world.rowsOf(applicant.applicationId)).get('offers')?.length, 0);
});

test('a question to a reviewer is withdrawn when the application ends without an answer', async () => {
  const { applicant, taskId } = await aReferral();
  await activities.finish(applicant.ref('finish'), { status: 'expired', reasons: ['REVIEW_EXPIRED'] });
  const { rows } = await database.query<{ answer: string }>('select answer from review_tasks where id = $1', [taskId]);
  assert.deepEqual(rows, [{ answer: 'withdrawn' }]);
});

test('an offer follows a review only when the reviewer said yes', async () => {
  const { applicant, taskId } = await aReferral();
  const approve = async (round: number) =>
    activities.approveByReview(applicant.ref('approveByReview', round), {
      taskId,
      actor: 'staff:mai',
      limitVnd: 3_000_000,
      offerExpiresAt: soon(),
    });
  await assert.rejects(approve(1), { type: 'INVARIANT_BROKEN' });
  const task = { taskId, step: 'decision', actor: 'staff:mai' } as const;
  await activities.recordReview(applicant.ref('recordReview'), { ...task, answer: 'approve' });
  const offer = await approve(1);
  assert.deepEqual(await approve(1), offer, 'the same offer again');
  assert.equal(offer.limitVnd, 3_000_000);
  const { rows } = await database.query(
    `select o.limit_vnd, o.actor, d.outcome from decision_overrides o join decisions d on d.id = o.decision_id where task_id = $1`,
    [taskId],
  );
  assert.deepEqual(rows, [{ limit_vnd: 3_000_000, actor: 'staff:mai', outcome: 'referred' }], 'beside the decision, which stays as it is');
  const shown = (await timeline(database, applicant.applicationId)).find(({ source }) => source === 'override');
  assert.deepEqual([shown?.what, shown?.details['limit_vnd'], shown?.details['actor']], [taskId, 3_000_000, 'staff:mai']);
  assert.equal((await statusOf(applicant))?.status, 'offer_ready');
});

/** An application that a person must look at, because CIC could not say. */
async function aReferral() {
  const good = vendors.says.report;
  vendors.says.report = { kind: 'error', inquiryId: '', code: 'E9' };
  const applicant = await (await world.anApplicant()).walksTo('acceptOffer');
  vendors.says.report = good;
  const decided = applicant.outcome('decide');
  assert.ok(decided.kind === 'referred');
  return { applicant, decided, taskId: decided.taskId };
}
