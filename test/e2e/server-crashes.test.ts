// PostgreSQL and Temporal are killed like any process, right after a customer did something and before anything came of it, and so is the worker:
// while the contract is opened at the bank, and while the purchase is booked.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import { applicationWorkflowId } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startSystem } from '../support/system.ts';
import { isBookedOnce } from './support/expect.ts';
import { aJourney } from './support/journey.ts';
import type { Action, Journey } from './support/journey.ts';

const { DATABASE_URL: _database, TEMPORAL_ADDRESS: _temporal, ...env } = readEnvironment(); // RabbitMQ is that of the test run
const servers = await startTestServers(env, { durable: true });
const system = await startSystem({ servers: servers.env });
after(servers.stop); // registered last, so that the system is gone before its servers are
const patienceMs = 180_000; // longer than it takes until a purchase whose message was lost is published again

const stages: { action: Action; act: (journey: Journey) => Promise<unknown>; next: string }[] = [
  { action: 'accept_offer', act: async ({ customer }) => customer.acceptOffer(), next: 'sign_contract' },
  { action: 'submit_otp', act: async (journey) => journey.customer.submitOtp(await journey.otp()), next: 'none' },
];

for (const name of ['PostgreSQL', 'Temporal'] as const) {
  test(`${name} killed while the contract is opened and while the purchase is booked: the application ends as it would have, and nothing is done twice`, async (t) => {
    const server = servers.running.find((each) => each.name === name) ?? assert.fail(`${name} is this test's own`);
    const journey = await aJourney(system);
    await walk(journey, async () => {
      for (const process of server.processes) await process.stop(true);
      server.processes = await server.restart();
    });
    t.diagnostic(await redone(journey));
  });
}

test('the worker killed at the same moments: the next one takes over where it was', async (t) => {
  const journey = await aJourney(system);
  const backMs: number[] = [];
  await walk(
    journey,
    async () => {
      await system.kill('applications');
      await system.restart('applications');
    },
    (ms) => backMs.push(ms),
  );
  t.diagnostic(`progress after ${backMs.map(Math.round).join(', ')} ms; ${await redone(journey)}`);
});

/** Walks to the end, with a crash right after what the customer does at the stages. */
async function walk(journey: Journey, crash: () => Promise<void>, onProgress: (ms: number) => void = () => undefined): Promise<void> {
  for (const { action, act, next } of stages) {
    await journey.walksTo(action);
    await act(journey);
    await crash();
    const backAt = performance.now();
    // The api may still find its way back to the servers; a customer presses the button again.
    await eventually(`asked for ${next}`, async () => (await journey.customer.look()).next.action === next, patienceMs);
    onProgress(performance.now() - backAt);
  }
  await eventually('it is completed', async () => (await journey.customer.look()).status === 'completed', patienceMs);
  await isBookedOnce(system, journey);
  const { inquiries, clients } = await system.sandbox.state();
  assert.equal(inquiries.filter(({ requestId }) => requestId.startsWith(journey.applicationId)).length, 1, 'CIC was asked once');
  assert.equal(new Set(clients.map(({ clientNumber }) => clientNumber)).size, clients.length, 'no client was made twice');
}

/** How many steps began more often than they were recorded: work that a crash made somebody do again, without effect. */
async function redone({ applicationId }: Journey): Promise<string> {
  const { rows } = await system.database.query<{ steps: number }>(
    'select count(*)::int as steps from application_steps where application_id = $1',
    [applicationId],
  );
  const { events } = await system.temporal.workflow.getHandle(applicationWorkflowId(applicationId)).fetchHistory();
  const lost = (events ?? []).filter((event) => event.workflowTaskTimedOutEventAttributes ?? event.workflowTaskFailedEventAttributes);
  return `${rows[0]?.steps} steps recorded once each, ${lost.length} workflow tasks begun again`;
}
