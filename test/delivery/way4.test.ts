// The hand-off against a core that speaks WAY4's own format over real HTTP and keeps real books, while its answers get lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCardCore } from '../../adapters/way4/client.ts';
import { defaultInstallation } from '../../adapters/way4/wire.ts';
import { listParked, renewParked, replayParked } from '../../db/parked.ts';
import { readTransaction } from '../../db/transactions.ts';
import { startSandbox } from '../support/sandbox.ts';
import { soon } from './support/soon.ts';
import { aWorld, fastPool } from './support/world.ts';
import type { World } from './support/world.ts';

const call = { reference: 'test' };
const limitVnd = 3_000_000;
const contractNumber = 'TS0000000001'; // of the purchases that a world accepts

/** A core with one customer and the contract, over the wire. */
async function aCore(world: World, sandboxOptions: Parameters<typeof startSandbox>[0] = {}) {
  const sandbox = await startSandbox(sandboxOptions);
  world.afterwards(sandbox.close);
  const cardCore = createCardCore({ baseUrl: sandbox.way4Url, timeoutMs: 20_000, connectTimeoutMs: 5_000, answerMaxBytes: 100_000 });
  await cardCore.createClient(
    {
      clientNumber: 'C1',
      regNumber: 'RC1',
      nationalId: '079199990001',
      fullName: 'Nguyễn Thị Thử',
      dateOfBirth: '1999-01-01',
      phone: '+84901234567',
      address: '1 Đường Thử Nghiệm, Phường Mẫu, Hà Nội',
    },
    call,
  );
  await cardCore.createContract({ contractNumber, clientNumber: 'C1', regNumber: 'RK1', limitVnd, openedOn: '2026-01-02' }, call);
  return { sandbox, cardCore };
}

test('purchases whose answers are cut off, late, doubled or nonsense are each taken from the limit once', async (t) => {
  const world = await aWorld(t);
  const { sandbox, cardCore } = await aCore(world, { slowMs: 3_000 });
  const hasty = createCardCore({ baseUrl: sandbox.way4Url, timeoutMs: 1_500, connectTimeoutMs: 1_500, answerMaxBytes: 100_000 });
  const faults = ['drop_after_commit', 'garbage', 'fail', 'drop_before', 'throttle', 'slow', 'answer_twice', 'drop_after_commit'] as const;
  for (const fault of faults) await sandbox.fault({ vendor: 'way4', fault });

  const accepted = await world.accept(20);
  await world.aRelay();
  await world.aPool({ cardCore: hasty, limits: { ...fastPool, claimLeaseMs: 4_000, coreTimeoutMs: 1_500 } });
  await soon(() => assert.equal(world.told.length, 20));

  const { purchases } = await sandbox.state();
  assert.deepEqual(purchases.map((purchase) => purchase.rrn).toSorted(), accepted.map((one) => one.rrn).toSorted());
  assert.ok(purchases.every((purchase) => purchase.outcome === 'posted'));
  const contract = await cardCore.findContract(contractNumber, call);
  assert.equal(contract?.availableVnd, limitVnd - 20 * 100_000);
});

const withBooks = (world: World) => ({ databaseUrl: world.databaseUrl, schema: 'sandbox' });

/** Purchases whose RRNs WAY4 knows already: the first with another amount, the second on another contract, the third as it is, but taken back. */
async function acceptTaken(world: World, cardCore: Awaited<ReturnType<typeof aCore>>['cardCore']) {
  const [ours, otherContract, takenBack] = await world.accept(3);
  assert.ok(ours && otherContract && takenBack);
  const shop = { merchantId: 'm', merchantName: 'Other Shop', at: '2026-01-02T03:04:05Z' };
  await cardCore.purchase({ rrn: ours.rrn, contractNumber, amountVnd: 100_001, ...shop }, call);
  await cardCore.createContract({ contractNumber: 'K2', clientNumber: 'C1', regNumber: 'RK2', limitVnd, openedOn: '2026-01-02' }, call);
  await cardCore.purchase({ rrn: otherContract.rrn, contractNumber: 'K2', amountVnd: 100_000, ...shop }, call);
  await cardCore.purchase({ rrn: takenBack.rrn, contractNumber, amountVnd: 100_000, ...shop }, call);
  await takeBack(world, takenBack.rrn);
  return [ours, otherContract, takenBack] as const;
}

