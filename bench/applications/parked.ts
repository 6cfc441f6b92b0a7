// Many applications wait for a vendor when the workers are gone, and all of them have work when the workers are back. None may be lost, none may
// fail for being one of many, and the vendor must not meet more of them at once than it has slots.

import type { History } from '@temporalio/common/lib/proto-utils.js';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { createCommands } from '../../adapters/temporal/commands.ts';
import type { PayloadCodecOptions } from '../../adapters/temporal/payload-codec.ts';
import { applicationPolicy } from '../../api/policy.ts';
import { temporalLimits } from '../../config/limits.ts';
import { eventually } from '../../test/support/eventually.ts';
import { startWorkers } from '../../test/workflows/world.ts';
import { createStage } from '../../test/workflows/stage.ts';
import { freshNamespace } from '../../test/support/temporal.ts';
import { applicationWorkflowId } from '../../workflows/messages.ts';
import type { Figure } from '../bench.ts';
import { photos } from './customers.ts';
import { createStubs } from './stubs.ts';

const commandTimeoutMs = 60_000;
const stepMs = 5;
const atOnce = 25;
const withinMs = 300_000; // ten times as long as a thousand need on two cores
const startToClose = 1; // TIMEOUT_TYPE_START_TO_CLOSE: a worker was given a task and did not come to it

type Event = NonNullable<History['events']>[number];

/** Parks applications at the identity check, restarts the workers, and waits until each has an offer. */
export async function resumeParked({
  address,
  keys,
  parked,
}: {
  address: string;
  keys: PayloadCodecOptions['keys'];
  parked: number;
}): Promise<Figure[]> {
  const payloads: PayloadCodecOptions = { keys, onRefused: () => undefined };
  const { client, namespace, close } = await freshNamespace(address, payloads);
  const commands = createCommands(client, {
    policy: applicationPolicy,
    timeoutMs: commandTimeoutMs,
    atOnce: temporalLimits.commandsAtOnce,
  });
  const ids = Array.from({ length: parked }, (_, index) => `app_parked${index}`);
  const blocked = Promise.withResolvers<void>();
  blocked.promise.catch(() => undefined);
  const waiting = createStubs(stepMs, { verifyIdentity: async () => blocked.promise });
  const before = await startWorkers({ address, namespace, payloads, stage: { ...createStage(), activities: waiting.activities } });
  await inTurns(ids, async (applicationId) => {
    const ref = { applicationId, merchantId: 'mrc_1', amountVnd: 3_000_000, status: 'created' as const };
    await commands.start(ref);
    await commands.submitBasicInfo(ref, 'basicInfo', { customerId: 'cus_1' });
    await waiting.done(applicationId, 'recordBasicInfo');
    await commands.submitIdentity(ref, 'identity', photos);
  });
  blocked.reject(new Error('the workers are gone'));
  await before.stop();

  const decided = new Set<string>();
  const stubs = createStubs(stepMs, { decide: async (id) => void decided.add(id) });
  const startedAt = performance.now();
  const backAtMs = Date.now();
  const after = await startWorkers({ address, namespace, payloads, stage: { ...createStage(), activities: stubs.activities } });
  await eventually('one has an offer', () => decided.size > 0, withinMs);
  const firstMs = performance.now() - startedAt;
  await eventually('all have an offer', () => decided.size === parked, withinMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  let failed = 0;
  await inTurns(ids, async (id) => {
    const { events } = await client.workflow.getHandle(applicationWorkflowId(id)).fetchHistory();
    failed += events?.filter((event) => hasFailed(event, events, backAtMs)).length ?? 0;
  });
  await after.stop();
  await close();
  return [
    { what: `${parked} parked, first progress after a restart`, value: firstMs / 1_000, unit: 's', bound: { atMost: 3 } },
    { what: `${parked} parked, all with an offer`, value: seconds, unit: 's' },
    {
      what: 'most at the vendor at once',
      value: stubs.mostAtOnce('verifyIdentity'),
      unit: '',
      bound: { atMost: temporalLimits.activitySlots.identity },
    },
    { what: 'workflow tasks that failed or came too late', value: failed, unit: '', bound: { atMost: 0 } },
  ];
}

/** True for a task that failed, or that one of the workers that are back was given and did not come to. A worker that stops may be handed one that it
 *  never starts, which is not theirs. */
function hasFailed(
  { workflowTaskFailedEventAttributes: broken, workflowTaskTimedOutEventAttributes: late }: Event,
  events: Event[],
  backAtMs: number,
) {
  if (Number(late?.timeoutType) !== startToClose) return Boolean(broken);
  return events.some(({ eventId, eventTime }) => String(eventId) === String(late?.startedEventId) && tsToMs(eventTime) >= backAtMs);
}

async function inTurns(ids: readonly string[], work: (id: string) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < ids.length; index = next++) await work(ids[index] ?? '');
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
