// Code changes while applications run: each ends on the build on which it began, and new ones begin on the new build. The first build with a name
// takes over what runs without one.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { testPayloads } from '../support/payloads.ts';
import { freshNamespace } from '../support/temporal.ts';
import { createStage } from './stage.ts';
import { reachedBy, startWorkers, walk, workflowBundle } from './world.ts';

test('an application that began on the old build, or was taken over by it, ends on it, while new ones begin on the new build', async (t) => {
  const payloads = testPayloads();
  const address = process.env['TEMPORAL_ADDRESS'] ?? '';
  const { client, namespace, close } = await freshNamespace(address, payloads);
  t.after(close);
  const stage = createStage();
  const deploymentName = 'applications';
  const release = async (buildId: string, code: string): Promise<{ stop(): Promise<void> }> => {
    const workers = await startWorkers({ address, namespace, stage, payloads, bundle: { code }, version: { deploymentName, buildId } });
    // As in docs/changing-workflows.md: the build is made current once its workers are there.
    await eventually(`Temporal knows build ${buildId}`, async () =>
      client.workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId, identity: 'operator' }),
    );
    return workers;
  };
  const begin = async (applicationId: string) => {
    const application = reachedBy(client, applicationId);
    await application.commands.start(application.ref);
    return application;
  };
  const buildOf = async ({ handle }: Awaited<ReturnType<typeof begin>>): Promise<unknown> =>
    (await handle.describe()).raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;

  const code = await codeOfTheDay();
  const unnamed = await startWorkers({ address, namespace, stage, payloads, bundle: { code } });
  const before = await begin('app_before');
  await walk(before, 'offer');
  const old = await release('1', code);
  await unnamed.stop();
  await before.commands.acceptOffer(before.ref, 'offer', { offerHash: 'offer' });
  await eventually('the one from before has its contract', async () => stage.contracts.has('app_before'));
  const early = await begin('app_early');
  await walk(early, 'offer');

  // Without its build, this change would stop every application that has not come to its client yet.
  const young = await release('2', changed(code));
  t.after(young.stop);
  const late = await begin('app_late');
  await walk(late, 'contract');
  await early.commands.acceptOffer(early.ref, 'offer', { offerHash: 'offer' });
  await eventually('the early one has its contract', async () => stage.contracts.has('app_early'));

  const clients = stage.calls.filter(({ name }) => name === 'createClient').map(({ round }) => round);
  assert.deepEqual(clients, [1, 2, 1], 'the late one went before the early one, by the new code');
  for (const { commands, ref, handle } of [before, early]) {
    await commands.cancel(ref, 'cancel', { by: 'customer', actor: 'customer' });
    assert.equal((await handle.result()).status, 'canceled');
  }
  assert.deepEqual([await buildOf(before), await buildOf(early), await buildOf(late)], ['1', '1', '2']);
  await old.stop();
});

async function codeOfTheDay(): Promise<string> {
  const bundle = await workflowBundle;
  return 'code' in bundle ? bundle.code : readFileSync(bundle.codePath, 'utf8');
}

function changed(code: string): string {
  const other = code.replace("run.step('createClient', 1)", "run.step('createClient', 2)");
  assert.notEqual(other, code);
  return other;
}
