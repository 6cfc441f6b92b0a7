// The way of a purchase from its acceptance to its booking, on a real broker and a real database, with nothing failing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../db/ids.ts';
import { acceptTransaction, outcomeOf, readTransaction } from '../../db/transactions.ts';
import { overLimitVnd } from './support/core.ts';
import { soon } from './support/soon.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { messageOf, publishRaw } from './support/messages.ts';
import { aWorld, anApplicationRow } from './support/world.ts';

test('an accepted purchase is booked once and its workflow hears of it', async (t) => {
  const world = await aWorld(t);
  const accepted = await world.accept(1);
  await world.aRelay();
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
  const [first] = accepted;
  assert.deepEqual(world.told, [{ transactionId: first?.transactionId, status: 'posted' }]);
  assert.deepEqual(world.core.calls, [{ kind: 'purchase', rrn: first?.rrn }], 'the first try asks nobody');
});

test('a purchase that the core refuses is settled as rejected, with its code, and told', async (t) => {
  const world = await aWorld(t);
  const [refused] = await world.accept(1, overLimitVnd);
  assert.ok(refused);
  await world.aRelay();
  await world.aPool();
  await soon(() => assert.deepEqual(world.told, [{ transactionId: refused.transactionId, status: 'rejected' }]));
  const row = await readTransaction(world.database, refused.transactionId);
  assert.equal(row?.status, 'rejected');
  assert.equal(row?.responseCode, '51');
  assert.deepEqual(await outcomeOf(world.database, refused.transactionId), { transactionId: refused.transactionId, status: 'rejected' });
});

test('the same intent asked again is the same transaction, and no second message is written', async (t) => {
  const world = await aWorld(t);
  const { database } = world;
  const merchantId = newId('merchant');
  await database.query('insert into merchants (id, name) values ($1, $2)', [merchantId, 'Test Shop']);
  const applicationId = await anApplicationRow(database, merchantId, 100_000);
  const intent = { intentKey: `${applicationId}:purchase`, applicationId, merchantId, kind: 'purchase', amountVnd: 100_000 } as const;
  const accept = async (contractNumber: string) =>
    database.withTransaction(async (tx) => acceptTransaction(tx, { ...intent, contractNumber }));

  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, async () => accept('TS0000000001')));
  for (const other of others) assert.equal(other.transactionId, first?.transactionId);
  assert.equal([first, ...others].filter((one) => one?.created).length, 1);
  assert.equal((await database.query('select 1 from outbox')).rowCount, 1);
  await assert.rejects(accept('TS0000000002'), /same intent/, 'the same intent with other terms is a mistake of the caller');
});

test('a settled transaction cannot be changed by anybody, not even by a statement of ours', async (t) => {
  const world = await aWorld(t);
  const [accepted] = await world.accept(1);
  await world.aRelay();
  await world.aPool();
  await bookedExactlyOnce(world, accepted ? [accepted] : []);
  const change = async (set: string) => world.database.query(`update transactions set ${set} where id = $1`, [accepted?.transactionId]);
  await assert.rejects(change(`status = 'rejected'`), /never changes/);
  await assert.rejects(change(`auth_code = '000000'`), /never changes/);
});

test('two relays and three pools book each of 300 purchases once, duplicates and all', async (t) => {
  const world = await aWorld(t);
  const accepted = await world.accept(300);
  // Every tenth message comes once more, from outside of the outbox.
  for (const relay of [1, 2]) await world.aRelay({ name: `relay-${relay}` });
  await publishRaw(
    world,
    accepted.filter((_, n) => n % 10 === 0).map((one) => ({ body: messageOf(one), messageId: newId('outbox') })),
  );
  for (const pool of [1, 2, 3]) await world.aPool({ name: `pool-${pool}` });
  await bookedExactlyOnce(world, accepted, 180_000);
  assert.equal(world.told.length, 300, 'each workflow heard once');
  await soon(() => {
    const copies = world.handled.filter((handled) => handled.kind !== 'settled').length;
    assert.ok(copies >= 30, 'every copy was recognised');
  });
});
