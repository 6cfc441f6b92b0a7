// A customer's walk in which the worker, Temporal or PostgreSQL is killed in the middle of what comes of the customer's doing: when the first step of
// it is recorded, and the next, or the answer, is not. Shared by the test that strikes at some stages and the command that strikes at all.

import assert from 'node:assert/strict';
import type { TestServers } from '../../../infra/local/test-servers.ts';
import { applicationWorkflowId } from '../../../workflows/messages.ts';
import { eventually } from '../../support/eventually.ts';
import type { System } from '../../support/system.ts';
import { isBookedOnce, isClosedAtTheBank } from './expect.ts';
import { aJourney } from './journey.ts';
import type { Action, Journey } from './journey.ts';

export const victims = ['worker', 'Temporal', 'PostgreSQL'] as const;
export type Victim = (typeof victims)[number];

/** What the customer does, and what is asked of them when everything came of it. */
interface Stage {
  action: Action;
  act: (journey: Journey) => Promise<unknown>;
  next: string;
}

const stages: Stage[] = [
  { action: 'submit_basic_info', act: async ({ customer, person }) => customer.submitBasicInfo(person), next: 'submit_identity' },
  { action: 'submit_identity', act: async (journey) => journey.sendsPhotos(), next: 'accept_offer' },
  { action: 'accept_offer', act: async ({ customer }) => customer.acceptOffer(), next: 'sign_contract' },
  { action: 'sign_contract', act: async ({ customer }) => customer.signContract(), next: 'approve_purchase' },
  { action: 'approve_purchase', act: async ({ customer, amountVnd }) => customer.approve(amountVnd), next: 'submit_otp' },
  { action: 'submit_otp', act: async (journey) => journey.customer.submitOtp(await journey.otp()), next: 'none' },
];

export const actions: readonly Action[] = stages.map(({ action }) => action);

/** How long it took until the customer was asked for the next thing: from when the victim was back, or else from what the customer did. */
export interface Progress {
  action: Action;
  ms: number;
  /** How long the victim was away; 0 undisturbed. */
  awayMs: number;
}

export interface Walk {
  progress: Progress[];
  /** Steps recorded, once each. */
  steps: number;
  /** Workflow tasks that were begun and lost: their steps were run again, without effect. */
  tasksLost: number;
  /** Vendor steps that were given to a worker once more. */
  triesLost: number;
}

const patienceMs = 180_000; // longer than it takes until a purchase whose message was lost is published again

export interface Crash {
  victim: Victim;
  at: readonly Action[];
  /** Somebody else, of anOpenContract, who cancels when the contract is signed: that crash falls between the undo of contract and client. */
  canceling?: Journey;
}

/** A customer with client and contract at WAY4, who has signed nothing. */
export async function anOpenContract(system: System): Promise<Journey> {
  const journey = await aJourney(system);
  await journey.walksTo('sign_contract');
  return journey;
}

/** Walks one customer to the end, undisturbed or with a crash at each of these actions. Throws unless it ends well and nothing was done twice. */
export async function walkWithCrashes({ system, servers }: { system: System; servers: TestServers }, crash: Crash | null): Promise<Walk> {
  const journey = await aJourney(system);
  const progress: Progress[] = [];
  let canceled: (() => Promise<void>) | undefined;
  for (const stage of stages) {
    await journey.walksTo(stage.action);
    if (crash?.canceling && stage.action === 'sign_contract') canceled = await beginsToUndo(system, crash.canceling);
    let since = performance.now();
    let awayMs = 0;
    const ask = press(stage, journey);
    if (crash?.at.includes(stage.action)) {
      await firstStepOf(ask, system, journey);
      const killedAt = performance.now();
      await killAndRestart(system, servers, crash.victim);
      since = performance.now();
      awayMs = since - killedAt;
    }
    await eventually(`asked for ${stage.next} after ${stage.action}`, ask.isOver, patienceMs);
    progress.push({ action: stage.action, ms: performance.now() - since, awayMs });
  }
  await eventually('it is completed', async () => (await journey.customer.look()).status === 'completed', patienceMs);
  await isBookedOnce(system, journey);
  await wasAskedOnce(system, journey, { codes: 1 });
  if (crash?.canceling) {
    await canceled?.();
    await crash.canceling.reaches({ status: 'canceled' }, patienceMs);
    await isClosedAtTheBank(system, crash.canceling);
    await wasAskedOnce(system, crash.canceling, { codes: 0 });
  }
  return { progress, ...(await redone(system, journey)) };
}

