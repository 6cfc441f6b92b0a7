// The simulated card core by itself, on the wire: what UFX promises and our client does not use today, and the one law of its books.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createCardCore } from '../../adapters/way4/client.ts';
import { readUfx } from '../../adapters/way4/wire.ts';
import { startSandbox } from '../support/sandbox.ts';
import type { TestSandbox } from '../support/sandbox.ts';

let sandbox: TestSandbox;
let nextRrn = 1;

before(async () => {
  sandbox = await startSandbox();
});
after(async () => sandbox.close());

const anRrn = (): string => String(nextRrn++).padStart(12, '0');

async function aContract(limitVnd = 1_000_000): Promise<string> {
  const core = createCardCore({ baseUrl: sandbox.way4Url, timeoutMs: 20_000, connectTimeoutMs: 5_000, answerMaxBytes: 100_000 });
  const id = randomUUID().slice(0, 8);
  const call = { reference: id };
  const [clientNumber, contractNumber] = [`C${id}`, `K${id}`];
  await core.createClient(
    {
      clientNumber,
      regNumber: `RC${id}`,
      nationalId: '079199990001',
      fullName: 'Nguyễn Thử',
      dateOfBirth: '1999-01-01',
      phone: '+84901234567',
      address: 'Hà Nội',
    },
    call,
  );
  await core.createContract({ contractNumber, clientNumber, regNumber: `RK${id}`, limitVnd, openedOn: '2026-01-02' }, call);
  return contractNumber;
}

function document(type: string, body: string): string {
  const scheme = type === 'Doc' ? 'WAY4Doc' : 'WAY4Appl';
  return `<?xml version="1.0" encoding="UTF-8"?><UFXMsg scheme="${scheme}" msg_type="${type}" version="2.3.81" direction="Rq">
    <MsgId>msg-1</MsgId><Source app="TEST"/><MsgData><${type}>${body}</${type}></MsgData></UFXMsg>`;
}

function docBody(msgCode: string, rrn: string, contract: string, amount: string, source = 'ACQ'): string {
  return `<TransType><TransCode><MsgCode>${msgCode}</MsgCode></TransCode></TransType>
    <DocRefSet><Parm><ParmCode>RRN</ParmCode><Value>${rrn}</Value></Parm></DocRefSet><LocalDt>2026-01-02 10:00:00</LocalDt>
    <Requestor><ContractNumber>${contract}</ContractNumber></Requestor><Source><ContractNumber>${source}</ContractNumber></Source>
    <Transaction><Currency>VND</Currency><Amount>${amount}</Amount></Transaction>`;
}

async function post(body: string): Promise<{ status: number; text: string; code: string | undefined }> {
  const response = await fetch(sandbox.way4Url, { method: 'POST', body, headers: { 'content-type': 'text/xml' } });
  const text = await response.text();
  return { status: response.status, text, code: /<RespCode>(\d+)<\/RespCode>/.exec(text)?.[1] };
}

async function book(msgCode: string, rrn: string, contract: string, amount: number, source?: string): Promise<string | undefined> {
  const answer = await post(document('Doc', docBody(msgCode, rrn, contract, String(amount), source)));
  assert.equal(answer.status, 200);
  return answer.code;
}

async function balancesOf(contract: string): Promise<{ limitVnd: number; postedVnd: number; blockedVnd: number; availableVnd: number }> {
  const found = (await sandbox.state()).contracts.find(({ contractNumber }) => contractNumber === contract);
  assert.ok(found);
  return found;
}

test('an answer echoes the request and ends with its Status', async () => {
  const contract = await aContract();
  const { text } = await post(document('Doc', docBody('02000R', anRrn(), contract, '1000.00')));
  const { direction, msgId, body } = readUfx(text);
  assert.deepEqual([direction, msgId], ['Rs', 'msg-1']);
  assert.match(text, /version="2\.3\.81".* resp_class="I" resp_code="0" resp_text="Successfully processed"/);
  assert.ok(text.includes('<Source app="TEST">') && text.includes('<LocalDt>2026-01-02 10:00:00</LocalDt>'));
  assert.ok(typeof body === 'object' && body !== null && Object.keys(body).at(-1) === 'Status');
});

