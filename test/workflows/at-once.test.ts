// Two commands that a run reads in one breath, as after an outage of the workers: the second is judged by what the first has changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { applicationWorkflowId } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { testPayloads } from '../support/payloads.ts';
import { freshNamespace } from '../support/temporal.ts';
import { createStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { aWorld, photos, reach, reachedBy, startWorkers, walk } from './world.ts';
import type { World } from './world.ts';

const mai = { actor: 'staff:mai', requestId: 'req_1' };
type Reached = Pick<World, 'commands' | 'ref' | 'handle'>;
type Send = (world: Reached, id: string, deadlineAt: string) => Promise<unknown>;

const asksAgain: Send = async ({ commands, ref }, id) =>
  commands.requestResubmission(ref, id, { step: 'identity', reason: 'IDENTITY_POOR_PHOTO', ...mai });
const accepts: Send = async ({ commands, ref }, id) => commands.acceptOffer(ref, id, { offerHash: 'offer' });
const approves: Send = async ({ commands, ref }, id) => commands.decideReview(ref, id, { taskId: 'rvt_1', answer: 'approve', ...mai });
const movesDeadline: Send = async ({ commands, ref }, id, deadlineAt) =>
  commands.extendDeadline(ref, id, { deadlineAt: new Date(Date.parse(deadlineAt) + 1_000).toISOString(), ...mai });

/** Sends all while no worker is there, in this order, and says which were taken. */
async function takenOf(t: TestContext, stage: Stage, at: { step: 'offer' | 'decision' }, sends: readonly Send[]) {
  const payloads = testPayloads();
  const { client, namespace, address, close } = await freshNamespace(process.env['TEMPORAL_ADDRESS'] ?? '', payloads);
  t.after(close);
  const world = reachedBy(client, 'app_at_once');
  const workers = await startWorkers({ address, namespace, stage, payloads });
  await world.commands.start(world.ref);
  await walk(world, 'identity');
  await world.commands.submitIdentity(world.ref, 'photos', photos);
  const { deadlineAt } = await reach(world.handle, at);
  await workers.stop();

  const answers: Promise<boolean>[] = [];
  for (const [index, send] of sends.entries()) {
    const updateId = `command ${index}`;
    answers.push(
      send(world, updateId, deadlineAt ?? '').then(
        () => true,
        () => false,
      ),
    );
    const request = {
      namespace,
      updateRef: { workflowExecution: { workflowId: applicationWorkflowId(world.ref.applicationId) }, updateId },
      waitPolicy: { lifecycleStage: 1 }, // UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED
    };
    await eventually('Temporal has it', async () =>
      client.workflowService.pollWorkflowExecutionUpdate(request).then(
        () => true,
        () => false,
      ),
    );
  }
  t.after((await startWorkers({ address, namespace, stage, payloads })).stop);
  return { world, taken: await Promise.all(answers) };
}

test('an acceptance that crosses with a request for new photos is not taken for the offer that follows from them', async (t) => {
  const { world, taken } = await takenOf(t, createStage(), { step: 'offer' }, [asksAgain, accepts]);
  assert.deepEqual(taken, [true, false]);
  await reach(world.handle, { step: 'identity', awaits: 'customer' });
  await world.commands.submitIdentity(world.ref, 'new photos', photos);
  await reach(world.handle, { step: 'offer', awaits: 'customer' });
});

test('an answer of a reviewer that was taken is recorded, and one that crosses with a request for new photos is refused', async (t) => {
  for (const [sends, taken, recorded] of [
    [[asksAgain, approves], [true, false], 0],
    [[movesDeadline, approves, asksAgain], [false, true, false], 1],
  ] as const) {
    const stage = createStage({ decide: async () => ({ kind: 'referred', reasons: ['THIN_FILE'], taskId: 'rvt_1' }) });
    const crossing = await takenOf(t, stage, { step: 'decision' }, sends);
    const { world } = crossing;
    assert.deepEqual(crossing.taken, taken);
    await reach(world.handle, { step: recorded ? 'offer' : 'identity', awaits: 'customer' });
    assert.equal(stage.timesDone('recordReview'), recorded);
    assert.equal(stage.timesDone('extendDeadline'), 0, 'more time for a wait that is over is no more time for the next');
  }
});

test('an answer of a reviewer that waits to be recorded is not dropped by a request for new photos', async (t) => {
  const stage = createStage({ decide: async () => ({ kind: 'referred', reasons: ['THIN_FILE'], taskId: 'rvt_1' }) });
  stage.trouble.set('recordReview', { times: 1, kind: 'rejected' });
  const world = await aWorld(t, { stage });
  await world.walksTo('identity');
  await world.commands.submitIdentity(world.ref, 'photos', photos);
  await world.reaches({ status: 'in_review' });
  await approves(world, 'review', '');
  await eventually('staff are asked', async () => (await world.view()).attention);
  await assert.rejects(asksAgain(world, 'crossing', ''), { code: 'WRONG_STATE' });
  await world.commands.retryStep(world.ref, 'retry', mai);
  await world.reaches({ step: 'offer' });
  await asksAgain(world, 'at the offer', '');
  assert.equal(stage.timesDone('recordReview'), 1);
});

test('a command that ends a run is taken although a signal crosses with the end, and is answered once', async (t) => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>();
  t.after(() => tell());
  const closeClient = async () => told.then(() => ({ kind: 'closed' as const }));
  const world = await aWorld(t, { stage: createStage({ closeClient }) });
  await world.walksTo('contract');
  const canceled = world.commands.cancel(world.ref, 'cancel', { by: 'customer', actor: 'customer' });
  await eventually('the last undo is begun', () => world.stage.calls.some(({ name }) => name === 'closeClient'));
  await world.commands.creditReportReady(world.ref.applicationId, 'inq_late');
  tell();
  assert.equal((await canceled).step, 'contract');
  assert.deepEqual((await world.result()).reasons, ['CANCELED_BY_CUSTOMER']);
  assert.equal(world.stage.timesDone('closeContract'), 1);
});
