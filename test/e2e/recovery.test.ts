// Every process is killed once in the middle of a journey, at a moment that can be seen from outside, and started again. Whatever died, the customer
// gets the order and owes it once.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { PROCESSES } from '../../infra/local/processes.ts';
import { eventually } from '../support/eventually.ts';
import { startSystem } from '../support/system.ts';
import { staffDo, staffSee } from './support/actors.ts';
import { isBookedOnce } from './support/expect.ts';
import { aJourney } from './support/journey.ts';
import type { Journey } from './support/journey.ts';

const system = await startSystem();
const { sandbox, database } = system;

describe('while WAY4 takes no new clients', { concurrency: true }, () => {
  let first: Journey;
  let second: Journey;

  before(async () => {
    [first, second] = await Promise.all([aJourney(system), aJourney(system)]);
    await Promise.all([first.walksTo('submit_otp'), second.walksTo('submit_otp')]);
  });

  test('staff see what waits for it, try again when it is back, and the order is booked', async () => {
    const journey = await aJourney(system);
    await journey.walksTo('accept_offer');
    await sandbox.fault({ vendor: 'way4', operation: 'addClient', fault: 'fail', times: 100 });
    await journey.customer.acceptOffer();
    const attention = await eventually('staff see it', async () => (await staffSee(system, journey)).attention, 60_000);
    assert.deepEqual([attention.activity, attention.code], ['createClient', 'CARD_CORE_OUTCOME_UNKNOWN']);
    await sandbox.clearFaults();
    assert.equal((await staffDo(system, `/applications/${journey.applicationId}/retry`)).status, 202);
    await endsWell(journey);
    assert.equal((await staffSee(system, journey)).attention, null);
  });

  describe('purchases go on, whatever is killed', { concurrency: false }, () => {
    test('transactions killed after WAY4 booked and before it said so: the booking is found again, not made twice', async () => {
      await sandbox.fault({ vendor: 'way4', operation: 'purchase', fault: 'slow', delayMs: 20_000 });
      await first.customer.submitOtp(await first.otp());
      const booking = await eventually('WAY4 has booked', async () => bookingOf(first));
      await system.kill('transactions');
      assert.equal(await statusOf(first), 'accepted');
      await system.restart('transactions');
      await endsWell(first);
      assert.deepEqual(await bookingOf(first), booking, 'WAY4 was not asked to book again');
    });

    test('the relay killed before it could carry the purchase: the purchase waits and is carried by the next', async () => {
      await system.kill('relay');
      await second.customer.submitOtp(await second.otp());
      await second.reaches({ status: 'settling' });
      assert.equal(await unpublished(second), 1);
      await system.restart('relay');
      await endsWell(second);
    });
  });
});

test('applications killed after WAY4 made the client and before it said so: the client is found again, not made twice', async () => {
  const journey = await aJourney(system);
  await journey.walksTo('accept_offer');
  await sandbox.fault({ vendor: 'way4', operation: 'addClient', fault: 'slow', delayMs: 2_500 });
  const before = (await sandbox.state()).clients.length;
  await journey.customer.acceptOffer();
  await eventually('WAY4 has made the client', async () => (await sandbox.state()).clients.length > before);
  await system.kill('applications');
  await system.restart('applications');
  await endsWell(journey);
  assert.equal((await sandbox.state()).clients.length, before + 1);
});

test('the api killed while CIC wants to call back: the report arrives all the same, and the session goes on', async () => {
  const journey = await aJourney(system);
  await journey.walksTo('submit_identity');
  await journey.sendsPhotos();
  await eventually('CIC has the inquiry', async () => inquiryOf(journey));
  await system.kill('api');
  await eventually('CIC has called in vain', async () => ((await inquiryOf(journey))?.callbackTries ?? 0) > 0);
  await system.restart('api');
  await endsWell(journey);
});

test('the vendors killed before they answered: they remember what was asked, and the order is booked', async () => {
  const journey = await aJourney(system);
  await journey.walksTo('submit_identity');
  await journey.sendsPhotos();
  await eventually('CIC has the inquiry', async () => inquiryOf(journey));
  await system.kill('sandbox');
  await system.restart('sandbox');
  await endsWell(journey);
  const { inquiries, inquiriesBilled } = await sandbox.state();
  assert.equal(inquiriesBilled, new Set(inquiries.map(({ requestId }) => requestId)).size, 'nobody was billed twice');
});

test('everything killed at once after the customer approved: the purchase is booked when everything is back', async () => {
  const journey = await aJourney(system);
  await journey.walksTo('submit_otp');
  await journey.customer.submitOtp(await journey.otp());
  await Promise.all(PROCESSES.map(async ({ name }) => system.kill(name)));
  await Promise.all(PROCESSES.map(async ({ name }) => system.restart(name)));
  await endsWell(journey);
});

test('garbage from every vendor: never a crash, never a decline', async () => {
  for (const vendor of ['way4', 'cic', 'rekognition'] as const) await sandbox.fault({ vendor, fault: 'garbage', times: 2 });
  await endsWell(await aJourney(system));
});

async function endsWell(journey: Journey): Promise<void> {
  assert.equal((await journey.walksToTheEnd()).status, 'completed');
  await isBookedOnce(system, journey);
}

async function statusOf({ applicationId }: Journey): Promise<string | undefined> {
  const found = await database.query<{ status: string }>('select status from transactions where application_id = $1', [applicationId]);
  return found.rows[0]?.status;
}

async function unpublished({ applicationId }: Journey): Promise<number | undefined> {
  const { rows } = await database.query<{ count: number }>(
    `select count(*) as count from outbox o join transactions t on t.id = o.transaction_id
     where t.application_id = $1 and o.published_at is null`,
    [applicationId],
  );
  return rows[0]?.count;
}

async function inquiryOf({ applicationId }: Journey) {
  return (await sandbox.state()).inquiries.find(({ requestId }) => requestId.startsWith(applicationId));
}

/** What WAY4 knows of the journey's purchase. */
async function bookingOf({ applicationId }: Journey) {
  const { rows } = await database.query<{ rrn: string }>('select rrn from transactions where application_id = $1', [applicationId]);
  return (await sandbox.state()).purchases.find(({ rrn }) => rrn === rows[0]?.rrn);
}
