// The hand-off against a core that speaks WAY4's own format over real HTTP and keeps real books, while its answers get lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCardCore } from '../../adapters/way4/client.ts';
import { startSandbox } from '../support/sandbox.ts';
import { soon } from './support/soon.ts';
import { aWorld, fastPool } from './support/world.ts';

const call = { reference: 'test' };

test('purchases whose answers are cut off, late, doubled or nonsense are each taken from the limit once', async (t) => {
  const world = await aWorld(t);
  const sandbox = await startSandbox({ slowMs: 800 });
  world.afterwards(sandbox.close);
  const cardCore = createCardCore({ baseUrl: sandbox.way4Url, timeoutMs: 400, connectTimeoutMs: 300, answerMaxBytes: 100_000 });
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
  const contractNumber = 'TS0000000001';
  const limitVnd = 3_000_000;
  await cardCore.createContract({ contractNumber, clientNumber: 'C1', regNumber: 'RK1', limitVnd, openedOn: '2026-01-02' }, call);
  const faults = ['drop_after_commit', 'garbage', 'fail', 'drop_before', 'throttle', 'slow', 'answer_twice', 'drop_after_commit'] as const;
  for (const fault of faults) await sandbox.fault({ vendor: 'way4', fault });

  const accepted = await world.accept(20);
  await world.aRelay();
  await world.aPool({ cardCore, limits: { ...fastPool, claimLeaseMs: 1_500, coreTimeoutMs: 400 } });
  await soon(() => assert.equal(world.told.length, 20), 30_000);

  const { purchases } = await sandbox.state();
  assert.deepEqual(purchases.map((purchase) => purchase.rrn).toSorted(), accepted.map((one) => one.rrn).toSorted());
  assert.ok(purchases.every((purchase) => purchase.outcome === 'posted'));
  const contract = await cardCore.findContract(contractNumber, call);
  assert.equal(contract?.availableVnd, limitVnd - 20 * 100_000);
});
