// The saga at WAY4 itself: the real workflow and the real steps at the sandbox, which keeps books as a core does. Whatever fails, loses its
// answer or is repeated, and wherever the customer is left, nothing stays open in those books.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createCardCore } from '../../adapters/way4/client.ts';
import { vendorLimits } from '../../config/limits.ts';
import { applicationWorkflowId, status } from '../../workflows/messages.ts';
import type { FaultOrder } from '../../sandbox/faults.ts';
import { aWorld as withDatabase } from '../activities/world.ts';
import { lateAccountsOf } from '../../workers/late-accounts.ts';
import { eventually } from '../support/eventually.ts';
import { forget } from '../support/forget.ts';
import { startSandbox } from '../support/sandbox.ts';
import { createStage } from './stage.ts';
import { aWorld, reach, walk } from './world.ts';
import type { WalkTo, World } from './world.ts';

const sandbox = await startSandbox();
const cardCore = createCardCore({ ...vendorLimits, baseUrl: sandbox.way4Url, timeoutMs: vendorLimits.way4TimeoutMs });
const { activities, database, store, anApplicant } = await withDatabase({ cardCore });
const { closeLateAccounts } = lateAccountsOf(database, cardCore, () => {});
const { createClient, createContract, closeContract, closeClient } = activities;
const stage = createStage({
  acceptOffer: async ({ applicationId }) => {
    await store.withTransaction(async (tx) => store.agreements.planAccount(tx, applicationId, 5_000_000));
    return { kind: 'accepted' };
  },
  createClient,
  createContract,
  closeContract,
  closeClient,
});

let world: World;
const endings: (() => unknown)[] = [];
before(async () => {
  world = await aWorld({ after: (end) => void (typeof end === 'function' && endings.push(end as () => unknown)) }, { stage }); // aWorld passes functions without arguments
});
after(async () => {
  for (const end of endings) await end();
  await sandbox.close();
});

/** A customer with an application of their own, who has come this far. */
async function aCustomer(step: WalkTo) {
  const { applicationId } = await anApplicant();
  const ref = { applicationId, merchantId: 'mrc_1', amountVnd: 3_000_000, status: 'created' } as const;
  await world.commands.start(ref);
  const handle = world.client.workflow.getHandle(applicationWorkflowId(applicationId));
  await walk({ commands: world.commands, ref, handle }, step);
  return { ref, handle };
}

type Customer = Awaited<ReturnType<typeof aCustomer>>;

/** What WAY4 has open for this customer. */
async function openAtWay4({ ref }: Customer): Promise<string[]> {
  const account = await store.agreements.requiredAccount(store, ref.applicationId);
  const { clients, contracts, purchases } = await sandbox.state();
  const isOpen = ({ status }: { status: string }): boolean => status !== 'closed';
  return [
    ...clients.filter((each) => each.clientNumber === account.client_number && isOpen(each)).map(() => 'client'),
    ...contracts.filter((each) => each.contractNumber === account.contract_number && isOpen(each)).map(() => 'contract'),
    ...purchases.filter(({ contractNumber }) => contractNumber === account.contract_number).map(() => 'purchase'),
  ];
}

const goesWrong = async (operation: string, fault: FaultOrder['fault'], times: number): Promise<void> =>
  sandbox.fault({ vendor: 'way4', operation, fault, times });

const cancel = async ({ ref }: Customer) =>
  world.commands.cancel(ref, 'cancel', { by: 'operations', actor: 'staff:mai', requestId: 'req_1', approvedBy: 'staff:lan' });

async function endsClean(customer: Customer, what: string): Promise<void> {
  assert.equal((await customer.handle.result()).status, 'canceled', what);
  assert.deepEqual(await openAtWay4(customer), [], what);
}

const forGood = 99;

test('fail each step: activation that fails or loses its answer at any call leaves nothing open when it is canceled', async () => {
  const faults: Record<string, FaultOrder['fault'][]> = {
    findClient: ['fail'],
    addClient: ['fail', 'drop_after_commit', 'garbage'],
    findContract: ['garbage'],
    addContract: ['fail', 'drop_after_commit'],
    setLimit: ['fail', 'drop_after_commit'],
  };
  for (const [operation, fault] of Object.entries(faults).flatMap(([name, all]) => all.map((each) => [name, each] as const))) {
    const customer = await aCustomer('offer');
    await goesWrong(operation, fault, forGood);
    await world.commands.acceptOffer(customer.ref, 'offer', { offerHash: 'offer' });
    await eventually('the step waits for staff, or was found to be done', async () => {
      const { awaits, step } = await customer.handle.query(status);
      return awaits === 'staff' || step === 'contract';
    });
    await sandbox.clearFaults();
    await cancel(customer);
    await endsClean(customer, `${operation} ${fault}`);
  }
});

test('partial success: a client without a contract is closed again', async () => {
  const customer = await aCustomer('offer');
  await goesWrong('addContract', 'drop_before', forGood);
  await world.commands.acceptOffer(customer.ref, 'offer', { offerHash: 'offer' });
  await reach(customer.handle, { awaits: 'staff' });
  assert.deepEqual(await openAtWay4(customer), ['client']);
  await sandbox.clearFaults();
  await cancel(customer);
  await endsClean(customer, 'client without contract');
});

