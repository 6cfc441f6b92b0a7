// The worker, Temporal and PostgreSQL are killed at every stage of a customer's application, and it ends as it would have. `npm run crash` does the
// same and holds it to seconds, which takes a machine that does nothing else.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import { startSystem } from '../support/system.ts';
import { actions, anOpenContract, walkWithCrashes } from './support/crashes.ts';
import type { Walk } from './support/crashes.ts';

const { DATABASE_URL: _database, TEMPORAL_ADDRESS: _temporal, ...env } = readEnvironment(); // RabbitMQ is that of the test run
const servers = await startTestServers(env, { durable: true });
const system = await startSystem({ servers: servers.env });
after(servers.stop); // registered last, so that the system is gone before its servers are

const backWithinMs = 3_000;
// What else the machine does delays the undisturbed and the start of the worker as well; who has lost their way is later by more than this.
const timesUndisturbed = 10;
const timesAway = 2;

for (const victim of ['PostgreSQL', 'Temporal'] as const) {
  test(`${victim} killed at every stage: the application ends as it would have, and nothing is done twice`, async (t) => {
    t.diagnostic(told(await walkWithCrashes({ system, servers }, { victim, at: actions })));
  });
}

test('the worker killed at every stage, also of an undo: the next one takes over within seconds, and nothing is done twice', async (t) => {
  const [before, canceling] = await Promise.all([walkWithCrashes({ system, servers }, null), anOpenContract(system)]);
  const walk = await walkWithCrashes({ system, servers }, { victim: 'worker', at: actions, canceling });
  const after = await walkWithCrashes({ system, servers }, null);
  t.diagnostic(told(walk));
  assert.deepEqual([walk.steps, after.steps], [before.steps, before.steps]);
  for (const [index, { action, ms, awayMs }] of walk.progress.entries()) {
    const undisturbedMs = Math.max(...[before, after].map(({ progress }) => progress[index]?.ms ?? 0));
    const allowedMs = backWithinMs + timesUndisturbed * undisturbedMs + timesAway * awayMs;
    assert.ok(ms <= allowedMs, `${action}: ${Math.round(ms)} ms, and at most ${Math.round(allowedMs)} were expected`);
  }
});

function told({ progress, steps, tasksLost, triesLost }: Walk): string {
  const times = progress.map(({ action, ms }) => `${action} ${Math.round(ms)}`).join(', ');
  return `progress in ms: ${times}; ${steps} steps recorded once each, ${tasksLost} workflow tasks and ${triesLost} vendor steps begun again`;
}
