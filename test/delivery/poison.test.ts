// Messages that cannot be right: each ends as one row that a person can read, none comes back for ever, and the pool goes on working.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../db/ids.ts';
import { messageKey } from '../../workers/parking.ts';
import { soon } from './support/soon.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { messageOf, publishRaw, readyMessages } from './support/messages.ts';
import { aWorld } from './support/world.ts';
import type { World } from './support/world.ts';

async function parkedReasons(world: World): Promise<Record<string, string>> {
  const { rows } = await world.database.query<{ message_id: string; reason: string }>('select message_id, reason from parked_messages');
  return Object.fromEntries(rows.map((row) => [row.message_id, row.reason]));
}

test('each kind of poison is parked with its reason, and good messages beside it are booked', async (t) => {
  const world = await aWorld(t);
  const [good, other] = await world.accept(2);
  assert.ok(good && other);
  const unknown = { transactionId: newId('transaction'), rrn: '000000000009' };
  const poison: Record<string, { body: string | Buffer; reason: string }> = {
    'not-json': { body: 'buy now', reason: 'MALFORMED' },
    'not-utf8': { body: Buffer.from([0xff, 0xfe, 0x00, 0x80]), reason: 'MALFORMED' },
    empty: { body: '', reason: 'MALFORMED' },
    'not-an-object': { body: '[]', reason: 'MALFORMED' },
    'nul-inside': { body: '{"transactionId":"a\\u0000b"}', reason: 'MALFORMED' },
    'an-amount': { body: messageOf(good, { amountVnd: 1 }), reason: 'MALFORMED' },
    'a-number-as-id': { body: messageOf(good, { transactionId: 7 }), reason: 'MALFORMED' },
    'next-version': { body: messageOf(good, { schemaVersion: 2 }), reason: 'UNKNOWN_VERSION' },
    'other-kind': { body: messageOf(good, { kind: 'lottery' }), reason: 'UNKNOWN_KIND' },
    'nobodys-transaction': { body: messageOf(unknown), reason: 'UNKNOWN_TRANSACTION' },
    'anothers-rrn': { body: messageOf({ ...good, rrn: other.rrn }), reason: 'DISAGREES' },
    // Whoever reads a long body to find that it is none of ours dies of a longer one.
    'ours-but-huge': { body: messageOf(good) + ' '.repeat(300_000), reason: 'MALFORMED' },
  };
  await world.aPool();
  await publishRaw(
    world,
    Object.entries(poison).map(([messageId, { body }]) => ({ messageId, body })),
  );
  await world.aRelay();
  const expected = Object.fromEntries(Object.entries(poison).map(([messageId, { reason }]) => [messageId, reason]));
  await soon(async () => assert.deepEqual(await parkedReasons(world), expected));
  await bookedExactlyOnce(world, [good, other]);
  await soon(async () => assert.equal(await readyMessages(world, world.topology.parked.name), 0, 'each has its row, none is left'));
});

test('a message without an id, sent twice, is one row', async (t) => {
  const world = await aWorld(t);
  await world.aPool();
  await publishRaw(world, [{ body: 'twice' }, { body: 'twice' }]);
  await soon(() => assert.equal(world.handled.filter((handled) => handled.kind === 'parked').length, 2));
  const reasons = await parkedReasons(world);
  assert.equal(Object.keys(reasons).length, 1);
  assert.match(Object.keys(reasons)[0] ?? '', /^sha256:[0-9a-f]{64}$/);
});

test('messages of others that share an id are each parked, also when they were delayed first', async (t) => {
  const world = await aWorld(t);
  let failures = 2;
  const faults = (point: string): void => {
    if (point === 'park.writing' && (failures -= 1) >= 0) throw new TypeError('the database is away');
  };
  await world.aPool({ faults });
  await publishRaw(world, [
    { body: 'one', messageId: 'used twice' },
    { body: 'two', messageId: 'used twice' },
  ]);
  await soon(async () => {
    const { rows } = await world.database.query<{ body: Buffer }>('select body from parked_messages');
    assert.deepEqual(rows.map(({ body }) => body.toString()).toSorted(), ['one', 'two']);
  });
  const [first, second] = Object.keys(await parkedReasons(world)).toSorted();
  assert.equal(first, 'used twice');
  assert.match(second ?? '', /^used twice#[0-9a-f]{64}$/);
  await soon(async () => assert.equal(await readyMessages(world, world.topology.parked.name), 0));
  assert.equal(Object.keys(await parkedReasons(world)).length, 2, 'whoever finds them again finds their rows');
});

test('on their way, messages of others are told apart by their bodies, and ours by the id that is given once', () => {
  const key = (messageId: string, body: string) => messageKey({ messageId, body: Buffer.from(body) });
  const [one, two] = [key('used twice', 'one'), key('used twice', 'two')];
  assert.notEqual(one, two);
  assert.equal(key(one, 'one'), one, 'a copy that comes back has the same key');
  const ours = newId('outbox');
  assert.equal(key(ours, messageOf({ transactionId: newId('transaction'), rrn: '000000000001' })), ours);
  assert.notEqual(key(ours, 'nonsense under an id of ours'), ours);
});

test('a message whose handler dies every time is parked by the broker after its limit, and found in the same table', async (t) => {
  const world = await aWorld(t, { deliveryLimit: 3 });
  const [accepted] = await world.accept(1);
  assert.ok(accepted);
  let deliveries = 0;
  const faults = (point: string): void => {
    if (point !== 'pool.delivered') return;
    deliveries += 1;
    throw new TypeError('a bug in a handler');
  };
  await world.aPool({ faults });
  await world.aRelay();
  await soon(async () => assert.deepEqual(Object.values(await parkedReasons(world)), ['DELIVERY_LIMIT']));
  assert.equal(deliveries, 4, 'the first delivery and three more');
  assert.equal(world.core.calls.length, 0);
});