const betweenUndosMs = 2_000; // longer than it takes to see that the first is recorded, and to kill

/** Returns when the contract is closed and the client is not; then what waits for the answer to the cancel, which comes when both are. */
async function beginsToUndo(system: System, journey: Journey): Promise<() => Promise<void>> {
  await system.sandbox.fault({ vendor: 'way4', operation: 'closeClient', fault: 'slow', delayMs: betweenUndosMs });
  const before = await stepsRecorded(system.database, journey);
  const answered = Promise.allSettled([journey.customer.cancel()]);
  await eventually('the contract is closed', async () => (await stepsRecorded(system.database, journey)) > before);
  return async () => {
    const [answer] = await answered;
    assert.equal(answer.status, 'fulfilled', 'the customer is answered that it is canceled');
  };
}

/** The vendors' books have one of everything that was asked for this customer. */
async function wasAskedOnce(
  { database, sandbox }: System,
  { applicationId, person }: Journey,
  { codes }: { codes: number },
): Promise<void> {
  const { inquiries } = await sandbox.state();
  assert.equal(inquiries.filter(({ requestId }) => requestId.startsWith(applicationId)).length, 1, 'CIC was asked once');
  const { rows } = await database.query(
    `select count(distinct client_number)::int as clients, count(distinct contract_number)::int as contracts,
            count(distinct challenge_id)::int as codes
     from sandbox.clients left join sandbox.contracts using (client_number) left join sandbox.otp_challenges using (client_number)
     where national_id = $1`,
    [person.nationalId],
  );
  assert.deepEqual(rows, [{ clients: 1, contracts: 1, codes }], 'WAY4 made one of each');
}

interface Press {
  /** Resolves when the customer got an answer, or none. */
  answered: Promise<boolean>;
  /** True when the next thing is asked for. A customer who got no answer presses the button again meanwhile. */
  isOver(): Promise<boolean>;
}

function press({ action, act, next }: Stage, journey: Journey): Press {
  const once = async (): Promise<boolean> =>
    act(journey).then(
      () => true,
      () => false,
    );
  let answered = once();
  return {
    answered,
    async isOver() {
      const isTaken = await answered;
      const asked = (await journey.customer.look()).next.action;
      if (!isTaken && asked === action) answered = once();
      return asked === next;
    },
  };
}

async function firstStepOf({ answered }: Press, { database }: System, journey: Journey): Promise<void> {
  const before = await stepsRecorded(database, journey);
  let isAnswered = false;
  void answered.then(() => (isAnswered = true));
  await eventually('something came of it', async () => isAnswered || (await stepsRecorded(database, journey)) > before);
}

async function stepsRecorded(database: System['database'], { applicationId }: Journey): Promise<number> {
  const { rows } = await database.query<{ steps: number }>(
    'select count(*)::int as steps from application_steps where application_id = $1',
    [applicationId],
  );
  return rows[0]?.steps ?? 0;
}

async function killAndRestart(system: System, servers: TestServers, victim: Victim): Promise<void> {
  if (victim === 'worker') {
    await system.kill('applications');
    await system.restart('applications');
    return;
  }
  const server = servers.running.find(({ name }) => name === victim) ?? assert.fail(`${victim} is the caller's own`);
  for (const process of server.processes) await process.stop(true);
  // Backends of a PostgreSQL that was killed may hold its memory a moment longer, and a new one does not start beside them.
  server.processes = await eventually(`${victim} is up again`, async () => server.restart());
}

async function redone({ database, temporal }: System, journey: Journey): Promise<Pick<Walk, 'steps' | 'tasksLost' | 'triesLost'>> {
  return { steps: await stepsRecorded(database, journey), ...(await begunAgain(temporal, journey.applicationId)) };
}

/** What the history of an application says was begun, lost and begun again. */
export async function begunAgain(temporal: System['temporal'], applicationId: string): Promise<Pick<Walk, 'tasksLost' | 'triesLost'>> {
  const { events } = await temporal.workflow.getHandle(applicationWorkflowId(applicationId)).fetchHistory();
  const lost = (events ?? []).filter((event) => event.workflowTaskTimedOutEventAttributes ?? event.workflowTaskFailedEventAttributes);
  const tries = (events ?? []).map(({ activityTaskStartedEventAttributes: started }) => Math.max(0, (started?.attempt ?? 0) - 1));
  return { tasksLost: lost.length, triesLost: tries.reduce((sum, tried) => sum + tried, 0) };
}
