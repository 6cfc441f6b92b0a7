// The law of every activity: outcome, effects, status and event are one commit, and a step is done once however often it is run. Each step
// of the happy path is killed in the last moment before its commit, loses the answer to its commit, runs twice at once and is repeated.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { happyPath } from './applicant.ts';
import type { StepOnPath } from './applicant.ts';
import { aWorld } from './world.ts';

const world = await aWorld();

/** What a step stores before its outcome, on purpose: that nobody is waited for while photos are looked at, an inquiry before it leaves, a
 *  guess before WAY4 sees it. */
const storedBefore: Partial<Record<StepOnPath, string>> = {
  verifyIdentity: 'applications',
  requestCreditReport: 'credit_reports',
  verifyOtp: 'otp_challenges',
};

/** Every row about an application but those that a step stores before its outcome. */
async function rowsBut(applicationId: string, step: StepOnPath): Promise<Map<string, string[]>> {
  const rows = await world.rowsOf(applicationId);
  rows.delete(storedBefore[step] ?? '');
  return rows;
}

async function rowCounts(applicationId: string): Promise<Record<string, number>> {
  return Object.fromEntries([...(await world.rowsOf(applicationId))].map(([table, rows]) => [table, rows.length]));
}

test('a server that dies before the commit of a step leaves nothing of it behind, and the next try does it', async () => {
  const applicant = await world.anApplicant();
  for (const step of happyPath) {
    const before = await rowsBut(applicant.applicationId, step);
    // A right code whose evaluation is lost with the server is spent at the bank: the customer asks for another one.
    if (step === 'verifyOtp') world.vendors.trouble.set('verifyOtp', { kind: 'unavailable', times: 1 });
    world.faultNextCommit('killed');
    await assert.rejects(applicant.run(step), { type: 'DATABASE_UNAVAILABLE', nonRetryable: false }, step);
    assert.deepEqual(await rowsBut(applicant.applicationId, step), before, `${step} is half done`);
    await applicant.run(step);
    assert.notDeepEqual(await rowsBut(applicant.applicationId, step), before, `${step} is done`);
  }
});

test('a step whose commit came through while its answer was lost is found done, and nobody is asked again', async () => {
  const applicant = await world.anApplicant();
  for (const step of happyPath) {
    world.faultNextCommit('answerLost');
    await assert.rejects(applicant.run(step), { type: 'DATABASE_UNAVAILABLE' }, step);
    const [rows, asked] = [await world.rowsOf(applicant.applicationId), world.vendors.calls.length];
    await applicant.run(step);
    assert.deepEqual(await world.rowsOf(applicant.applicationId), rows, `${step} was done again`);
    assert.equal(world.vendors.calls.length, asked, `${step} asked a vendor again`);
  }
});

test('a repeat returns the recorded outcome, asks nobody and writes nothing', async () => {
  const applicant = await world.anApplicant();
  for (const step of happyPath) {
    const outcome = await applicant.run(step);
    const [rows, asked] = [await world.rowsOf(applicant.applicationId), world.vendors.calls.length];
    assert.deepEqual(await applicant.run(step), outcome, step);
    assert.deepEqual(await world.rowsOf(applicant.applicationId), rows, `${step} was done again`);
    assert.equal(world.vendors.calls.length, asked, `${step} asked a vendor again`);
  }
});

test('two runs of one step at once have one outcome and leave the rows of one run', async () => {
  const [single, doubled] = [await world.anApplicant(), await world.anApplicant()];
  for (const step of happyPath) {
    // Both runs of a guess reach the bank, which takes a code once; that is otp.test.ts.
    if (step === 'verifyOtp') await doubled.run(step);
    else {
      const [first, second, third] = await Promise.all([doubled.run(step), doubled.run(step), doubled.run(step)]);
      assert.deepEqual([first, first], [second, third], step);
    }
    await single.run(step);
    assert.deepEqual(await rowCounts(doubled.applicationId), await rowCounts(single.applicationId), step);
  }
});

test('an event tells of each change of status, once and in the order in which they came', async () => {
  const applicant = await world.anApplicant();
  await applicant.walksTo('finish');
  await applicant.run('finish');
  const { rows } = await world.database.query<{ type: string }>('select type from events where application_id = $1 order by version', [
    applicant.applicationId,
  ]);
  assert.deepEqual(
    rows.map(({ type }) => type.replace('application.', '')),
    ['created', 'in_progress', 'offer_ready', 'in_progress', 'awaiting_signature', 'awaiting_approval', 'settling', 'completed'],
  );
});

test('a move that is not legal where the application is counts as a bug, is not retried, and changes nothing', async () => {
  const applicant = await (await world.anApplicant()).walksTo('decide');
  const before = await world.rowsOf(applicant.applicationId);
  await assert.rejects(applicant.run('finish'), { type: 'INVARIANT_BROKEN', nonRetryable: true });
  assert.deepEqual(await world.rowsOf(applicant.applicationId), before);
});