test('repeat each step: a call that WAY4 did twice, or whose answer was lost once, opens one client and one contract', async () => {
  for (const operation of ['addClient', 'addContract', 'setLimit']) {
    for (const fault of ['answer_twice', 'drop_after_commit'] as const) {
      const customer = await aCustomer('offer');
      await goesWrong(operation, fault, 1);
      await world.commands.acceptOffer(customer.ref, 'offer', { offerHash: 'offer' });
      await reach(customer.handle, { step: 'contract' });
      assert.deepEqual(await openAtWay4(customer), ['client', 'contract'], `${operation} ${fault}`);
      await cancel(customer);
      await endsClean(customer, `${operation} ${fault}`);
    }
  }
});

test('fail and repeat each undo, at every stage: it is done again by itself, or waits for staff and is clean after their retry', async () => {
  const plan = [
    ['contract', 'closeContract', 'fail'],
    ['contract', 'closeClient', 'drop_after_commit'],
    ['purchase', 'closeContract', 'drop_after_commit'],
    ['purchase', 'closeClient', 'fail'],
    ['otp', 'closeContract', 'answer_twice'],
    ['otp', 'closeClient', 'answer_twice'],
  ] as const;
  for (const [step, operation, fault] of plan) {
    const customer = await aCustomer(step);
    assert.deepEqual(await openAtWay4(customer), ['client', 'contract']);
    await goesWrong(operation, fault, fault === 'fail' ? forGood : 1);
    await cancel(customer);
    if (fault === 'fail') {
      await reach(customer.handle, { awaits: 'staff' });
      await sandbox.clearFaults();
      await world.commands.retryStep(customer.ref, 'retry', { actor: 'staff:mai', requestId: 'req_1' });
    }
    await endsClean(customer, `${step} ${operation} ${fault}`);
  }
});

async function closedLate({ ref }: Customer): Promise<unknown[]> {
  const { rows } = await database.query<{ change: { half: string } }>(
    `select change from audit_log where application_id = $1 and action = 'account.closed_late'`,
    [ref.applicationId],
  );
  return rows.map(({ change }) => change.half);
}

test('late: a client that WAY4 makes when the application has long ended is found, closed and put down', async () => {
  const customer = await aCustomer('offer');
  await goesWrong('addClient', 'late', forGood);
  await world.commands.acceptOffer(customer.ref, 'offer', { offerHash: 'offer' });
  await reach(customer.handle, { awaits: 'staff' });
  await cancel(customer);
  await endsClean(customer, 'WAY4 has not begun yet');
  await sandbox.clearFaults();
  assert.deepEqual(await openAtWay4(customer), ['client'], 'WAY4 was late');
  assert.equal((await closeLateAccounts()).closed, 1);
  assert.deepEqual([await openAtWay4(customer), await closedLate(customer)], [[], ['client']]);
  assert.equal((await closeLateAccounts()).closed, 0, 'a second look finds nothing');
});

for (const known of ['active', 'planned'])
  test(`a run that was set back to before it opened an account, and ends without knowing of it: the account, ${known} in our books, is closed and put down`, async () => {
    const customer = await aCustomer('contract');
    await forget(world.client, customer.handle.workflowId, 'acceptOffer');
    await cancel(customer);
    await customer.handle.result();
    await database.query('update accounts set client_status = $2, contract_status = $2 where application_id = $1', [
      customer.ref.applicationId,
      known,
    ]);
    assert.deepEqual(await openAtWay4(customer), ['client', 'contract'], 'the run undid nothing');
    assert.equal((await closeLateAccounts()).closed, 0, 'not before the application has ended in our books');
    await store.withTransaction(async (tx) =>
      store.applications.advance(tx, customer.ref.applicationId, { status: 'canceled', step: 'end' }),
    );
    assert.equal((await closeLateAccounts()).closed, 2);
    await endsClean(customer, 'set back');
    assert.deepEqual(await closedLate(customer), ['contract', 'client']);
    assert.equal((await closeLateAccounts()).closed, 0, 'a second look finds nothing');
  });

/** A customer whose contract WAY4 opened between the undo of the contract, which found none, and that of the client, which waits for staff. */
async function aLateContract(): Promise<Customer> {
  const customer = await aCustomer('offer');
  await goesWrong('addContract', 'late', forGood);
  await world.commands.acceptOffer(customer.ref, 'offer', { offerHash: 'offer' });
  await reach(customer.handle, { awaits: 'staff' });
  await goesWrong('closeClient', 'fail', forGood);
  await cancel(customer);
  await eventually('the undo of the client waits for staff', async () => {
    const { attention } = await customer.handle.query(status);
    return attention?.activity === 'closeClient';
  });
  await sandbox.clearFaults();
  assert.deepEqual(await openAtWay4(customer), ['client', 'contract'], 'WAY4 was late');
  return customer;
}

test('late: a contract that WAY4 opens between the undo of the contract and that of the client is closed with the client', async () => {
  const customer = await aLateContract();
  await world.commands.retryStep(customer.ref, 'retry', { actor: 'staff:mai', requestId: 'req_1' });
  await endsClean(customer, 'the undo of the client closes the contract too');
});

test('late: a contract whose undo found none is closed by the next look, while its client waits for staff', async () => {
  const customer = await aLateContract();
  await closeLateAccounts();
  assert.deepEqual([await openAtWay4(customer), await closedLate(customer)], [['client'], ['contract']]);
  await world.commands.retryStep(customer.ref, 'retry', { actor: 'staff:mai', requestId: 'req_1' });
  await endsClean(customer, 'the client follows');
});
