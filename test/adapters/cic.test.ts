// The contract of the CreditBureau port, kept by the CIC client against a bureau that answers later, bills once and calls back signed.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { createCreditBureau } from '../../adapters/cic/client.ts';
import { callbackHeaders, readCicCallback, signCallback } from '../../adapters/cic/wire.ts';
import type { CicCallback } from '../../adapters/cic/wire.ts';
import { VendorFailure } from '../../domain/failures.ts';
import type { CreditBureau, CreditInquiry, CreditReportAnswer } from '../../domain/ports.ts';
import { nationalIdFor } from '../../sandbox/sentinels.ts';
import type { BureauSentinel } from '../../sandbox/sentinels.ts';
import { eventually } from '../support/eventually.ts';
import { sandboxKeys, startSandbox } from '../support/sandbox.ts';
import type { TestSandbox } from '../support/sandbox.ts';

const call = { reference: 'app_test' };
const timeoutMs = 2_000;
const limits = { timeoutMs, connectTimeoutMs: 1_000, answerMaxBytes: 100_000 };

let sandbox: TestSandbox;
let bureau: CreditBureau;
let lender: Server;
/** What arrived at the lender, already checked as the api checks it. */
const callbacks: CicCallback[] = [];

before(async () => {
  lender = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const header = (name: string): string => String(req.headers[name]);
      const body = Buffer.concat(chunks).toString();
      const { signature, timestamp } = callbackHeaders;
      callbacks.push(readCicCallback(body, header(signature), header(timestamp), sandboxKeys.cicCallbackSecret, new Date()));
      res.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(lender, 'listening');
  sandbox = await startSandbox({ slowMs: 2 * timeoutMs });
  bureau = createCreditBureau({ ...limits, baseUrl: sandbox.cicUrl, apiKey: sandboxKeys.cicApiKey, callbackUrl: lenderUrl() });
});
afterEach(async () => sandbox.clearFaults());
after(async () => {
  await sandbox.close();
  lender.closeAllConnections();
  lender.close();
});

function lenderUrl(): string {
  const address = lender.address();
  assert.ok(typeof address === 'object' && address);
  return `http://127.0.0.1:${address.port}/hooks/cic`;
}

function anInquiry(sentinel: BureauSentinel = 'good'): CreditInquiry {
  return {
    requestId: `crp_${randomUUID()}`,
    subject: {
      nationalId: nationalIdFor(sentinel, { dateOfBirth: '1999-01-01', gender: 'female' }),
      fullName: 'Nguyễn Thị Thử',
      dateOfBirth: '1999-01-01',
      phone: '+84901234567',
    },
    consentId: 'cst_test',
  };
}

async function answered(inquiryId: string): Promise<CreditReportAnswer> {
  return eventually('the inquiry is answered', async () => {
    const answer = await bureau.readReport(inquiryId, call);
    return answer.kind === 'pending' ? undefined : answer;
  });
}

/** Orders a fault for the next callback, once those of earlier inquiries are through. */
async function faultNextCallback(fault: 'answer_twice' | 'drop_before'): Promise<void> {
  await eventually('no callback is due', async () => (await sandbox.state()).inquiries.every((row) => !row.isCallbackDue));
  await sandbox.fault({ vendor: 'cic', operation: 'callback', fault });
}

const called = (requestId: string) => callbacks.filter((callback) => callback.kind === 'ok' && callback.requestId === requestId);

const failsAs = (kind: string, code?: string) => (error: unknown) =>
  error instanceof VendorFailure && error.vendor === 'cic' && error.kind === kind && (code === undefined || error.code === code);

test('an inquiry is pending, then a signed callback says that the report can be read', async () => {
  const inquiry = anInquiry();
  const pending = await bureau.requestReport(inquiry, call);
  assert.equal(pending.kind, 'pending');
  const [callback] = await eventually('the callback comes', () => called(inquiry.requestId).length > 0 && called(inquiry.requestId));
  assert.deepEqual(callback, { kind: 'ok', inquiryId: pending.inquiryId, requestId: inquiry.requestId });
  const answer = await bureau.readReport(pending.inquiryId, call);
  assert.ok(answer.kind === 'hit');
  assert.equal(answer.report.currentDebtGroup, 1);
  assert.deepEqual(await bureau.readReport(pending.inquiryId, call), answer, 'a report does not change between two readings');
});

test('each person of the sentinel table gets the answer that the table promises', async () => {
  const outcome = async (sentinel: BureauSentinel) => answered((await bureau.requestReport(anInquiry(sentinel), call)).inquiryId);
  const report = async (sentinel: BureauSentinel) => {
    const answer = await outcome(sentinel);
    assert.ok(answer.kind === 'hit', sentinel);
    return answer.report;
  };
  assert.equal((await outcome('thinFile')).kind, 'no_hit');
  assert.equal((await outcome('multipleMatch')).kind, 'multiple_match');
  assert.equal((await report('badDebt')).currentDebtGroup, 4);
  const recent = await report('recentBadDebt');
  assert.deepEqual([recent.currentDebtGroup, recent.worstGroup12m], [1, 3]);
  assert.equal((await report('lowScore')).score?.value, 250);
  assert.equal((await report('manyInquiries')).inquiries.d30, 12);
  const failed = await outcome('error');
  assert.equal(failed.kind === 'error' && failed.code, 'SOURCE_UNAVAILABLE');
  const immediate = await bureau.requestReport(anInquiry('atOnce'), call);
  assert.equal(immediate.kind, 'hit');
});

test('a report without a callback is found by polling', async () => {
  const inquiry = anInquiry('pollOnly');
  const { inquiryId } = await bureau.requestReport(inquiry, call);
  assert.equal((await answered(inquiryId)).kind, 'hit');
  assert.equal(called(inquiry.requestId).length, 0);
});

