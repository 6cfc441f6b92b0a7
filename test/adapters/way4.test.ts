// The contract of the CardCore port, kept by the WAY4 client against a core that speaks UFX over real HTTP and keeps real books.

import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { VendorFailure } from '../../domain/failures.ts';
import type { CoreContract, CorePurchase, NewClient, NewContract } from '../../domain/ports.ts';
import { coreSentinels } from '../../sandbox/sentinels.ts';
import { createVendorHttp } from '../../adapters/http.ts';
import { createCardCore } from '../../adapters/way4/client.ts';
import { purchaseDoc } from '../../adapters/way4/requests.ts';
import { createUfx } from '../../adapters/way4/ufx.ts';
import { defaultInstallation, docAnswer } from '../../adapters/way4/wire.ts';
import { aCore } from './way4-core.ts';

const call = { reference: 'app_test' };
const { sandbox, core } = await aCore();

function aClient(change: Partial<NewClient> = {}): NewClient {
  const id = randomUUID().slice(0, 8);
  return {
    clientNumber: `C${id}`,
    regNumber: `RC${id}`,
    nationalId: '079199990001',
    fullName: 'Nguyễn Thị Thử',
    dateOfBirth: '1999-01-01',
    phone: '+84901234567',
    address: '1 Đường Thử Nghiệm, Phường Mẫu, Hà Nội',
    ...change,
  };
}

function aContract(clientNumber: string, change: Partial<NewContract> = {}): NewContract {
  const id = randomUUID().slice(0, 8);
  return { contractNumber: `K${id}`, clientNumber, regNumber: `RK${id}`, limitVnd: 10_000_000, openedOn: '2026-01-02', ...change };
}

async function anOpenContract(limitVnd = 10_000_000): Promise<CoreContract> {
  const client = await core.createClient(aClient(), call);
  return core.createContract(aContract(client.clientNumber, { limitVnd }), call);
}

function aPurchase(contractNumber: string, amountVnd = 1_500_000): CorePurchase {
  const rrn = String(randomInt(100_000_000_000, 281_000_000_000_000)).padStart(12, '0').slice(0, 12);
  return { rrn, contractNumber, merchantId: 'mrc_test', merchantName: 'Cửa hàng Đông Á', amountVnd, at: '2026-01-02T03:04:05Z' };
}

async function attemptsOf(rrn: string): Promise<number | undefined> {
  return (await sandbox.state()).purchases.find((purchase) => purchase.rrn === rrn)?.attempts;
}

const failsAs = (kind: string, code?: string) => (error: unknown) =>
  error instanceof VendorFailure && error.vendor === 'way4' && error.kind === kind && (code === undefined || error.code === code);

test('a customer becomes a client with a contract whose whole limit is available', async () => {
  const client = aClient();
  assert.equal(await core.findClient(client.clientNumber, call), null);
  assert.deepEqual(await core.createClient(client, call), { clientNumber: client.clientNumber, status: 'active' });
  assert.deepEqual(await core.findClient(client.clientNumber, call), { clientNumber: client.clientNumber, status: 'active' });

  const contract = aContract(client.clientNumber, { limitVnd: 7_000_000 });
  assert.equal(await core.findContract(contract.contractNumber, call), null);
  const opened = await core.createContract(contract, call);
  const { contractNumber, clientNumber } = contract;
  assert.deepEqual(opened, { contractNumber, clientNumber, status: 'active', limitVnd: 7_000_000, availableVnd: 7_000_000 });
  assert.deepEqual(await core.findContract(contractNumber, call), opened);
});

test('a Vietnamese name reaches the core as it is written, markup and all', async () => {
  for (const fullName of ['Nguyễn Thị Hồng Đào', 'Lê Văn Ơ & <Con> "Gái"', "Ỷ Lan'", 'Đỗ', 'Nguyê\u0303n Thi\u0323 Ba']) {
    const client = await core.createClient(aClient({ fullName }), call);
    const known = (await sandbox.state()).clients.find(({ clientNumber }) => clientNumber === client.clientNumber);
    assert.equal(known?.name, fullName.normalize('NFC'));
  }
});

