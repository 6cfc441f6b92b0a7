// Campaigns of seconds, so that every run of the tests shows that they still work and have teeth: the long ones are `npm run chaos`.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import { runCampaign } from './campaign.ts';
import type { FaultName } from './faults.ts';

const { DATABASE_URL: _database, AMQP_URL: _broker, TEMPORAL_ADDRESS: _temporal, ...env } = readEnvironment(); // they are killed, so they must be our own
const servers = await startTestServers(env, { durable: true });
after(servers.stop);

const faults: FaultName[] = [
  'kill-consumer',
  'kill-relay',
  'kill-sender',
  'kill-postgres',
  'kill-broker',
  'cut-broker-wire',
  'lose-answers',
  'unbind-queue',
  'core-is-slow',
  'core-loses-answers',
];

const episode = {
  servers,
  profile: 'quick',
  paceMs: 1_200,
  perSecond: 25,
  patience: 5,
  say: () => undefined,
  stopped: servers.requested,
} as const;

test('purchases that run through an episode of faults are each booked exactly once', async () => {
  const { violations, failures, ...result } = await runCampaign({
    ...episode,
    seed: 20_261,
    durationMs: 16_000,
    faults,
  });
  assert.deepEqual(violations, []);
  // On a busy machine one fault may miss; that the campaign as a whole hit something is asked below.
  assert.deepEqual(
    failures.filter((failure) => !failure.startsWith('vacuous')),
    [],
  );
  assert.deepEqual(Object.keys(result.faults).toSorted(), faults.toSorted());
  assert.ok(result.accepted > 0 && result.accepted === result.posted + result.rejected);
  assert.deepEqual([result.lost, result.duplicated], [0, 0]);
  assert.equal(result.swept, 0, 'nothing was taken away on purpose, so nobody made up for it');
  const { redeliveries, duplicatesSuppressed, reconnects } = result;
  assert.ok(
    Math.min(redeliveries, duplicatesSuppressed, reconnects) > 0,
    JSON.stringify({ redeliveries, duplicatesSuppressed, reconnects }),
  );
});

test('applications whose api, worker and Temporal die under them end as they would have, each with one booking', async () => {
  const ofApplications: FaultName[] = ['kill-api', 'kill-worker', 'kill-temporal'];
  const { violations, failures, applications, faults } = await runCampaign({
    ...episode,
    seed: 22,
    durationMs: 5_000,
    perSecond: 5,
    faults: ofApplications,
  });
  assert.deepEqual(violations, []);
  assert.deepEqual(
    failures.filter((failure) => !failure.startsWith('vacuous')),
    [],
  );
  assert.deepEqual(Object.keys(faults).toSorted(), ofApplications.toSorted());
  const { begun = 0, completed = 0, rejected = 0, repeatedCalls = {} } = applications ?? {};
  assert.ok(begun > 0 && begun === completed + rejected && Object.keys(repeatedCalls).length > 0, JSON.stringify(applications));
});

test('a sender without a unique key is found out, and a run that was told to stop is no proof', async () => {
  const stop = Promise.withResolvers<void>();
  const { violations, failures } = await runCampaign({
    ...episode,
    say: (line) => void (line.includes('waiting for quiet') && stop.resolve()),
    stopped: stop.promise,
    seed: 20_261,
    durationMs: 6_000,
    faults: ['kill-sender'],
    mutant: 'no-unique-key',
  });
  assert.ok(
    violations.some((violation) => violation.endsWith('one intent became two transactions')),
    JSON.stringify(violations),
  );
  assert.ok(failures.includes('stopped before its time'), JSON.stringify(failures));
});