test('a purchase whose RRN WAY4 knows from somebody else, or whose booking was taken back, is never taken for booked: a person gets it', async (t) => {
  const world = await aWorld(t);
  const { cardCore } = await aCore(world, withBooks(world));
  const taken = await acceptTaken(world, cardCore);
  await world.aRelay();
  await world.aPool({ cardCore });
  await soon(async () => {
    const { rows } = await world.database.query('select transaction_id, reason from parked_messages order by transaction_id');
    const parked = taken.map(({ transactionId }) => ({ transaction_id: transactionId, reason: 'OTHER_BOOKING' }));
    assert.deepEqual(
      rows,
      parked.toSorted((left, right) => (left.transaction_id < right.transaction_id ? -1 : 1)),
    );
  });
  assert.deepEqual(await statusesOf(world, taken), ['accepted', 'accepted', 'accepted']);
  assert.equal(world.told.length, 0);
});

const byTwo = { actor: 'staff:mai', approvedBy: 'staff:lan', reason: 'the RRN was used before the restore' };

test('under a new RRN a purchase is booked once, and not while the booking under its old one stands on its contract', async (t) => {
  const world = await aWorld(t);
  const { sandbox, cardCore } = await aCore(world, withBooks(world));
  const taken = await acceptTaken(world, cardCore);
  const [ours] = taken;
  await world.aRelay();
  await world.aPool({ cardCore });
  const waiting = async () => listParked(world.database, { openOnly: true, limit: 10 });
  await soon(async () => assert.equal((await waiting()).length, 3));
  for (const { id } of await waiting())
    assert.equal((await world.database.withTransaction(async (tx) => renewParked(tx, { id, ...byTwo }))).kind, 'renewed');
  await soon(async () => {
    assert.deepEqual(await statusesOf(world, taken), ['accepted', 'posted', 'posted']);
    assert.deepEqual(
      (await waiting()).map(({ transactionId, reason }) => [transactionId, reason]),
      [[ours.transactionId, 'OTHER_BOOKING']],
    );
  });

  await sendUnder(world, ours.rrn, ours.transactionId); // a message of before that was still on its way
  await soon(() => assert.ok(world.handled.some((each) => each.kind === 'duplicate' && each.transactionId === ours.transactionId)));
  assert.equal((await waiting()).length, 1);

  await takeBack(world, ours.rrn);
  const [parked] = await waiting();
  await world.database.withTransaction(async (tx) => replayParked(tx, { id: parked?.id ?? 0, ...byTwo }));
  await soon(async () => assert.deepEqual(await statusesOf(world, taken), ['posted', 'posted', 'posted']));
  const { purchases } = await sandbox.state();
  const rrns = await Promise.all(taken.map(async (each) => (await readTransaction(world.database, each.transactionId))?.rrn));
  for (const rrn of rrns) assert.equal(purchases.filter((each) => each.rrn === rrn && each.outcome === 'posted').length, 1);
  assert.equal(purchases.length, 6, 'the three of before, and ours once each');
});

async function statusesOf({ database }: World, accepted: readonly { transactionId: string }[]): Promise<(string | undefined)[]> {
  return Promise.all(accepted.map(async ({ transactionId }) => (await readTransaction(database, transactionId))?.status));
}

async function sendUnder({ database }: World, rrn: string, transactionId: string): Promise<void> {
  const body = { schemaVersion: 1, transactionId, rrn, kind: 'purchase' };
  await database.query(`insert into outbox (message_id, transaction_id, body) values ('late', $1, $2)`, [
    transactionId,
    JSON.stringify(body),
  ]);
}

/** What the bank does when it takes a booking back. */
async function takeBack({ database }: World, rrn: string): Promise<void> {
  await database.query(
    `insert into sandbox.docs (msg_code, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code)
     select $2, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code from sandbox.docs where rrn = $1`,
    [rrn, defaultInstallation.msgCodes.purchaseReversal],
  );
  await database.query('update sandbox.docs set reversed_at = now() where rrn = $1 and auth_code is not null', [rrn]);
}
