// A world for workflow tests: a real Temporal server, the real workflow code and the api's own commands; only the activities are played.

import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { createCommands } from '../../adapters/temporal/commands.ts';
import type { ApplicationRef, Commands } from '../../adapters/temporal/commands.ts';
import { createDataConverter } from '../../adapters/temporal/data-converter.ts';
import { connectWorkers } from '../../adapters/temporal/worker-connection.ts';
import type { PayloadCodecOptions } from '../../adapters/temporal/payload-codec.ts';
import { applicationPolicy } from '../../api/policy.ts';
import { temporalLimits } from '../../config/limits.ts';
import { applicationWorkflowId, otpSubmitted, status, transactionSettled } from '../../workflows/messages.ts';
import type { ApplicationPolicy, ApplicationResult, ApplicationView } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { opened, testPayloads } from '../support/payloads.ts';
import { freshNamespace } from '../support/temporal.ts';
import { createWorkers } from '../../workers/temporal-workers.ts';
import type { WorkersSpec } from '../../workers/temporal-workers.ts';
import { workflowBundle as bundleOf } from '../../workers/workflow-bundle.ts';
import { createStage } from './stage.ts';
import type { Stage } from './stage.ts';

// The server that skips time says of itself that it is old, and the SDK warns of that in every test.
const logging = { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) };
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging } });

/** The real workflows, bundled once for a whole test run, or for this file when it is run by hand. */
export const workflowBundle = bundleOf(process.env['WORKFLOW_BUNDLE']);

/** Vendors are tried twice in short order, so that a test reaches the end of patience quickly. */
export const impatientPolicy: ApplicationPolicy = { ...applicationPolicy, vendorAttempts: 2, vendorBackoffMs: 20, vendorBackoffMaxMs: 40 };

export interface World {
  stage: Stage;
  commands: Commands;
  ref: ApplicationRef;
  handle: WorkflowHandle;
  client: Client;
  namespace: string;
  /** Where the application stands, from the workflow itself. */
  view(): Promise<ApplicationView>;
  /** Waits until the application stands there. */
  reaches(what: Partial<ApplicationView>): Promise<ApplicationView>;
  /** Plays the customer up to, and not including, this step. */
  walksTo(step: WalkTo): Promise<void>;
  /** One step further: asks for the OTP. */
  walksOn(): Promise<unknown>;
  /** Any payload: an outside system may send what it likes. */
  signalsOtp(payload: unknown): Promise<void>;
  settles(outcome: 'posted' | 'rejected'): Promise<void>;
  result(): Promise<ApplicationResult>;
  /** With its payloads opened. */
  history(): Promise<History>;
  /** Number of events of the run so far, by type. */
  events(): Promise<Map<string, number>>;
}

