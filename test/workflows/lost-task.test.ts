// A step can reach a worker that is gone: killed, or stopping while the server answered its last poll. Another worker takes the step over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createDataConverter } from '../../adapters/temporal/data-converter.ts';
import { taskQueues } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { testPayloads } from '../support/payloads.ts';
import { freshNamespace } from '../support/temporal.ts';
import { createStage } from './stage.ts';
import { photos, reach, reachedBy, startWorkers, walk, workflowBundle } from './world.ts';

const heartbeat = 4; // TIMEOUT_TYPE_HEARTBEAT
const openToAll = 1; // TASK_QUEUE_KIND_NORMAL
const heartbeatTimeoutMs = 2_000; // lostAfterMs of workflows/activity-plans.ts

test('a step whose worker is gone goes to another long before the longest try is over', async (t) => {
  const payloads = testPayloads();
  const address = process.env['TEMPORAL_ADDRESS'] ?? '';
  const { client, namespace, close } = await freshNamespace(address, payloads);
  t.after(close);
  const stage = createStage();
  const application = reachedBy(client, 'app_lost');

  const connection = await NativeConnection.connect({ address });
  const withoutVendors = await Worker.create({
    connection,
    namespace,
    activities: stage.activities,
    dataConverter: createDataConverter(payloads),
    taskQueue: taskQueues.applications,
    workflowBundle: await workflowBundle,
  });
  const running = withoutVendors.run();
  t.after(async () => {
    withoutVendors.shutdown();
    await running;
    await connection.close();
  });
  await application.commands.start(application.ref);
  await walk(application, 'identity');
  await application.commands.submitIdentity(application.ref, 'identity', photos);
  const poll = { namespace, taskQueue: { name: taskQueues.identity }, identity: 'gone' };
  const taken = await client.withDeadline(Date.now() + 60_000, async () => client.workflowService.pollActivityTaskQueue(poll));
  assert.equal(taken.activityType?.name, 'verifyIdentity');
  const workers = await startWorkers({ address, namespace, stage, payloads });
  t.after(workers.stop);

  await reach(application.handle, { step: 'offer' });
  const { events } = await application.handle.fetchHistory();
  const again = events?.find(({ activityTaskStartedEventAttributes: started }) => started)?.activityTaskStartedEventAttributes;
  assert.ok((again?.attempt ?? 0) > 1);
  assert.equal(again?.lastFailure?.timeoutFailureInfo?.timeoutType, heartbeat);
  const goesOn = events?.slice(events.findIndex((event) => event.activityTaskCompletedEventAttributes)) ?? [];
  const queue = goesOn.find((event) => event.workflowTaskScheduledEventAttributes)?.workflowTaskScheduledEventAttributes?.taskQueue;
  assert.equal(queue?.kind, openToAll, 'nobody waits for the worker that has the application in memory');
});

test('a step that takes long keeps its worker', async (t) => {
  const payloads = testPayloads();
  const address = process.env['TEMPORAL_ADDRESS'] ?? '';
  const { client, namespace, close } = await freshNamespace(address, payloads);
  t.after(close);
  const { promise: told, resolve: tell } = Promise.withResolvers<void>();
  t.after(() => tell());
  const stage = createStage({
    verifyIdentity: async () => {
      await told;
      return { kind: 'verified' };
    },
  });
  const workers = await startWorkers({ address, namespace, stage, payloads });
  t.after(workers.stop);
  const application = reachedBy(client, 'app_long');
  await application.commands.start(application.ref);
  await walk(application, 'identity');
  await application.commands.submitIdentity(application.ref, 'identity', photos);
  await eventually('its worker was heard of when a silent one would have been given up', async () => {
    const [step] = (await application.handle.describe()).raw.pendingActivities ?? [];
    return tsToMs(step?.lastHeartbeatTime) - tsToMs(step?.lastStartedTime) > heartbeatTimeoutMs;
  });
  tell();
  await reach(application.handle, { step: 'offer' });
  assert.equal(stage.timesDone('verifyIdentity'), 1);
});
