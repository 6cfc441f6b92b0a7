// What staff are told about a step that is being tried: the truth, from Temporal itself, or that Temporal did not say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectTemporal } from '../../adapters/temporal/client.ts';
import { createRuns } from '../../adapters/temporal/runs.ts';
import { tellWorkflow } from '../../workers/tell-workflow.ts';
import { eventually } from '../support/eventually.ts';
import { testPayloads } from '../support/payloads.ts';
import { createStage } from './stage.ts';
import { aWorld, photos } from './world.ts';

const outcome = { applicationId: 'app_1', transactionId: 'txn_1', status: 'posted' } as const;

test('a step that backs off shows its tries, its last error and its next try; a run that is over or unknown says so', async (t) => {
  const stage = createStage();
  stage.trouble.set('createClient', { times: 99, kind: 'unavailable' });
  const policy = { vendorAttempts: 5, vendorBackoffMs: 600_000, vendorBackoffMaxMs: 600_000 };
  const world = await aWorld(t, { stage, policy });
  const runs = createRuns(world.client, { timeoutMs: 60_000 });
  const look = async () => runs.look(world.ref.applicationId, false);
  assert.deepEqual(await runs.look('app_unknown', true), { kind: 'none' });
  assert.deepEqual(await look(), { kind: 'running', pending: [], spentTries: null });
  await world.walksTo('offer');
  await world.commands.acceptOffer(world.ref, 'offer', { offerHash: 'offer' });
  const pending = await eventually('the second try waits', async () => {
    const seen = await look();
    return seen.kind === 'running' && seen.pending.find(({ nextTryAt }) => nextTryAt !== null);
  });
  const { nextTryAt, ...tried } = pending;
  assert.deepEqual(tried, { activity: 'createClient', attempt: 2, maxAttempts: 5, lastError: 'CARD_CORE_UNAVAILABLE' });
  assert.ok(nextTryAt && nextTryAt.getTime() > Date.now() + 60_000);
  await world.commands.cancel(world.ref, 'cancel', { by: 'customer', actor: 'customer' });
  await world.result();
  await eventually('the run is over', async () => (await look()).kind === 'ended');
  const nobody: string[] = [];
  const tell = tellWorkflow(world.client, 60_000, ({ applicationId }) => void nobody.push(applicationId));
  const gone = ['app_unknown', world.ref.applicationId];
  for (const applicationId of gone) await tell({ ...outcome, applicationId });
  assert.deepEqual(nobody, gone, 'an outcome that nobody waits for counts as told');
});

test('a run whose own code fails is said to be failing, and not to wait for a customer', async (t) => {
  const nonsense = null as never; // what no activity returns, so that the workflow's code throws
  const world = await aWorld(t, { stage: createStage({ verifyIdentity: async () => nonsense }) });
  await world.walksTo('identity');
  await world.commands.submitIdentity(world.ref, 'photos', photos);
  const runs = createRuns(world.client, { timeoutMs: 60_000 });
  await eventually('it is seen', async () => (await runs.look(world.ref.applicationId, false)).kind === 'failing');
});

test('the call stack in the web UI of Temporal names the stage that waits', async (t) => {
  const world = await aWorld(t);
  const stages = { identity: 'identity', offer: 'acceptedOffer' } as const;
  for (const step of ['identity', 'offer'] as const) {
    await world.walksTo(step);
    const stack = await world.handle.query<string>('__stack_trace');
    assert.match(stack, new RegExp(`at waitFor .*\\n +at ${stages[step]} \\(.*/workflows/application\\.ts:\\d+`));
  }
});

test('a step that waits for staff shows how often it was tried, whether a vendor was away or said no at once', async (t) => {
  const trouble = { unavailable: { times: 3, tries: 2 }, rejected: { times: 1, tries: 1 } } as const;
  for (const kind of ['unavailable', 'rejected'] as const) {
    const stage = createStage();
    const { times, tries } = trouble[kind];
    stage.trouble.set('createClient', { times, kind });
    const world = await aWorld(t, { stage });
    await world.walksTo('offer');
    await world.commands.acceptOffer(world.ref, 'offer', { offerHash: 'offer' });
    await eventually('staff are asked', async () => (await world.view()).attention);
    const seen = await createRuns(world.client, { timeoutMs: 60_000 }).look(world.ref.applicationId, true);
    assert.deepEqual(seen, { kind: 'running', pending: [], spentTries: tries });
  }
});

test('a Temporal that is away is said to be away, in time, and an outcome is not taken for told', async () => {
  const { client, close } = connectTemporal({ address: '127.0.0.1:1', namespace: 'default', payloads: testPayloads(), reconnectMs: 100 });
  const startedAt = Date.now();
  assert.deepEqual(await createRuns(client, { timeoutMs: 300 }).look('app_1', true), { kind: 'away' });
  await assert.rejects(tellWorkflow(client, 300, () => undefined)(outcome));
  assert.ok(Date.now() - startedAt < 15_000, 'sooner than the client alone would give up');
  await close();
});
