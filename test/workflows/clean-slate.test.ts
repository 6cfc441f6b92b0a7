// The saga: whatever step fails, loses its answer or is repeated, and wherever the application is ended, the bank is left with
// nothing that nobody owns.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStage } from './stage.ts';
import type { Trouble } from './stage.ts';
import { aWorld } from './world.ts';
import type { World } from './world.ts';

const activation = ['createClient', 'createContract'] as const;
const undos = ['closeContract', 'closeClient'] as const;

async function acceptsAndIsCanceled(world: World): Promise<void> {
  await world.walksTo('offer');
  await world.commands.acceptOffer(world.ref, 'offer', { offerHash: 'offer' });
  await world.reaches({ awaits: 'staff' });
  await world.commands.cancel(world.ref, 'cancel', { by: 'operations', actor: 'staff:mai', approvedBy: 'staff:lan' });
  assert.equal((await world.result()).status, 'canceled');
}

test('fail each step: a customer is never left with a client or contract when activation fails at any step', async (t) => {
  for (const step of activation) {
    for (const kind of ['rejected', 'lostAnswer'] satisfies Trouble['kind'][]) {
      const stage = createStage();
      stage.trouble.set(step, { times: 99, kind });
      await acceptsAndIsCanceled(await aWorld(t, { stage }));
      assert.equal(stage.contracts.size + stage.clients.size, 0, `${step} ${kind}`);
    }
  }
});

test('repeat each step: a step whose answer is lost is done once, and the customer gets the contract', async (t) => {
  for (const step of [...activation, 'prepareContract', 'sealContract', 'requestOtp', 'handOffTransaction'] as const) {
    const stage = createStage();
    stage.trouble.set(step, { times: 1, kind: 'lostAnswer' });
    const world = await aWorld(t, { stage });
    await world.walksTo('handOff');
    await world.settles('posted');
    assert.equal((await world.result()).status, 'completed', step);
    assert.equal(stage.timesDone(step), 1, step);
    assert.equal(stage.transactions.size, 1);
  }
});

test('repeat each undo: an undo whose answer is lost is harmless when it is done again', async (t) => {
  for (const undo of undos) {
    const stage = createStage();
    stage.trouble.set(undo, { times: 1, kind: 'lostAnswer' });
    const world = await aWorld(t, { stage });
    await world.walksTo('contract');
    await world.commands.cancel(world.ref, 'cancel', { by: 'merchant', actor: 'merchant:mrc_1' });
    assert.equal((await world.result()).status, 'canceled');
    assert.equal(stage.contracts.size + stage.clients.size, 0, undo);
  }
});

test('a cancel at every step before the hand-off ends the application and leaves a clean slate', async (t) => {
  for (const step of ['start', 'identity', 'offer', 'contract', 'purchase', 'otp'] as const) {
    const world = await aWorld(t);
    if (step !== 'start') await world.walksTo(step);
    await world.commands.cancel(world.ref, 'cancel', { by: 'customer', actor: 'customer' });
    const result = await world.result();
    assert.deepEqual([result.status, result.reasons], ['canceled', ['CANCELED_BY_CUSTOMER']], step);
    assert.equal(world.stage.contracts.size + world.stage.clients.size + world.stage.transactions.size, 0, step);
  }
});

test('a cancel after the approval is refused, and the purchase comes to its end', async (t) => {
  const world = await aWorld(t);
  await world.walksTo('handOff');
  await assert.rejects(world.commands.cancel(world.ref, 'late', { by: 'customer', actor: 'customer' }), {
    code: 'POINT_OF_NO_RETURN',
    currentStatus: 'settling',
  });
  await world.settles('posted');
  assert.equal((await world.result()).status, 'completed');
});

test('a cancel and the right OTP at the same moment: one of them wins, never both', async (t) => {
  for (let round = 0; round < 4; round += 1) {
    const world = await aWorld(t);
    await world.walksTo('otp');
    const [canceled, approved] = await Promise.allSettled([
      world.commands.cancel(world.ref, 'cancel', { by: 'customer', actor: 'customer' }),
      world.commands.submitOtp(world.ref, 'otp', { code: '123456' }),
    ]);
    if (canceled.status === 'fulfilled') {
      assert.equal((await world.result()).status, 'canceled');
      assert.equal(world.stage.transactions.size, 0, 'a canceled purchase is never handed off');
    } else {
      assert.equal(approved.status, 'fulfilled');
      await world.reaches({ step: 'handOff' });
      await world.settles('posted');
      assert.equal((await world.result()).status, 'completed');
    }
  }
});