test('a business error has HTTP 200, class Error, and the same code at the root', async () => {
  const { status, text, code } = await post(document('Doc', docBody('02000R', anRrn(), 'K-nobody', '1000')));
  assert.deepEqual([status, code], [200, '14']);
  assert.match(text, /resp_class="E" resp_code="14"/);
  assert.match(text, /<RespClass>Error<\/RespClass>/);
});

test('what is no UFX request is refused by HTTP, what is one but makes no sense with 1770', async () => {
  for (const body of ['', 'nonsense', '<a/>', '<!DOCTYPE a><a/>', document('Doc', '').replace('Rq', 'Rs')]) {
    assert.equal((await post(body)).status, 400, body);
  }
  const contract = await aContract();
  const wrong = [
    document('Doc', docBody('NO_SUCH_CODE', anRrn(), contract, '1')),
    document('Doc', docBody('02000R', '123', contract, '1')),
    ...['0', '-1', '1.5', 'NaN', '1e3', ''].map((amount) => document('Doc', docBody('02000R', anRrn(), contract, amount))),
    document('Doc', docBody('02000R', anRrn(), contract, '1').replace('VND', 'USD')),
    document('Application', '<RegNumber>1</RegNumber>'),
    document('Information', '<RegNumber>1</RegNumber>'),
  ];
  for (const body of wrong) assert.equal((await post(body)).code, '1770', body);
});

test('a document is recognised by message code, RRN and source contract together', async () => {
  const contract = await aContract();
  const rrn = anRrn();
  assert.equal(await book('02000R', rrn, contract, 1_000), '0');
  assert.equal(await book('02000R', rrn, contract, 1_000), '94');
  assert.equal(await book('02000R', rrn, contract, 2_000), '94');
  assert.equal(await book('02000R', rrn, contract, 1_000, 'OTHER-ACQ'), '0');
  assert.equal((await balancesOf(contract)).postedVnd, 2_000);
});

test('a reversal needs the original RRN and amount, and works once', async () => {
  for (const [code, reversal, column] of [
    ['02000R', '04200R', 'postedVnd'],
    ['auth_purchase', 'auth_purchase_rev', 'blockedVnd'],
  ] as const) {
    const contract = await aContract();
    const rrn = anRrn();
    assert.equal(await book(code, rrn, contract, 400_000), '0');
    assert.equal((await balancesOf(contract))[column], 400_000);
    assert.equal(await book(reversal, anRrn(), contract, 400_000), '25');
    assert.equal(await book(reversal, rrn, contract, 399_999), '1770');
    assert.equal(await book(reversal, rrn, await aContract(), 400_000), '25');
    assert.equal(await book(reversal, rrn, contract, 400_000), '0');
    assert.equal(await book(reversal, rrn, contract, 400_000), '79');
    assert.equal((await balancesOf(contract))[column], 0);
  }
});

test('two reversals at once give the money back once', async () => {
  const contract = await aContract();
  const rrn = anRrn();
  await book('02000R', rrn, contract, 400_000);
  const codes = await Promise.all(Array.from({ length: 6 }, async () => book('04200R', rrn, contract, 400_000)));
  assert.equal(codes.filter((code) => code === '0').length, 1);
  assert.equal(codes.filter((code) => code === '79').length, 5);
  assert.equal((await balancesOf(contract)).availableVnd, 1_000_000);
});

test('whatever is booked, held and reversed, available is limit less posted less blocked, and never below zero', async () => {
  const step = fc.record({
    code: fc.constantFrom('02000R', '04200R', 'auth_purchase', 'auth_purchase_rev'),
    which: fc.integer({ min: 0, max: 3 }),
    amount: fc.constantFrom(100_000, 350_000, 600_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (stepsTaken) => {
      const contract = await aContract();
      const rrns = Array.from({ length: 4 }, anRrn);
      await Promise.all(stepsTaken.map(async ({ code, which, amount }) => book(code, rrns[which] ?? '', contract, amount)));
      const { limitVnd, postedVnd, blockedVnd, availableVnd } = await balancesOf(contract);
      assert.equal(availableVnd, limitVnd - postedVnd - blockedVnd);
      assert.ok(availableVnd >= 0 && postedVnd >= 0 && blockedVnd >= 0);
      const booked = (await sandbox.state()).purchases.filter(
        (purchase) => purchase.contractNumber === contract && purchase.outcome === 'posted',
      );
      assert.equal(
        booked.reduce((sum, { amountVnd }) => sum + amountVnd, 0),
        postedVnd,
      );
    }),
    { numRuns: 12 },
  );
});
