// Temporal keeps what it is told for days, on disks and in backups that are not ours to guard: none of it can be read there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { connectTemporal } from '../../adapters/temporal/client.ts';
import type { Refusal } from '../../adapters/temporal/payload-codec.ts';
import { otpSubmitted } from '../../workflows/messages.ts';
import { textsIn } from '../e2e/support/canary.ts';
import { eventually } from '../support/eventually.ts';
import { aPayloadKey, opened, testPayloads } from '../support/payloads.ts';
import { freshNamespace } from '../support/temporal.ts';
import { createStage } from './stage.ts';
import { aWorld, reachedBy, startWorkers, walk } from './world.ts';

test('no argument, answer, signal, summary or failure of a run can be read on the server', async (t) => {
  const stage = createStage({
    requestCreditReport: async () => Promise.reject(ApplicationFailure.retryable('secret of the quick try and of the queue', 'UNEXPECTED')),
  });
  const payloads = testPayloads();
  const world = await aWorld(t, { stage, payloads });
  await world.walksTo('identity');
  await assert.rejects(world.commands.acceptOffer(world.ref, 'refused', { offerHash: 'secret of a refused command' }));
  const photo = { documentId: 'secret of a command', sha256: 'photo' };
  await world.commands.submitIdentity(world.ref, 'identity', { idFront: photo, idBack: photo, selfie: photo });
  await world.reaches({ awaits: 'staff' });
  await world.signalsOtp({ code: 'secret of a signal' });
  await world.commands.cancel(world.ref, 'cancel', { by: 'operations', actor: 'secret of staff' });
  await world.result();

  const stored = { history: await world.handle.fetchHistory(), run: (await world.handle.describe()).raw };
  assert.doesNotMatch(textsIn(stored), /secret|Ask CIC|basicInfoMs|IDENTITY|CARD_CORE_/);
  const read = textsIn(await opened(stored, payloads, world.namespace));
  for (const what of ['the quick try', 'a command', 'a signal', 'staff']) assert.ok(read.includes(`secret of ${what}`), what);
  assert.match(read, /Ask CIC/);
  assert.match(read, /basicInfoMs/);
});

test('a message in the clear is refused and counted, and the run goes on when it is taken out', async (t) => {
  const refused: Refusal[] = [];
  const world = await aWorld(t, { payloads: { ...testPayloads(), onRefused: (code) => refused.push(code) } });
  await world.walksTo('otp');
  const { connection } = world.client;
  const outsider = new Client({ connection, namespace: world.namespace }).workflow.getHandle(world.handle.workflowId);
  await outsider.signal(otpSubmitted, { code: '123456' });
  await eventually('the message is refused', () => refused.includes('PLAIN'));
  assert.equal(world.stage.timesDone('verifyOtp'), 0, 'a code in the clear approves nothing');

  const { events } = await world.handle.fetchHistory();
  const lastGood = events?.findLast(({ workflowTaskCompletedEventAttributes: done }) => done);
  await connection.workflowService.resetWorkflowExecution({
    namespace: world.namespace,
    workflowExecution: { workflowId: world.handle.workflowId },
    reason: 'a message in the clear',
    workflowTaskFinishEventId: lastGood?.eventId ?? null,
    requestId: 'reset',
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum is in a package that we do not import
    resetReapplyExcludeTypes: [signals],
  });
  // The approval came after the point that the run went back to: it is applied again first, and until then no code is awaited.
  const submit = async () => world.commands.submitOtp(world.ref, 'encrypted', { code: '123456' }).catch(() => undefined);
  assert.deepEqual(await eventually('the code is taken', submit), { kind: 'verified' });
});

test('the key is changed while applications run, and none of them notices', async (t) => {
  const [old, young] = [aPayloadKey('old'), aPayloadKey('young')];
  const rings = { before: testPayloads([old]), during: testPayloads([old, young]), after: testPayloads([young, old]) };
  const address = process.env['TEMPORAL_ADDRESS'] ?? '';
  const { client, namespace, close } = await freshNamespace(address, rings.during);
  t.after(close);
  const stage = createStage();
  const applications = ['app_1', 'app_2', 'app_3', 'app_4'].map((applicationId) => reachedBy(client, applicationId));
  let workers = await startWorkers({ address, namespace, stage, payloads: rings.before });
  t.after(async () => workers.stop());
  for (const { commands, ref } of applications) await commands.start(ref);
  const walking = Promise.all(applications.map(async (application) => walk(application, 'offer')));
  for (const payloads of [rings.during, rings.after]) {
    // As in a rolling update: the next ones are there before the last ones are gone.
    const next = await startWorkers({ address, namespace, stage, payloads });
    await workers.stop();
    workers = next;
  }
  await walking;
  const late = connectTemporal({ address, namespace, payloads: rings.after, reconnectMs: 100 });
  t.after(late.close);
  for (const { ref } of applications) {
    const { commands, handle } = reachedBy(late.client, ref.applicationId);
    await commands.acceptOffer(ref, 'offer', { offerHash: 'offer' });
    const history = textsIn(await handle.fetchHistory());
    assert.match(history, /key: old/);
    assert.match(history, /key: young/);
  }
});

const signals: number = 1; // RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL
