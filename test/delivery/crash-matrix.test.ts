// Every boundary of the hand-off, and a process that dies exactly there. The list of boundaries is the code's own: one that is added
// without a scenario here does not compile, and one that no scenario reaches fails, because its process does not die.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../db/ids.ts';
import { acceptTransaction } from '../../db/transactions.ts';
import type { AcceptedTransaction } from '../../db/transactions.ts';
import { faultPoints } from '../../workers/fault-points.ts';
import type { FaultPoint } from '../../workers/fault-points.ts';
import { soon } from './support/soon.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { publishRaw, readyMessages, withChannel } from './support/messages.ts';
import { aChild } from './support/processes.ts';
import { serveWorld } from './support/remote.ts';
import { aWorld, fastPool, fastRelay } from './support/world.ts';
import type { World } from './support/world.ts';

// Nothing bounds a call to the core of these tests: it has half of the lease to arrive.
const quickPool = { ...fastPool, claimLeaseMs: 1_600, coreTimeoutMs: 800 };
const quickRelay = { ...fastRelay, sweepAfterMs: 1_000 };

interface Scenario {
  role: 'relay' | 'pool';
  /** Makes the world such that the point is reached; returns the purchases that it accepted for that. */
  given?: (world: World) => Promise<AcceptedTransaction[] | void> | void;
  /** What the dead process left behind, as the broker sees it. */
  left?: (world: World) => Promise<void>;
}

const byRelay: Scenario = { role: 'relay' };
const byPool: Scenario = { role: 'pool' };
const afterLostAnswer: Scenario = { role: 'pool', given: ({ core }) => void (core.moods = ['lost after booking']) };
const afterOutage: Scenario = { role: 'pool', given: ({ core }) => void (core.moods = ['unavailable']) };
const withPoison: Scenario = { role: 'pool', given: async (world) => publishRaw(world, [{ body: 'poison', messageId: 'poison' }]) };

/** One purchase was acknowledged, or else it would come again. */
async function oneIsGone(world: World): Promise<void> {
  await soon(async () => {
    const { messageCount, consumerCount } = await withChannel(world, async (channel) => channel.checkQueue(world.topology.queue.name));
    assert.equal(consumerCount, 0, 'what it held is given back');
    assert.ok(messageCount < 3, `${messageCount} left`);
  });
}

/** Published, though no row says so. */
async function someArePublished(world: World): Promise<void> {
  await soon(async () => assert.ok((await readyMessages(world, world.topology.queue.name)) > 0));
}

/** Its first sweep finds a purchase whose message is lost. `messages`: of that purchase, when the sweeper is dead. */
function bySweeper(messages: number): Scenario {
  let lost: AcceptedTransaction | undefined;
  return {
    role: 'relay',
    given: async (world) => {
      const accepted = await world.accept(1);
      [lost] = accepted;
      await world.database.query(`update outbox set published_at = now() - interval '1 hour'`);
      await world.database.query(`update transactions set accepted_at = now() - interval '1 hour'`);
      return accepted;
    },
    left: async ({ database }) => {
      const { rowCount } = await database.query('select from outbox where transaction_id = $1', [lost?.transactionId]);
      assert.equal(rowCount, messages);
    },
  };
}

const scenarios: Record<FaultPoint, Scenario> = {
  'relay.claimed': byRelay,
  'relay.published': { role: 'relay', left: someArePublished },
  'relay.confirmed': byRelay,
  'relay.marking': byRelay,
  'relay.marked': byRelay,
  'sweeper.sweeping': bySweeper(1),
  'sweeper.swept': bySweeper(2),
  'pool.delivered': byPool,
  'pool.claiming': byPool,
  'pool.claimed': byPool,
  'pool.asked': afterLostAnswer,
  'pool.sending': byPool,
  'pool.answered': byPool,
  'pool.settling': byPool,
  'pool.settled': byPool,
  'pool.acknowledged': { role: 'pool', left: oneIsGone },
  'retry.noting': afterOutage,
  'retry.noted': afterOutage,
  'retry.sent': afterOutage,
  'retry.published': afterOutage,
  'park.writing': withPoison,
  'park.written': withPoison,
  'parked.stored': withPoison,
  'notice.claimed': byPool,
  'notice.told': byPool,
  'notice.forgotten': byPool,
};

