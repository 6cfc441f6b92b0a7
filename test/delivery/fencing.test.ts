// Two handlers and one purchase: whatever wakes up late finds that it owns nothing any more, and whatever lost its database in the middle
// of a commit is not believed either way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimTransaction, noteFailure, settleTransaction } from '../../db/claims.ts';
import { openDatabase } from '../../db/pool.ts';
import { readTransaction } from '../../db/transactions.ts';
import { VendorFailure } from '../../domain/failures.ts';
import { attemptTransaction } from '../../workers/attempt.ts';
import { noFaults } from '../../workers/fault-points.ts';
import type { FaultPoint } from '../../workers/fault-points.ts';
import { eventually } from '../support/eventually.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { soon } from './support/soon.ts';
import { tcpProxy } from './support/tcp-proxy.ts';
import { aWorld, fastPool } from './support/world.ts';

test('while an attempt may still reach the core nobody else can claim, and afterwards the old owner cannot write', async (t) => {
  const world = await aWorld(t);
  const [accepted] = await world.accept(1);
  assert.ok(accepted);
  const { transactionId } = accepted;
  const claim = async (leaseMs: number) =>
    world.database.withTransaction(async (tx) => claimTransaction(tx, { ...accepted, kind: 'purchase', leaseMs }));

  const first = await claim(0);
  assert.equal(first?.attempt, 1);
  const second = await claim(60_000);
  assert.equal(second?.attempt, 2);
  assert.equal(await claim(60_000), null, 'the lease of the second holds');

  const settle = async (owner: { claim: number }) =>
    world.database.withTransaction(async (tx) =>
      settleTransaction(tx, { transactionId, claim: owner.claim }, { kind: 'rejected', code: '05' }),
    );
  const note = { error: 'X', retryMs: 0, release: true, refund: true };
  assert.equal(await settle(first), false, 'the zombie settles nothing');
  assert.equal(await world.database.withTransaction(async (tx) => noteFailure(tx, first, note)), false, 'the zombie notes nothing');
  assert.equal((await readTransaction(world.database, transactionId))?.status, 'accepted');
  assert.equal(await settle(second), true);
  assert.equal(await settle(second), false, 'an outcome is written once');
  assert.equal((await world.database.query('select 1 from outcome_notices')).rowCount, 1);
});

test('an owner whose lease has less time left than one call takes sends nothing, and that is not counted', async (t) => {
  const { database, core, accept } = await aWorld(t);
  const [accepted] = await accept(1);
  assert.ok(accepted);
  const deps = { database, cardCore: core, leaseMs: 60_000, coreTimeoutMs: 60_000, faults: noFaults };
  const result = await attemptTransaction(deps, { ...accepted, schemaVersion: 1, kind: 'purchase' });
  assert.ok(result.kind === 'failed');
  assert.deepEqual(result.verdict, { kind: 'retry', error: 'way4:unavailable:LEASE_TOO_SHORT', release: true, refund: true });
  assert.deepEqual(core.calls, []);
});

for (const answer of ['books', 'refuses'] as const)
  test(`a handler that was overtaken while the core thought about it, and then ${answer}, writes nothing`, async (t) => {
    const world = await aWorld(t);
    world.core.refusesDuplicates = true;
    const accepted = await world.accept(1);
    const slow = Promise.withResolvers<void>();
    let received = 0;
    world.core.onReceived = async () => {
      received += 1;
      if (received > 1) return answer === 'books' ? slow.resolve() : undefined; // at the same time, or else afterwards
      await slow.promise; // longer than its lease: the process was frozen, say
      if (answer === 'refuses') throw new VendorFailure('way4', 'rejected', 'FORMAT_ERROR');
    };
    await world.aRelay({ limits: { relayPollMs: 20, sweepAfterMs: 300, sweepEveryMs: 50 } }); // the sweeper brings the second message
    await world.aPool({ limits: { ...fastPool, claimLeaseMs: 1_000, coreTimeoutMs: 100 } });
    await bookedExactlyOnce(world, accepted);
    slow.resolve();
    await soon(() => assert.ok(world.handled.some(({ kind }) => kind === 'fenced' || kind === 'parked')));
    assert.ok(received >= 2);
    assert.equal(world.told.length, 1);
    assert.equal((await world.database.query('select from parked_messages')).rowCount, 0, 'and nothing waits for a person');
  });

for (const point of ['pool.claiming', 'pool.settling'] as const satisfies FaultPoint[]) {
  test(`a commit whose answer never came (${point}) is looked up, not believed, and the purchase is booked once`, async (t) => {
    const world = await aWorld(t);
    const wire = await tcpProxy(world.databaseUrl);
    const database = openDatabase({ url: wire.url, applicationName: 'behind the wire', poolSize: 4 });
    world.afterwards(async () => {
      await database.close();
      await wire.close();
    });
    const accepted = await world.accept(1);
    const stored = async () => readTransaction(world.database, accepted[0]?.transactionId ?? '');
    const isCommitted = async () => (point === 'pool.claiming' ? (await stored())?.claim === 1 : (await stored())?.status === 'posted');
    let struck = 0;
    const faults = (reached: FaultPoint): void => {
      if (reached !== point || struck > 0) return;
      struck += 1;
      // The statement goes out, which is its commit as well; its answer does not come back, and neither do those of others on this wire.
      wire.swallowAnswers(() => void isCommitted().then((isOurs) => isOurs && wire.heal()));
    };
    // Connections that are there already: on a wire without answers none is made, and nothing would be sent.
    let made = 0;
    const holdsOne = async () =>
      database.withTransaction(async () => void ((made += 1), await eventually('all are made', () => made === 4)));
    await Promise.all(Array.from({ length: 4 }, holdsOne));
    await world.aRelay();
    const pool = await world.aPool({ database, faults, limits: { ...fastPool, claimLeaseMs: 2_000, coreTimeoutMs: 100 } });
    await bookedExactlyOnce(world, accepted);
    assert.equal(struck, 1);
    assert.equal(pool.counts().handled.ambiguous, 1);
    assert.equal((await stored())?.status, 'posted');
  });
}