test('a repeated client or contract is a duplicate and changes nothing', async () => {
  const client = aClient();
  await core.createClient(client, call);
  await assert.rejects(core.createClient(client, call), failsAs('rejected', 'DUPLICATE'));
  await assert.rejects(core.createClient({ ...client, regNumber: `${client.regNumber}x` }, call), failsAs('rejected', 'DUPLICATE'));

  const contract = aContract(client.clientNumber);
  await core.createContract(contract, call);
  await assert.rejects(core.createContract(contract, call), failsAs('rejected', 'DUPLICATE'));
  const { clients, contracts } = await sandbox.state();
  assert.equal(clients.filter(({ clientNumber }) => clientNumber === client.clientNumber).length, 1);
  assert.equal(contracts.filter(({ clientNumber }) => clientNumber === client.clientNumber).length, 1);
});

test('a contract needs a client', async () => {
  await assert.rejects(core.createContract(aContract('C-nobody'), call), failsAs('rejected', '25'));
});

test('a contract whose limit was lost on the way is finished by calling again', async () => {
  for (const fault of ['drop_before', 'drop_after_commit'] as const) {
    const client = await core.createClient(aClient(), call);
    const contract = aContract(client.clientNumber);
    await sandbox.fault({ vendor: 'way4', operation: 'setLimit', fault });
    await assert.rejects(core.createContract(contract, call), failsAs('unknown'));
    await core.createContract(contract, call).catch((error: unknown) => assert.ok(failsAs('rejected', 'DUPLICATE')(error)));
    assert.equal((await core.findContract(contract.contractNumber, call))?.limitVnd, contract.limitVnd);
  }
});

test('closing leaves nothing open, and closing again or what never was is no failure', async () => {
  const contract = await anOpenContract();
  await core.closeContract(contract.contractNumber, call);
  await core.closeClient(contract.clientNumber, call);
  assert.equal((await core.findContract(contract.contractNumber, call))?.status, 'closed');
  assert.equal((await core.findClient(contract.clientNumber, call))?.status, 'closed');
  await core.closeContract(contract.contractNumber, call);
  await core.closeClient(contract.clientNumber, call);
  await core.closeContract('K-nobody', call);
  await core.closeClient('C-nobody', call);
});

test('a close whose answer was lost is done when it is called again', async () => {
  const contract = await anOpenContract();
  await sandbox.fault({ vendor: 'way4', operation: 'closeContract', fault: 'drop_after_commit' });
  await assert.rejects(core.closeContract(contract.contractNumber, call), failsAs('unknown'));
  await core.closeContract(contract.contractNumber, call);
  await sandbox.fault({ vendor: 'way4', operation: 'closeClient', fault: 'answer_twice' });
  await core.closeClient(contract.clientNumber, call);
  assert.equal((await core.findClient(contract.clientNumber, call))?.status, 'closed');
});

test('neither a client with an open contract nor a contract that owes money is closed', async () => {
  const contract = await anOpenContract();
  await assert.rejects(core.closeClient(contract.clientNumber, call), failsAs('rejected', '1770'));
  await core.purchase(aPurchase(contract.contractNumber), call);
  await assert.rejects(core.closeContract(contract.contractNumber, call), failsAs('rejected', '1770'));
});

test('a purchase is posted, takes from the limit, and is found by its RRN', async () => {
  const contract = await anOpenContract();
  const purchase = aPurchase(contract.contractNumber);
  assert.equal(await core.findPurchase(purchase.rrn, call), null);
  const booking = await core.purchase(purchase, call);
  assert.ok(booking.kind === 'posted');
  assert.match(booking.authCode, /^\d{6}$/);
  assert.equal(booking.availableVnd, 8_500_000);
  const { contractNumber, amountVnd } = purchase;
  assert.deepEqual(await core.findPurchase(purchase.rrn, call), { ...booking, contractNumber, amountVnd });
});