/** Starts one application in a world of its own, which ends with the test. */
export async function aWorld(
  t: Pick<TestContext, 'after'>,
  options: { stage?: Stage; policy?: Partial<ApplicationPolicy>; payloads?: PayloadCodecOptions } = {},
): Promise<World> {
  const stage = options.stage ?? createStage();
  const payloads = options.payloads ?? testPayloads();
  const { client, namespace, address, close } = await freshNamespace(process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233', payloads);
  const workers = await startWorkers({ address, namespace, stage, payloads });
  t.after(async () => {
    await workers.stop();
    await close();
  });

  const applicationId = `app_${randomBytes(8).toString('hex')}`;
  const ref: ApplicationRef = { applicationId, merchantId: 'mrc_1', amountVnd: 3_000_000, status: 'created' };
  const commands = createCommands(client, {
    policy: { ...impatientPolicy, ...options.policy },
    timeoutMs: 60_000,
    atOnce: temporalLimits.commandsAtOnce,
  });
  await commands.start(ref);
  const handle = client.workflow.getHandle(applicationWorkflowId(applicationId));
  const view = async (): Promise<ApplicationView> => handle.query(status);
  const reaches: World['reaches'] = async (what) => reach(handle, what);
  return {
    stage,
    commands,
    ref,
    handle,
    client,
    namespace,
    view,
    reaches,
    walksTo: async (step) => walk({ commands, ref, handle }, step),
    walksOn: async () => commands.approveTransaction(ref, 'approve', { amountVnd: ref.amountVnd }),
    signalsOtp: async (payload) => handle.signal(otpSubmitted.name, payload),
    settles: async (outcome) => handle.signal(transactionSettled, { transactionId: `txn_${applicationId}`, status: outcome }),
    result: async () => handle.result(),
    history: async () => opened(await handle.fetchHistory(), payloads, namespace),
    async events() {
      const counts = new Map<string, number>();
      for (const event of (await handle.fetchHistory()).events ?? []) {
        const type = Object.keys(event).find((key) => key.endsWith('EventAttributes') && event[key as keyof typeof event]) ?? 'unknown';
        counts.set(type.replace('EventAttributes', ''), (counts.get(type.replace('EventAttributes', '')) ?? 0) + 1);
      }
      return counts;
    },
  };
}

interface Staffing {
  address: string;
  namespace: string;
  stage: Stage;
  payloads: PayloadCodecOptions;
  /** Other code than that of the day. */
  bundle?: WorkflowBundleOption;
  version?: WorkersSpec['version'];
}

/** The workers of one process, as in production. They run until they are stopped. */
export async function startWorkers({ address, namespace, stage, payloads, bundle, version }: Staffing): Promise<{ stop(): Promise<void> }> {
  const connection = await connectWorkers(address);
  const workers = await createWorkers({
    connection,
    namespace,
    activities: stage.activities,
    dataConverter: createDataConverter(payloads),
    bundle: bundle ?? (await workflowBundle),
    rekognitionTps: 1_000,
    ...(version && { version }),
  });
  const running = Promise.all(workers.map(async (worker) => worker.run()));
  return {
    async stop() {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

/** An application that is not begun yet, and what commands it. */
export function reachedBy(client: Client, applicationId: string): Pick<World, 'commands' | 'ref' | 'handle'> {
  const ref: ApplicationRef = { applicationId, merchantId: 'mrc_1', amountVnd: 3_000_000, status: 'created' };
  const commands = createCommands(client, { policy: impatientPolicy, timeoutMs: 60_000, atOnce: temporalLimits.commandsAtOnce });
  return { commands, ref, handle: client.workflow.getHandle(applicationWorkflowId(applicationId)) };
}

const photo = { documentId: 'doc_1', sha256: 'photo' };

/** The photos that every played customer sends. */
export const photos = { idFront: photo, idBack: photo, selfie: photo };

export type WalkTo = 'identity' | 'offer' | 'contract' | 'purchase' | 'otp' | 'handOff';

/** Waits until the application stands there. */
export async function reach(handle: WorkflowHandle, what: Partial<ApplicationView>): Promise<ApplicationView> {
  return eventually(`the application is at ${JSON.stringify(what)}`, async () => {
    const now = await handle.query(status);
    const found = Object.entries(what).every(([key, value]) => now[key as keyof ApplicationView] === value); // keys of a Partial of it
    return found && now;
  });
}

/** Plays the customer up to, and not including, this step. */
export async function walk(
  { commands, ref, handle }: { commands: Commands; ref: ApplicationRef; handle: WorkflowHandle },
  to: WalkTo,
): Promise<void> {
  const reaches = async (what: Partial<ApplicationView>): Promise<ApplicationView> => reach(handle, what);
  const way = ['identity', 'offer', 'contract', 'purchase', 'otp', 'handOff'] as const;
  const steps: Record<WalkTo, () => Promise<unknown>> = {
    identity: async () => {
      await commands.submitBasicInfo(ref, 'basicInfo', { customerId: 'cus_1' });
      await reaches({ step: 'identity', awaits: 'customer' });
    },
    offer: async () => {
      await commands.submitIdentity(ref, 'identity', photos);
      await reaches({ step: 'offer' });
    },
    contract: async () => {
      await commands.acceptOffer(ref, 'offer', { offerHash: 'offer' });
      await reaches({ step: 'contract' });
    },
    purchase: async () => {
      await commands.signContract(ref, 'contract', { documentSha256: 'paper', consentId: 'cst_1' });
      await reaches({ step: 'purchase' });
    },
    otp: async () => commands.approveTransaction(ref, 'approve', { amountVnd: ref.amountVnd }),
    handOff: async () => {
      await commands.submitOtp(ref, 'otp', { code: '123456' });
      await reaches({ step: 'handOff' });
    },
  };
  for (const step of way.slice(0, way.indexOf(to) + 1)) await steps[step]();
}
