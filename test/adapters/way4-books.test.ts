// The contract of the CardCoreBooks port: the list that reconciliation reads is whole, in order, and never has a hole.

import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { createCardCore } from '../../adapters/way4/client.ts';
import { VendorFailure } from '../../domain/failures.ts';
import type { CoreDocument } from '../../domain/ports.ts';
import { startSandbox } from '../support/sandbox.ts';
import type { TestSandbox } from '../support/sandbox.ts';

const call = { reference: 'reconciliation' };
const longAgo = new Date('2020-01-01T00:00:00Z');

let sandbox: TestSandbox;
let core: ReturnType<typeof createCardCore>;

before(async () => {
  sandbox = await startSandbox();
  core = createCardCore({ baseUrl: sandbox.way4Url, timeoutMs: 20_000, connectTimeoutMs: 5_000, answerMaxBytes: 1_000_000 });
});
afterEach(async () => sandbox.clearFaults());
after(async () => sandbox.close());

async function aContract(limitVnd: number): Promise<string> {
  const id = randomUUID().slice(0, 8);
  const person = { nationalId: '079199990001', fullName: 'Nguyễn Thị Thử', dateOfBirth: '1999-01-01', phone: '+84901234567' };
  await core.createClient({ ...person, clientNumber: `C${id}`, regNumber: `RC${id}`, address: '1 Đường Mẫu, Hà Nội' }, call);
  const contract = { contractNumber: `K${id}`, clientNumber: `C${id}`, regNumber: `RK${id}`, limitVnd, openedOn: '2026-01-02' };
  return (await core.createContract(contract, call)).contractNumber;
}

async function book(contractNumber: string, amountVnd: number): Promise<string> {
  const rrn = String(randomInt(100_000_000_000, 200_000_000_000));
  const shop = { merchantId: 'mrc_test', merchantName: 'Cửa hàng Đông Á', at: '2026-01-02T03:04:05Z' };
  await core.purchase({ rrn, contractNumber, amountVnd, ...shop }, call);
  return rrn;
}

async function everything(since: Date, limit: number): Promise<CoreDocument[]> {
  const documents: CoreDocument[] = [];
  for (let after: string | null = null; ;) {
    const page = await core.listPurchases({ since, after, limit }, call);
    documents.push(...page.documents);
    if (page.next === null) return documents;
    after = page.next;
  }
}

test('every purchase is listed once, oldest first, whatever the size of a page; a refused one as refused', async () => {
  assert.deepEqual(await core.listPurchases({ since: longAgo, after: null, limit: 10 }, call), { documents: [], next: null });
  const contractNumber = await aContract(1_000_000);
  const posted = [await book(contractNumber, 100_000), await book(contractNumber, 200_000), await book(contractNumber, 300_000)];
  const refused = await book(contractNumber, 900_000);
  for (const limit of [1, 2, 4, 100]) {
    const documents = await everything(longAgo, limit);
    assert.deepEqual(
      documents.map(({ rrn }) => rrn),
      [...posted, refused],
      `pages of ${limit}`,
    );
    assert.deepEqual(
      documents.map(({ status }) => status),
      ['posted', 'posted', 'posted', 'rejected'],
    );
    assert.deepEqual(
      documents.map(({ amountVnd }) => amountVnd),
      [100_000, 200_000, 300_000, 900_000],
    );
    assert.ok(documents.every((document) => document.contractNumber === contractNumber));
    assert.ok(documents.every(({ bookedAt }) => Math.abs(Date.parse(bookedAt) - Date.now()) < 60_000));
  }
  assert.deepEqual(await everything(new Date(Date.now() + 60_000), 10), []);
});

test('all that was booked under one RRN is listed when it is asked for, and nothing else', async () => {
  const contractNumber = await aContract(1_000_000);
  const [rrn] = [await book(contractNumber, 100_000), await book(contractNumber, 200_000)];
  const page = { since: longAgo, after: null, limit: 10 };
  const { documents } = await core.listPurchases({ ...page, rrn }, call);
  assert.deepEqual(
    documents.map((each) => [each.rrn, each.amountVnd]),
    [[rrn, 100_000]],
  );
  assert.deepEqual((await core.listPurchases({ ...page, rrn: '000000000000' }, call)).documents, []);
});

test('a list that is cut off, late or nonsense is a failure, and never a shorter list', async () => {
  const page = { since: longAgo, after: null, limit: 10 };
  const failsAs = (kind: string) => (error: unknown) => error instanceof VendorFailure && error.vendor === 'way4' && error.kind === kind;
  for (const [fault, kind] of [
    ['drop_after_commit', 'unavailable'],
    ['garbage', 'garbage'],
    ['fail', 'unavailable'],
  ] as const) {
    await sandbox.fault({ vendor: 'way4', operation: 'listPurchases', fault });
    await assert.rejects(core.listPurchases(page, call), failsAs(kind), fault);
  }
  await assert.rejects(core.listPurchases({ ...page, limit: 0 }, call), failsAs('rejected'));
});
