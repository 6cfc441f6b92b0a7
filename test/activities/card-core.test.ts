// WAY4 has no idempotency key: a lost answer is settled by asking for our number, whatever was half done is finished, and what is
// undone stays undone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeline } from '../../db/timeline.ts';
import { aWorld } from './world.ts';

const world = await aWorld();
const { vendors } = world;

async function accountOf(applicationId: string) {
  return world.store.agreements.requiredAccount(world.store, applicationId);
}

test('a client whose creation lost its answer is found by its number, and none is made twice', async () => {
  const applicant = await (await world.anApplicant()).walksTo('createClient');
  const before = vendors.timesAsked('createClient');
  vendors.trouble.set('createClient', { kind: 'lostAnswer', times: 1 });
  await assert.rejects(applicant.run('createClient'), { type: 'CARD_CORE_OUTCOME_UNKNOWN', nonRetryable: false });
  assert.equal((await accountOf(applicant.applicationId)).client_status, 'planned');
  await applicant.run('createClient');
  assert.equal(vendors.timesAsked('createClient') - before, 1);
  assert.equal((await accountOf(applicant.applicationId)).client_status, 'active');
});

test('a contract whose creation lost its answer is found by its number, and none is opened twice', async () => {
  const applicant = await (await world.anApplicant()).walksTo('createContract');
  const before = vendors.timesAsked('createContract');
  vendors.trouble.set('createContract', { kind: 'lostAnswer', times: 1 });
  await assert.rejects(applicant.run('createContract'), { type: 'CARD_CORE_OUTCOME_UNKNOWN' });
  const { contract_number: number } = await accountOf(applicant.applicationId);
  assert.deepEqual(await applicant.run('createContract'), { number });
  assert.equal(vendors.timesAsked('createContract') - before, 1);
});

test('a contract that was opened but never got its limit is finished, not taken for done', async () => {
  const applicant = await (await world.anApplicant()).walksTo('createContract');
  const { contract_number: contractNumber, client_number: clientNumber, limit_vnd: limitVnd } = await accountOf(applicant.applicationId);
  vendors.core.contracts.set(contractNumber, { contractNumber, clientNumber, status: 'active', limitVnd: 0, availableVnd: 0 });
  await applicant.run('createContract');
  assert.equal(vendors.core.contracts.get(contractNumber)?.limitVnd, limitVnd);
});

test('a duplicate that is active is success, and one that is closed is not', async () => {
  for (const status of ['active', 'closed'] as const) {
    const applicant = await (await world.anApplicant()).walksTo('createClient');
    const { client_number: clientNumber } = await accountOf(applicant.applicationId);
    // Made by a try whose answer is still on its way: the first look does not find it yet.
    const { findClient } = vendors.ports.cardCore;
    let looks = 0;
    vendors.ports.cardCore.findClient = async (...args) => ((looks += 1) === 1 ? null : findClient(...args));
    vendors.core.clients.set(clientNumber, { clientNumber, status });
    if (status === 'active') await applicant.run('createClient');
    else await assert.rejects(applicant.run('createClient'), { type: 'CARD_CORE_REJECTED', nonRetryable: true });
    vendors.ports.cardCore.findClient = findClient;
  }
});

test('a core that is down is tried again, and a core that says no is not', async () => {
  const applicant = await (await world.anApplicant()).walksTo('createClient');
  vendors.trouble.set('createClient', { kind: 'unavailable', times: 1 });
  await assert.rejects(applicant.run('createClient'), { type: 'CARD_CORE_UNAVAILABLE', nonRetryable: false });
  vendors.trouble.set('createClient', { kind: 'rejected', code: 'E42', times: 1 });
  await assert.rejects(applicant.run('createClient'), { type: 'CARD_CORE_REJECTED', nonRetryable: true, details: [{ code: 'E42' }] });
});

test('each try that failed at a vendor stands in the timeline, with its code and the next ones in one entry, and a vendor that answers leaves none', async () => {
  const applicant = await (await world.anApplicant()).walksTo('createClient');
  const failed = async (): Promise<unknown[]> =>
    (await timeline(world.database, applicant.applicationId))
      .filter(({ source }) => source === 'failed_tries')
      .map(({ what, details: { vendor, tries, first_error, last_error } }) => [what, vendor, tries, first_error, last_error]);
  assert.deepEqual(await failed(), []);
  vendors.trouble.set('createClient', { kind: 'lostAnswer', times: 1 });
  await assert.rejects(applicant.run('createClient'));
  vendors.trouble.set('findClient', { kind: 'rejected', code: 'Nguyễn Văn A', times: 1 });
  await assert.rejects(applicant.run('createClient'));
  await applicant.run('createClient');
  const [[, , , first = ''] = []] = (await failed()) as string[][];
  assert.match(first, /^CARD_CORE_OUTCOME_UNKNOWN:[A-Z_]+$/);
  assert.deepEqual(await failed(), [['createClient', 'way4', 2, first, 'CARD_CORE_REJECTED:UNPRINTABLE']]);
});

test('an undo of what was never made counts as done, and so does a second undo', async () => {
  const applicant = await (await world.anApplicant()).walksTo('createClient');
  for (let time = 0; time < 2; time += 1) {
    assert.deepEqual(await world.activities.closeContract(applicant.ref('closeContract')), { kind: 'closed' });
    assert.deepEqual(await world.activities.closeClient(applicant.ref('closeClient')), { kind: 'closed' });
  }
});

test('the undo closes contract and client, at WAY4 and in our books', async () => {
  const applicant = await (await world.anApplicant()).walksTo('prepareContract');
  vendors.trouble.set('closeContract', { kind: 'lostAnswer', times: 1 });
  await assert.rejects(world.activities.closeContract(applicant.ref('closeContract')), { type: 'CARD_CORE_OUTCOME_UNKNOWN' });
  await world.activities.closeContract(applicant.ref('closeContract'));
  await world.activities.closeClient(applicant.ref('closeClient'));
  const account = await accountOf(applicant.applicationId);
  assert.equal(vendors.core.contracts.get(account.contract_number)?.status, 'closed');
  assert.equal(vendors.core.clients.get(account.client_number)?.status, 'closed');
  assert.deepEqual([account.contract_status, account.client_status], ['closed', 'closed']);
});

test('nothing is closed under a purchase that may be booked', async () => {
  const applicant = await (await world.anApplicant()).walksTo('finish');
  for (const half of ['closeContract', 'closeClient'] as const)
    await assert.rejects(world.activities[half](applicant.ref(half)), { type: 'INVARIANT_BROKEN' });
  const account = await accountOf(applicant.applicationId);
  assert.deepEqual([account.contract_status, account.client_status], ['active', 'active']);
  assert.equal(vendors.core.contracts.get(account.contract_number)?.status, 'active');
});

test('a try that was given up and opens the contract after its undo closes it again', async () => {
  const applicant = await (await world.anApplicant()).walksTo('createContract');
  const { createContract } = vendors.ports.cardCore;
  // The undo runs while the request of the old try is still under way to WAY4.
  vendors.ports.cardCore.createContract = async (...args) => {
    vendors.ports.cardCore.createContract = createContract;
    await world.activities.closeContract(applicant.ref('closeContract'));
    return createContract(...args);
  };
  await assert.rejects(applicant.run('createContract'), { type: 'INVARIANT_BROKEN' });
  const account = await accountOf(applicant.applicationId);
  assert.equal(vendors.core.contracts.get(account.contract_number)?.status, 'closed');
  assert.equal(account.contract_status, 'closed');
});
