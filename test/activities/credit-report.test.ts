// What is asked of CIC about a person: nothing without consent, everything once, since every inquiry is billed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applicationsOfInquiry } from '../../db/views.ts';
import { aWorld } from './world.ts';

const world = await aWorld();
const { vendors, activities, database } = world;

test('CIC is not asked without the consent to it', async () => {
  const applicant = await world.anApplicant({ consents: ['data_processing', 'biometric'] });
  await assert.rejects(applicant.run('requestCreditReport'), { type: 'INVARIANT_BROKEN' });
  assert.equal(vendors.timesAsked('requestReport'), 0);
  assert.equal((await world.rowsOf(applicant.applicationId)).get('credit_reports')?.length, 0);
});

test('an inquiry whose answer is lost is sent again under the same number, so that CIC bills it once', async () => {
  const applicant = await (await world.anApplicant()).walksTo('requestCreditReport');
  const asked = new Set<string>();
  const { requestReport } = vendors.ports.bureau;
  vendors.ports.bureau.requestReport = async (inquiry, call) => {
    asked.add(inquiry.requestId);
    return requestReport(inquiry, call);
  };
  vendors.trouble.set('requestReport', { kind: 'lostAnswer', times: 1 });
  await assert.rejects(applicant.run('requestCreditReport'), { type: 'CREDIT_BUREAU_OUTCOME_UNKNOWN', nonRetryable: false });
  await applicant.run('requestCreditReport');
  assert.deepEqual([...asked], [`${applicant.applicationId}:creditReport:1`]);
  assert.equal((await world.rowsOf(applicant.applicationId)).get('credit_reports')?.length, 1);
});

test('a report that comes after the wait for it was given up does not rewrite what was decided on', async () => {
  const applicant = await (await world.anApplicant()).walksTo('requestCreditReport');
  const answered = vendors.says.report;
  vendors.says.report = { kind: 'pending', inquiryId: '' };
  await applicant.run('requestCreditReport');
  const state = applicant.outcome('requestCreditReport');
  assert.ok(state.kind === 'pending');
  const input = { inquiryId: state.inquiryId };
  assert.deepEqual(await activities.readCreditReport(applicant.ref('readCreditReport'), input), { kind: 'pending', ...input });
  vendors.says.report = answered;
  await activities.giveUpCreditReport(applicant.ref('giveUpCreditReport'));
  await activities.readCreditReport(applicant.ref('readCreditReport'), input);
  assert.equal((await world.store.creditReports.latest(world.store, applicant.applicationId))?.outcome, 'UNAVAILABLE');
});

test('a second order of the same person within days uses the report that was paid for, under a consent of its own', async () => {
  const first = await (await world.anApplicant()).walksTo('decide');
  const asked = vendors.timesAsked('requestReport');
  const second = await (await world.anApplicant({ profile: first.profile })).walksTo('acceptOffer');
  assert.equal(vendors.timesAsked('requestReport'), asked, 'CIC was not asked again');
  assert.deepEqual(second.outcome('requestCreditReport'), { kind: 'answered' });
  const [paid, used] = await Promise.all(
    [first, second].map(async ({ applicationId }) => world.store.creditReports.latest(world.store, applicationId)),
  );
  assert.deepEqual(
    [used?.outcome, used?.report, used?.answeredAt, used?.billedAs],
    ['HIT', paid?.report, paid?.answeredAt, paid?.requestId],
  );
  assert.notEqual(used?.consentId, paid?.consentId);
  assert.equal(second.outcome('decide').kind, 'approved');
  const withoutConsent = await world.anApplicant({
    profile: { nationalId: first.profile.nationalId },
    consents: ['data_processing', 'biometric'],
  });
  await assert.rejects(withoutConsent.run('requestCreditReport'), { type: 'INVARIANT_BROKEN' });
});