test('a purchase that the bank took back is found as such', async () => {
  const purchase = aPurchase((await anOpenContract()).contractNumber);
  await core.purchase(purchase, call);
  const http = createVendorHttp('way4', { baseUrl: sandbox.way4Url, timeoutMs: 20_000, connectTimeoutMs: 5_000, answerMaxBytes: 100_000 });
  const doc = purchaseDoc(defaultInstallation, purchase);
  const body = { ...doc, TransType: { TransCode: { MsgCode: defaultInstallation.msgCodes.purchaseReversal } } };
  await createUfx(http, defaultInstallation)({ type: 'Doc', body, answer: docAnswer, call });
  const found = await core.findPurchase(purchase.rrn, call);
  assert.deepEqual([found?.kind, found?.reversed], ['posted', true]);
});

test('a repeated purchase is a duplicate and books nothing more', async () => {
  const contract = await anOpenContract();
  const purchase = aPurchase(contract.contractNumber);
  await core.purchase(purchase, call);
  await assert.rejects(core.purchase(purchase, call), failsAs('rejected', 'DUPLICATE'));
  assert.equal((await core.findContract(contract.contractNumber, call))?.availableVnd, 8_500_000);
  assert.equal(await attemptsOf(purchase.rrn), 2);
});

test('a purchase whose answer is lost, late or nonsense is unknown, and its RRN tells that it was booked', async () => {
  const contract = await anOpenContract();
  const cases = [
    ['drop_after_commit', 'unknown'],
    ['slow', 'unknown'],
    ['garbage', 'garbage'],
  ] as const;
  for (const [fault, kind] of cases) {
    const purchase = aPurchase(contract.contractNumber, 100_000);
    await sandbox.fault({ vendor: 'way4', operation: 'purchase', fault });
    await assert.rejects(core.purchase(purchase, call), failsAs(kind), fault);
    assert.equal((await core.findPurchase(purchase.rrn, call))?.kind, 'posted', fault);
  }
  assert.equal((await core.findContract(contract.contractNumber, call))?.availableVnd, 9_700_000);
});

test('a purchase that never reached the core is not found, and may be sent again', async () => {
  const contract = await anOpenContract();
  for (const fault of ['drop_before', 'fail', 'throttle'] as const) {
    const purchase = aPurchase(contract.contractNumber, 100_000);
    await sandbox.fault({ vendor: 'way4', operation: 'purchase', fault });
    await assert.rejects(core.purchase(purchase, call), failsAs(fault === 'throttle' ? 'unavailable' : 'unknown'), fault);
    assert.equal(await core.findPurchase(purchase.rrn, call), null, fault);
    assert.equal((await core.purchase(purchase, call)).kind, 'posted', fault);
    assert.equal(await attemptsOf(purchase.rrn), 1, fault);
  }
});

test('a request that a proxy repeated is booked once', async () => {
  const contract = await anOpenContract();
  const purchase = aPurchase(contract.contractNumber);
  await sandbox.fault({ vendor: 'way4', operation: 'purchase', fault: 'answer_twice' });
  await assert.rejects(core.purchase(purchase, call), failsAs('rejected', 'DUPLICATE'));
  assert.equal((await core.findPurchase(purchase.rrn, call))?.kind, 'posted');
  assert.equal((await core.findContract(contract.contractNumber, call))?.availableVnd, 8_500_000);
});