for (const point of faultPoints) {
  test(`killed at ${point}: every purchase is booked once, settled once and told`, async (t) => {
    const { role, given, left } = scenarios[point];
    const { world, worldUrl } = await aWorldWithQueues(t);
    const before = (await given?.(world)) ?? [];
    if (role === 'pool') await world.aRelay(); // it does not sweep yet: what the dead process left behind is looked at first
    const victim = aChild(world, { role, name: 'victim', worldUrl, faultAt: point, limits: role === 'pool' ? quickPool : quickRelay });
    const accepted = [...before, ...(await world.accept(3))];
    assert.equal(await victim.ended, 'SIGKILL', 'it died where it was told to');
    await left?.(world);

    await startOthers(world);
    await bookedExactlyOnce(world, accepted);
    await poisonIsOneRow(world, given === withPoison.given);
  });
}

for (const moment of ['onReceived', 'onBooked'] as const) {
  test(`killed while the core has the request (${moment}): booked once`, async (t) => {
    const { world, worldUrl } = await aWorldWithQueues(t);
    world.core.refusesDuplicates = true; // what arrives after the sender's death is the one case that only WAY4 can refuse
    const victim = aChild(world, { role: 'pool', name: 'victim', worldUrl, limits: quickPool });
    await victim.ready;
    world.core[moment] = async () => {
      victim.signal('SIGKILL');
      await victim.ended;
      world.core[moment] = () => undefined;
    };
    const accepted = await world.accept(3);
    await world.aRelay({ limits: quickRelay });
    assert.equal(await victim.ended, 'SIGKILL');
    await startOthers(world);
    await bookedExactlyOnce(world, accepted);
  });
}

for (const point of ['pool.answered', 'pool.sending', 'pool.claiming'] as const satisfies FaultPoint[]) {
  test(`frozen at ${point} and woken after others took over: the zombie changes nothing`, async (t) => {
    const { world, worldUrl } = await aWorldWithQueues(t);
    world.core.refusesDuplicates = point === 'pool.sending'; // the zombie sends what it was about to send: WAY4 knows the RRN
    const limits = { ...quickPool, heartbeatSeconds: 1 };
    const victim = aChild(world, { role: 'pool', name: 'victim', worldUrl, faultAt: `${point}=stop`, limits });
    await victim.ready;
    // One purchase where our side alone must hold: a second one in the frozen process might just have been sending, which only WAY4 can stop.
    const accepted = await world.accept(point === 'pool.sending' ? 3 : 1);
    await world.aRelay({ limits: quickRelay });
    await startOthers(world);
    await bookedExactlyOnce(world, accepted);
    victim.signal('SIGCONT');
    victim.signal('SIGTERM');
    assert.equal(await victim.ended, 0, 'it drains like any other');
    await bookedExactlyOnce(world, accepted);
  });
}

for (const committed of [false, true]) {
  test(`the acceptor dies ${committed ? 'after' : 'before'} its commit: ${committed ? 'booked once' : 'nothing was accepted'}`, async (t) => {
    const { world } = await aWorldWithQueues(t);
    const [first] = await world.accept(1);
    const { rows } = await world.database.query<{ application_id: string; merchant_id: string }>(
      'select application_id, merchant_id from transactions where id = $1',
      [first?.transactionId],
    );
    const refs = { applicationId: rows[0]?.application_id ?? '', merchantId: rows[0]?.merchant_id ?? '' };
    const purchase = { ...refs, kind: 'purchase', intentKey: newId('request'), contractNumber: 'TS0000000001', amountVnd: 1 } as const;
    const accepted: AcceptedTransaction[] = first ? [first] : [];
    const accepting = world.database.withTransaction(async (tx) => {
      accepted.push(await acceptTransaction(tx, purchase));
      if (!committed) await tx.query('select pg_terminate_backend(pg_backend_pid())');
    });
    await (committed ? accepting : assert.rejects(accepting));
    await startOthers(world);
    await bookedExactlyOnce(world, committed ? accepted : accepted.slice(0, 1));
  });
}

async function aWorldWithQueues(t: Parameters<typeof aWorld>[0]): Promise<{ world: World; worldUrl: string }> {
  const world = await aWorld(t);
  const relay = await world.aRelay(); // declares the queues, so that a test can publish to them
  await relay.drain();
  return { world, worldUrl: await serveWorld(world) };
}

async function startOthers(world: World): Promise<void> {
  await world.aRelay({ limits: quickRelay });
  await world.aPool({ limits: quickPool });
}

async function poisonIsOneRow(world: World, expected: boolean): Promise<void> {
  await soon(async () => {
    const { rows } = await world.database.query<{ message_id: string; reason: string }>('select message_id, reason from parked_messages');
    assert.deepEqual(rows, expected ? [{ message_id: 'poison', reason: 'MALFORMED' }] : []);
  });
}
