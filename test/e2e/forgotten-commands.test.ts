// Temporal has a command in memory alone until the workflow task that takes it is over, and the quick steps of that task are recorded before. So a
// command may be lost whose steps were done. Whatever it was, the application goes on, and nothing is done twice.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { applicationWorkflowId, status } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { forget } from '../support/forget.ts';
import { startSystem } from '../support/system.ts';
import { call, openReviewTask, staffDo, staffSee, untilAnswered } from './support/actors.ts';
import type { Request } from './support/actors.ts';
import { isBookedOnce } from './support/expect.ts';
import { basicInfoOf } from './support/forms.ts';
import { aJourney } from './support/journey.ts';
import type { Journey } from './support/journey.ts';

const system = await startSystem();

const runOf = ({ applicationId }: Journey): string => applicationWorkflowId(applicationId);
const forgets = async (journey: Journey, command: string): Promise<void> => forget(system.temporal, runOf(journey), command);

async function endsWell(journey: Journey): Promise<void> {
  assert.equal((await journey.walksToTheEnd()).status, 'completed');
  await isBookedOnce(system, journey);
  const { rows } = await system.database.query('select id from otp_challenges where application_id = $1', [journey.applicationId]);
  assert.equal(rows.length, 1, 'one code was sent');
}

describe('a command that Temporal lost after its step was recorded', { concurrency: true }, () => {
  const next = {
    submitBasicInfo: 'submit_identity',
    acceptOffer: 'sign_contract',
    signContract: 'approve_purchase',
    approveTransaction: 'submit_otp',
  } as const;
  for (const [command, asked] of Object.entries(next)) {
    test(`${command}: whoever was shown what is next goes on`, async () => {
      const journey = await aJourney(system);
      await journey.walksTo(asked);
      await forgets(journey, command);
      await endsWell(journey);
    });
  }

  test('decideReview: the customer takes the offer that the reviewer approved', async () => {
    const journey = await aJourney(system, { bureau: 'thinFile' });
    assert.equal((await journey.walksToTheEnd()).status, 'in_review');
    await staffDo(system, `/reviews/${await openReviewTask(system, journey)}`, { answer: 'approve' });
    await journey.walksTo('accept_offer');
    await forgets(journey, 'decideReview');
    await endsWell(journey);
  });

  const standsAt = async (journey: Journey) => (await system.temporal.workflow.getHandle(runOf(journey)).query(status)).status;
  const goesOn = async (journey: Journey, from: string) =>
    eventually(`the run is past ${from}`, async () => (await standsAt(journey)) !== from);
  // Later than the deadline of the wait that the run comes back to.
  const later = () => new Date(Date.now() + 30 * 3_600_000).toISOString();

  for (const [what, more] of Object.entries({ retry: {}, deadline: { deadline_at: later() } }))
    test(`acceptOffer: staff who press ${what} free the application and are told so, and the customer is asked nothing again`, async () => {
      const journey = await aJourney(system);
      await journey.walksTo('sign_contract');
      await forgets(journey, 'acceptOffer');
      const [token, headers] = [await system.staffToken(), { 'idempotency-key': randomUUID() }];
      for (const click of ['the first', 'the very same again']) {
        const path = `/ops/v1/applications/${journey.applicationId}/${what}`;
        const json = { reason: 'it does not go on', ...more };
        const { status, body } = await untilAnswered(async () => call(system, path, { token, headers, json }));
        assert.deepEqual([status, body['status'], body['awaits']], [202, 'awaiting_signature', 'customer'], click);
      }
      const { timeline } = await staffSee(system, journey);
      assert.ok(!timeline.some(({ what: action }) => action.endsWith('.refused')), 'what was done is not called refused');
      await goesOn(journey, 'offer_ready');
      await endsWell(journey);
    });

  test('acceptOffer: the customer whose offer is accepted is not asked for photos again, and goes on', async () => {
    const journey = await aJourney(system);
    await journey.walksTo('sign_contract');
    await forgets(journey, 'acceptOffer');
    const path = `/applications/${journey.applicationId}/resubmission`;
    const answer = await staffDo(system, path, { step: 'identity', reason_code: 'IDENTITY_POOR_PHOTO' });
    assert.deepEqual([answer.status, answer.body['code']], [409, 'WRONG_STATE']);
    assert.equal(await standsAt(journey), 'offer_ready', 'the run did not go back');
    await endsWell(journey);
  });

  test('requestResubmission: the customer whom staff asked for new photos sends them, and is judged anew', async () => {
    const journey = await aJourney(system);
    await journey.walksTo('accept_offer');
    const asked = { step: 'identity', reason_code: 'IDENTITY_POOR_PHOTO' };
    assert.equal((await staffDo(system, `/applications/${journey.applicationId}/resubmission`, asked)).status, 202);
    await forgets(journey, 'requestResubmission');
    await journey.sendsPhotos();
    await endsWell(journey);
  });

  test('decideReview: the repeat of the reviewer frees the application', async () => {
    const journey = await aJourney(system, { bureau: 'thinFile' });
    await journey.walksToTheEnd();
    const [path, token, key] = [`/ops/v1/reviews/${await openReviewTask(system, journey)}`, await system.staffToken(), randomUUID()];
    const json = { answer: 'approve', reason: 'known to us' };
    const approve = async () => untilAnswered(async () => call(system, path, { token, headers: { 'idempotency-key': key }, json }));
    assert.equal((await approve()).status, 202);
    await journey.walksTo('accept_offer');
    await forgets(journey, 'decideReview');
    assert.equal((await approve()).status, 202);
    await goesOn(journey, 'in_review');
    assert.equal((await approve()).status, 202);
    await endsWell(journey);
  });

  test('submitBasicInfo and signContract: a repeat with the same key is taken, and the next command needs no second look', async () => {
    const journey = await aJourney(system);
    const keyed = async (path: string, request: Request) => {
      const headers = { 'idempotency-key': randomUUID() };
      const { sessionToken: token } = journey.customer;
      return async () => untilAnswered(async () => call(system, `/checkout/${path}`, { token, headers, ...request }));
    };
    const isTakenAgain = async (
      send: Awaited<ReturnType<typeof keyed>>,
      command: string,
      asked: 'submit_identity' | 'approve_purchase',
    ) => {
      assert.equal((await send()).status, 202);
      await journey.reaches({ action: asked });
      await forgets(journey, command);
      assert.equal((await send()).status, 202);
      assert.equal((await system.temporal.workflow.getHandle(runOf(journey)).describe()).raw.pendingWorkflowTask ?? null, null);
    };
    await isTakenAgain(await keyed('basic-info', { json: await basicInfoOf(journey) }), 'submitBasicInfo', 'submit_identity');
    const { contract, consents } = await journey.walksTo('sign_contract');
    const signature = { document_sha256: contract?.document_sha256, consent: consents[0]?.text_version };
    await isTakenAgain(await keyed('contract/sign', { json: signature }), 'signContract', 'approve_purchase');
    await endsWell(journey);
  });

  test('submitBasicInfo: other data under another key are refused, and do not become the customer', async () => {
    const journey = await aJourney(system);
    const other = { ...(await basicInfoOf(journey)), full_name: 'Trần Văn Khác' };
    await journey.walksTo('submit_identity');
    await forgets(journey, 'submitBasicInfo');
    const answer = await call(system, '/checkout/basic-info', { token: journey.customer.sessionToken, json: other });
    assert.deepEqual([answer.status, answer.body['code']], [409, 'WRONG_STATE']);
    await endsWell(journey);
  });

  test('submitOtp: the outcome of the purchase tells the run that it was approved', async () => {
    const journey = await aJourney(system);
    await endsWell(journey);
    await forgets(journey, 'submitOtp');
    assert.equal(((await system.temporal.workflow.getHandle(runOf(journey)).result()) as { status: string }).status, 'completed');
    await isBookedOnce(system, journey);
  });
});
