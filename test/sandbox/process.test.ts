// The sandbox as a process: it survives a kill with its books whole, starts twice at once, and never in production.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { createCreditBureau } from '../../adapters/cic/client.ts';
import { createCardCore } from '../../adapters/way4/client.ts';
import { nationalIdFor } from '../../sandbox/sentinels.ts';
import { freshDatabase } from '../support/database.ts';
import type { FreshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { sandboxKeys } from '../support/sandbox.ts';

const call = { reference: 'app_test' };
const limits = { timeoutMs: 20_000, connectTimeoutMs: 5_000, answerMaxBytes: 100_000 };
const entry = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));

let database: FreshDatabase;
const running: ChildProcess[] = [];

before(async () => {
  database = await freshDatabase();
});
after(async () => {
  for (const child of running) child.kill('SIGKILL');
  await database.close();
});

function spawnSandbox(env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      DATABASE_URL: database.url,
      PORT: '0',
      TRASAU_ENV: 'test',
      REKOGNITION_MODE: 'scripted',
      AWS_ACCESS_KEY_ID: sandboxKeys.awsCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandboxKeys.awsCredentials.secretAccessKey,
      CIC_API_KEY: sandboxKeys.cicApiKey,
      CIC_CALLBACK_SECRET: sandboxKeys.cicCallbackSecret,
      SMS_API_KEY: sandboxKeys.smsApiKey,
      SMS_API_SECRET: sandboxKeys.smsApiSecret,
      ...env,
    },
  });
  running.push(child);
  return child;
}

async function ready(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /"url":"([^"]+)"/.exec(line)?.[1];
    if (url) {
      // Read on, so that the pipe never fills up.
      child.stdout.resume();
      return url;
    }
  }
  throw new Error('the sandbox ended before it was ready');
}

test('a killed sandbox comes back with its clients, contracts, bookings, codes and inquiries', async () => {
  const first = spawnSandbox();
  const url = await ready(first);
  const core = createCardCore({ ...limits, baseUrl: `${url}/way4` });
  const phone = '+84981234567';
  await core.createClient(
    {
      clientNumber: 'C1',
      regNumber: 'RC1',
      nationalId: '079199990001',
      fullName: 'Nguyễn Thử',
      dateOfBirth: '1999-01-01',
      phone,
      address: 'Hà Nội',
    },
    call,
  );
  await core.createContract(
    { contractNumber: 'K1', clientNumber: 'C1', regNumber: 'RK1', limitVnd: 5_000_000, openedOn: '2026-01-02' },
    call,
  );
  const terms = { amountVnd: 100_000, merchantId: 'mrc_1', merchantName: 'Shop', contractNumber: 'K1', documentSha256: 'a'.repeat(64) };
  const challenge = await core.requestOtp({ requestId: 'otp_1', clientNumber: 'C1', terms }, call);
  const purchase = {
    rrn: '000000000001',
    contractNumber: 'K1',
    merchantId: 'mrc_1',
    merchantName: 'Shop',
    amountVnd: 100_000,
    at: '2026-01-02T03:04:05Z',
  };
  const booking = await core.purchase(purchase, call);
  const bureau = createCreditBureau({
    ...limits,
    baseUrl: `${url}/cic`,
    apiKey: sandboxKeys.cicApiKey,
    callbackUrl: 'http://127.0.0.1:1/',
  });
  const nationalId = nationalIdFor('pollOnly', { dateOfBirth: '1999-01-01', gender: 'female' });
  const subject = { nationalId, fullName: 'Nguyễn Thử', dateOfBirth: '1999-01-01' };
  const { inquiryId } = await bureau.requestReport({ requestId: 'crp_1', subject, consentId: 'cst_1' }, call);
  first.kill('SIGKILL');
  await once(first, 'exit');

  const urlAgain = await ready(spawnSandbox());
  const coreAgain = createCardCore({ ...limits, baseUrl: `${urlAgain}/way4` });
  const { contractNumber, amountVnd } = purchase;
  assert.deepEqual(await coreAgain.findPurchase(purchase.rrn, call), { ...booking, contractNumber, amountVnd });
  assert.equal((await coreAgain.findContract('K1', call))?.availableVnd, 4_900_000);
  const messages = (await (await fetch(`${urlAgain}/phone/messages?phone=${encodeURIComponent(phone)}`)).json()) as {
    messages: { text: string }[];
  }; // the sandbox's own JSON
  const code = /OTP (\d{6})/.exec(messages.messages[0]?.text ?? '')?.[1] ?? '';
  assert.deepEqual(await coreAgain.verifyOtp({ challengeId: challenge.challengeId, code, terms }, call), { kind: 'verified' });
  const again = createCreditBureau({
    ...limits,
    baseUrl: `${urlAgain}/cic`,
    apiKey: sandboxKeys.cicApiKey,
    callbackUrl: 'http://127.0.0.1:1/',
  });
  const answer = await eventually('the inquiry is answered', async () => {
    const read = await again.readReport(inquiryId, call);
    return read.kind !== 'pending' && read;
  });
  assert.equal(answer.kind, 'hit');
});

test('two sandboxes that start at once on an empty database both become ready', async () => {
  const empty = await freshDatabase();
  try {
    const children = [spawnSandbox({ DATABASE_URL: empty.url }), spawnSandbox({ DATABASE_URL: empty.url })];
    for (const url of await Promise.all(children.map(ready))) assert.equal((await fetch(`${url}/health/ready`)).status, 200);
    for (const child of children) {
      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), [0, null], 'it stops cleanly when it is told to');
    }
  } finally {
    await empty.close();
  }
});

test('the sandbox refuses to start in production, and says why', async () => {
  const child = spawnSandbox({ TRASAU_ENV: 'production' });
  const complaints: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
  assert.deepEqual(await once(child, 'close'), [1, null]);
  assert.match(complaints.join(''), /must not run in production/);
});

test('no log line of the sandbox holds a name, a number, a phone or a code', async () => {
  const child = spawnSandbox();
  const lines: string[] = [];
  const url = await ready(child);
  child.stdout?.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const core = createCardCore({ ...limits, baseUrl: `${url}/way4` });
  const phone = '+84987654321';
  await core.createClient(
    {
      clientNumber: 'C2',
      regNumber: 'RC2',
      nationalId: '079199995501',
      fullName: 'Trần Ẩn Danh',
      dateOfBirth: '1999-01-01',
      phone,
      address: 'Hà Nội',
    },
    call,
  );
  await core.createContract(
    { contractNumber: 'K2', clientNumber: 'C2', regNumber: 'RK2', limitVnd: 5_000_000, openedOn: '2026-01-02' },
    call,
  );
  const terms = { amountVnd: 100_000, merchantId: 'mrc_1', merchantName: 'Shop', contractNumber: 'K2', documentSha256: 'a'.repeat(64) };
  await core.requestOtp({ requestId: 'otp_2', clientNumber: 'C2', terms }, call);
  const page = await (await fetch(`${url}/phone/messages?phone=${encodeURIComponent(phone)}`)).text();
  const code = /OTP (\d{6})/.exec(page)?.[1] ?? 'no code';
  await eventually('the calls are logged', () => lines.join('').includes('requestOtp'));
  for (const secret of ['Trần', '079199995501', phone, phone.slice(1), code]) assert.ok(!lines.join('').includes(secret));
});