test('two open applications of one person share one inquiry, each under its own consent, and the answer is stored for both', async () => {
  const first = await (await world.anApplicant()).walksTo('requestCreditReport');
  const second = await (await world.anApplicant({ profile: { nationalId: first.profile.nationalId } })).walksTo('requestCreditReport');
  const asked: string[] = [];
  const { requestReport } = vendors.ports.bureau;
  vendors.ports.bureau.requestReport = async (inquiry, call) => {
    asked.push(inquiry.requestId);
    return { kind: 'pending', inquiryId: (await requestReport(inquiry, call)).inquiryId };
  };
  await Promise.all([first.run('requestCreditReport'), second.run('requestCreditReport')]);
  vendors.ports.bureau.requestReport = requestReport;
  assert.equal(new Set(asked).size, 1, 'CIC sees one request id, and bills it once');
  const waits = [first, second].map((each) => each.outcome('requestCreditReport'));
  const [one, other] = waits;
  assert.ok(one?.kind === 'pending');
  assert.deepEqual(other, one);
  await activities.readCreditReport(first.ref('readCreditReport'), { inquiryId: one.inquiryId });
  assert.deepEqual(
    await activities.requestCreditReport(second.ref('requestCreditReport')),
    { kind: 'answered' },
    'the other finds it there',
  );
  const stored = await Promise.all([first, second].map(async (each) => world.store.creditReports.latest(world.store, each.applicationId)));
  assert.deepEqual(
    stored.map((each) => each?.outcome),
    ['HIT', 'HIT'],
  );
  assert.deepEqual(stored[0]?.report, stored[1]?.report);
  assert.equal(new Set(stored.map((each) => each?.consentId)).size, 2);
  assert.deepEqual(await applicationsOfInquiry(database, { requestId: 'of nobody', inquiryId: one.inquiryId }), []);
});

test('an application that gives up a shared inquiry takes nothing from the other, which gets its answer', async () => {
  const first = await (await world.anApplicant()).walksTo('requestCreditReport');
  const second = await (await world.anApplicant({ profile: { nationalId: first.profile.nationalId } })).walksTo('requestCreditReport');
  const answered = vendors.says.report;
  vendors.says.report = { kind: 'pending', inquiryId: '' };
  for (const each of [first, second]) await each.run('requestCreditReport');
  const shared = await world.store.creditReports.latest(world.store, second.applicationId);
  const [requestId, inquiryId] = [shared?.billedAs ?? '', shared?.inquiryId ?? ''];
  const told = await applicationsOfInquiry(database, { requestId, inquiryId });
  assert.deepEqual(told.toSorted(), [first.applicationId, second.applicationId].toSorted(), 'the callback is for both');
  await activities.giveUpCreditReport(first.ref('giveUpCreditReport'));
  vendors.says.report = answered;
  await activities.readCreditReport(second.ref('readCreditReport'), { inquiryId });
  const outcomes = [first, second].map(async (each) => (await world.store.creditReports.latest(world.store, each.applicationId))?.outcome);
  assert.deepEqual(await Promise.all(outcomes), ['UNAVAILABLE', 'HIT']);
});

test('an application that shares an inquiry is refused without a consent of its own', async () => {
  const first = await (await world.anApplicant()).walksTo('requestCreditReport');
  const answered = vendors.says.report;
  vendors.says.report = { kind: 'pending', inquiryId: '' };
  await first.run('requestCreditReport');
  const second = await world.anApplicant({ profile: { nationalId: first.profile.nationalId }, consents: ['data_processing', 'biometric'] });
  await assert.rejects(second.run('requestCreditReport'), { type: 'INVARIANT_BROKEN' });
  vendors.says.report = answered;
});

test('a report that has grown too old to be used again is asked for anew, and nothing uncertain is used again', async () => {
  const first = await (await world.anApplicant()).walksTo('decide');
  const again = async () => (await world.anApplicant({ profile: { nationalId: first.profile.nationalId } })).walksTo('decide');
  const ages: [sql: string, asked: number][] = [
    [`answered_at = now() - interval '6 days'`, 0],
    [`answered_at = now() - interval '8 days'`, 1],
    [`outcome = 'MULTIPLE_MATCH', answered_at = now()`, 1],
  ];
  for (const [sql, times] of ages) {
    await database.query(
      `update credit_reports set ${sql} where reused_from is null and application_id in (
      select a.id from applications a join customers c on c.id = a.customer_id
      where c.national_id_index = (select national_id_index from customers c join applications a on a.customer_id = c.id where a.id = $1))`,
      [first.applicationId],
    );
    const asked = vendors.timesAsked('requestReport');
    await again();
    assert.equal(vendors.timesAsked('requestReport') - asked, times, sql);
  }
});
