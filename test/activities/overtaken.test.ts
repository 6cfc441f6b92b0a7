// Staff may ask the customer again while a step is at a vendor, or on its way to a worker. The run has gone back then, and whatever the step
// finds out, the customer goes on standing where staff put them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aWorld } from './world.ts';
import type { Applicant } from './applicant.ts';

const world = await aWorld();
const { activities, vendors } = world;
const overtaken = { type: 'STEP_OVERTAKEN', nonRetryable: true };
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();

/** Staff ask for new photos, as the workflow has it done once it has dropped the step. */
async function askAgain(applicant: Applicant): Promise<Map<string, string[]>> {
  const ref = { ...applicant.ref('askAgain'), asks: 1 };
  const asked = { step: 'identity', reason: 'IDENTITY_POOR_PHOTO', actor: 'staff:mai', requestId: 'req_1' } as const;
  await activities.askAgain(ref, { ...asked, deadlineAt: soon() });
  return world.rowsOf(applicant.applicationId);
}

/** Runs a step during which, once a vendor is asked this, staff ask the customer again. */
async function isOvertaken(applicant: Applicant, question: string, run: () => Promise<unknown>): Promise<void> {
  let asked: Map<string, string[]> | undefined;
  vendors.meanwhile.set(question, async () => (asked ??= await askAgain(applicant)));
  await assert.rejects(run(), overtaken);
  vendors.meanwhile.delete(question);
  assert.deepEqual(await world.rowsOf(applicant.applicationId), asked);
}

const verify = async ({ ref, submission }: Applicant, input: { round: number; asks: number; attemptsLeft?: number }) =>
  activities.verifyIdentity(
    { ...ref('verifyIdentity', input.round), asks: input.asks },
    { submission, attemptsLeft: input.attemptsLeft ?? 2, deadlineAt: soon(), reviewDueAt: soon() },
  );

for (const [verdict, similarity, attemptsLeft] of [
  ['passes', 99, 2],
  ['asks for better photos', 1, 2],
  ['would ask a reviewer', 1, 0],
] as const)
  test(`an identity check that ${verdict} after staff asked for new photos changes nothing, and the new photos are judged`, async () => {
    const applicant = await (await world.anApplicant()).walksTo('verifyIdentity');
    vendors.says.similarity = similarity;
    await isOvertaken(applicant, 'compareFaces', async () => verify(applicant, { round: 1, asks: 0, attemptsLeft }));
    vendors.says.similarity = 99;
    assert.deepEqual(await verify(applicant, { round: 2, asks: 1 }), { kind: 'verified' });
  });

test('an identity check that reaches its worker after staff asked for new photos looks at none and takes no deadline away', async () => {
  const applicant = await (await world.anApplicant()).walksTo('verifyIdentity');
  const rows = await askAgain(applicant);
  const asked = vendors.calls.length;
  await assert.rejects(verify(applicant, { round: 1, asks: 0 }), overtaken);
  assert.equal(vendors.calls.length, asked);
  assert.deepEqual(await world.rowsOf(applicant.applicationId), rows);
});

test('a report that CIC sends after staff asked for new photos moves nobody on, and the next round gets it', async () => {
  const applicant = await (await world.anApplicant()).walksTo('requestCreditReport');
  const ref = applicant.ref('requestCreditReport');
  await isOvertaken(applicant, 'requestReport', async () => activities.requestCreditReport({ ...ref, asks: 0 }));
  await verify(applicant, { round: 2, asks: 1 });
  assert.deepEqual(await activities.requestCreditReport({ ...ref, asks: 1 }), { kind: 'answered' });
});