test('a business refusal is an answer with the code of WAY4, and stays the answer', async () => {
  const contract = await anOpenContract(1_000_000);
  const closed = await anOpenContract();
  await core.closeContract(closed.contractNumber, call);
  const { limitExceeded, doNotHonour } = coreSentinels;
  const cases = [
    [aPurchase(contract.contractNumber, 1_000_001), '51'],
    [aPurchase('K-nobody'), '14'],
    [aPurchase(closed.contractNumber), '14'],
    [aPurchase(contract.contractNumber, limitExceeded.amountVnd), '51'],
    [aPurchase(contract.contractNumber, doNotHonour.amountVnd), '5'],
  ] as const;
  for (const [purchase, code] of cases) {
    const refusal = { kind: 'rejected', rrn: purchase.rrn, code };
    assert.deepEqual(await core.purchase(purchase, call), refusal);
    const { contractNumber, amountVnd } = purchase;
    assert.deepEqual(await core.findPurchase(purchase.rrn, call), { ...refusal, contractNumber, amountVnd });
  }
  assert.equal((await core.findContract(contract.contractNumber, call))?.availableVnd, 1_000_000);
});

test('the amounts of the sentinel table lose the answer or delay it, and the purchase is booked', async () => {
  const contract = await anOpenContract();
  for (const { amountVnd } of [coreSentinels.slow, coreSentinels.lostAnswer]) {
    const purchase = aPurchase(contract.contractNumber, amountVnd);
    await assert.rejects(core.purchase(purchase, call), failsAs('unknown'));
    assert.equal((await core.findPurchase(purchase.rrn, call))?.kind, 'posted');
  }
});

test('fifty purchases at once never exceed the limit, and the books add up', async () => {
  const contract = await anOpenContract(1_000_000);
  const purchases = Array.from({ length: 50 }, () => aPurchase(contract.contractNumber, 70_000));
  const patient = createCardCore({ baseUrl: sandbox.way4Url, timeoutMs: 20_000, connectTimeoutMs: 5_000, answerMaxBytes: 100_000 });
  const bookings = await Promise.all(purchases.map(async (purchase) => patient.purchase(purchase, call)));
  assert.equal(bookings.filter(({ kind }) => kind === 'posted').length, 14);
  assert.ok(bookings.every((booking) => booking.kind === 'posted' || booking.code === '51'));
  assert.equal((await core.findContract(contract.contractNumber, call))?.availableVnd, 20_000);
});

test('the same purchase sent ten times at once is booked once', async () => {
  const contract = await anOpenContract();
  const purchase = aPurchase(contract.contractNumber);
  const patient = createCardCore({ baseUrl: sandbox.way4Url, timeoutMs: 20_000, connectTimeoutMs: 5_000, answerMaxBytes: 100_000 });
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, async () => patient.purchase(purchase, call)));
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.ok(outcomes.every((outcome) => outcome.status === 'fulfilled' || failsAs('rejected', 'DUPLICATE')(outcome.reason)));
  assert.equal((await core.findContract(contract.contractNumber, call))?.availableVnd, 8_500_000);
  assert.equal(await attemptsOf(purchase.rrn), 10);
});

test('an inquiry that gets no answer is unavailable: asking again does no harm', async () => {
  for (const fault of ['drop_before', 'drop_after_commit', 'slow', 'fail', 'throttle'] as const) {
    await sandbox.fault({ vendor: 'way4', operation: 'findClient', fault });
    await assert.rejects(core.findClient('C-nobody', call), failsAs('unavailable'), fault);
  }
  await sandbox.fault({ vendor: 'way4', operation: 'findClient', fault: 'throttle' });
  await assert.rejects(core.findClient('C-nobody', call), (error) => error instanceof VendorFailure && error.retryAfterMs === 1_000);
});

test('a call that is aborted before it is sent is unavailable, and unknown afterwards', async () => {
  const contract = await anOpenContract();
  await assert.rejects(core.purchase(aPurchase(contract.contractNumber), { ...call, signal: AbortSignal.abort() }), failsAs('unavailable'));
  await sandbox.fault({ vendor: 'way4', operation: 'purchase', fault: 'slow' });
  const purchase = aPurchase(contract.contractNumber);
  await assert.rejects(core.purchase(purchase, { ...call, signal: AbortSignal.timeout(1_000) }), failsAs('unknown'));
});