test('a bureau that is silent stays pending', async () => {
  const { inquiryId } = await bureau.requestReport(anInquiry('silent'), call);
  const other = anInquiry();
  await answered((await bureau.requestReport(other, call)).inquiryId);
  assert.equal((await bureau.readReport(inquiryId, call)).kind, 'pending', 'a later inquiry was answered, this one was not');
});

test('however often an inquiry is sent, it is one inquiry and one bill', async () => {
  const billedBefore = (await sandbox.state()).inquiriesBilled;
  const inquiry = anInquiry();
  await sandbox.fault({ vendor: 'cic', operation: 'inquire', fault: 'drop_after_commit' });
  await assert.rejects(bureau.requestReport(inquiry, call), failsAs('unavailable'));
  await sandbox.fault({ vendor: 'cic', operation: 'inquire', fault: 'answer_twice' });
  const first = await bureau.requestReport(inquiry, call);
  const repeats = await Promise.all(Array.from({ length: 5 }, async () => bureau.requestReport(inquiry, call)));
  assert.ok(repeats.every(({ inquiryId }) => inquiryId === first.inquiryId));
  assert.equal((await sandbox.state()).inquiriesBilled, billedBefore + 1);
});

test('a request id is never reused for somebody else', async () => {
  const inquiry = anInquiry('good');
  await bureau.requestReport(inquiry, call);
  await assert.rejects(
    bureau.requestReport({ ...anInquiry('thinFile'), requestId: inquiry.requestId }, call),
    failsAs('rejected', 'REQUEST_ID_REUSED'),
  );
});

test('a callback that comes twice, or not at all, changes nothing about the report', async () => {
  const twice = anInquiry();
  await faultNextCallback('answer_twice');
  await bureau.requestReport(twice, call);
  await eventually('the callback comes twice', () => called(twice.requestId).length === 2);
  const never = anInquiry();
  await faultNextCallback('drop_before');
  const { inquiryId } = await bureau.requestReport(never, call);
  await eventually('the bureau gives up calling', async () =>
    (await sandbox.state()).inquiries.some((row) => row.inquiryId === inquiryId && !row.isCallbackDue),
  );
  assert.equal(called(never.requestId).length, 0);
  assert.equal((await bureau.readReport(inquiryId, call)).kind, 'hit');
});

test('a bureau in trouble is unavailable, one that talks nonsense is garbage', async () => {
  for (const fault of ['slow', 'fail', 'throttle', 'drop_before', 'drop_after_commit'] as const) {
    await sandbox.fault({ vendor: 'cic', fault });
    await assert.rejects(bureau.requestReport(anInquiry(), call), failsAs('unavailable'), fault);
  }
  await sandbox.fault({ vendor: 'cic', fault: 'garbage' });
  await assert.rejects(bureau.requestReport(anInquiry(), call), failsAs('garbage'));
});

test('a refusal carries the code of the bureau', async () => {
  await assert.rejects(bureau.readReport('inq_nobody', call), failsAs('rejected', 'NOT_FOUND'));
  const stranger = createCreditBureau({ ...limits, baseUrl: sandbox.cicUrl, apiKey: 'wrong', callbackUrl: lenderUrl() });
  await assert.rejects(stranger.requestReport(anInquiry(), call), failsAs('rejected', 'UNAUTHORIZED'));
  const wrong = anInquiry();
  await assert.rejects(
    bureau.requestReport({ ...wrong, subject: { ...wrong.subject, nationalId: '12' } }, call),
    failsAs('rejected', 'INVALID_REQUEST'),
  );
});

test('a callback counts only with the right signature, a fresh timestamp and a whole body', () => {
  const secret = 'a secret of sixteen or more';
  const now = new Date('2026-01-02T03:04:05Z');
  const at = (offsetSeconds: number): string => String(now.getTime() / 1_000 + offsetSeconds);
  const body = JSON.stringify({ inquiryId: 'inq_1', requestId: 'crp_1' });
  const read = (raw: string, timestamp: string | undefined, signature: string | undefined): CicCallback =>
    readCicCallback(raw, signature, timestamp, secret, now);
  const signed = (raw: string, timestamp: string): CicCallback => read(raw, timestamp, signCallback(raw, timestamp, secret));

  for (const offset of [0, 299, -299]) assert.deepEqual(signed(body, at(offset)), { kind: 'ok', inquiryId: 'inq_1', requestId: 'crp_1' });
  for (const offset of [301, -301]) assert.deepEqual(signed(body, at(offset)), { kind: 'refused', why: 'stale' });
  for (const raw of ['', 'null', '{"half":', '[]', '{"inquiryId":"","requestId":"r"}', '{"inquiryId":1,"requestId":"r"}']) {
    assert.deepEqual(signed(raw, at(0)), { kind: 'refused', why: 'wrong_body' }, raw);
  }
  const right = signCallback(body, at(0), secret);
  for (const wrong of [
    signCallback(body, at(0), 'another secret'),
    signCallback(body, at(1), secret),
    `${right}0`,
    right.slice(7),
    'sha256=',
  ]) {
    assert.deepEqual(read(body, at(0), wrong), { kind: 'refused', why: 'wrong_signature' });
  }
  assert.deepEqual(read(`${body} `, at(0), right), { kind: 'refused', why: 'wrong_signature' });
  for (const [timestamp, signature] of [
    [undefined, right],
    [at(0), undefined],
    ['yesterday', right],
    ['', right],
  ] as const) {
    assert.deepEqual(read(body, timestamp, signature), { kind: 'refused', why: 'missing_header' });
  }
});
