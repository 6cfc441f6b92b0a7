// The contract of the SmsGateway port, kept by the eSMS-shaped client; and the phone, where messages can be read.

import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { createSmsGateway } from '../../adapters/notify/client.ts';
import { VendorFailure } from '../../domain/failures.ts';
import type { SmsGateway, SmsMessage } from '../../domain/ports.ts';
import { phoneSentinels } from '../../sandbox/sentinels.ts';
import { sandboxKeys, startSandbox } from '../support/sandbox.ts';
import type { TestSandbox } from '../support/sandbox.ts';

const call = { reference: 'ntf_test' };
const timeoutMs = 2_000;
const limits = { timeoutMs, connectTimeoutMs: 1_000, answerMaxBytes: 100_000 };

let sandbox: TestSandbox;
let gateway: SmsGateway;

before(async () => {
  sandbox = await startSandbox({ slowMs: 2 * timeoutMs });
  gateway = createSmsGateway({ ...limits, baseUrl: sandbox.smsUrl, apiKey: sandboxKeys.smsApiKey, apiSecret: sandboxKeys.smsApiSecret });
});
afterEach(async () => sandbox.clearFaults());
after(async () => sandbox.close());

function aMessage(change: Partial<SmsMessage> = {}): SmsMessage {
  const phone = `+8498${randomInt(1_000_000, 9_999_999)}`;
  return { requestId: `ntf_${randomUUID()}`, phone, text: 'Trasau: hop dong cua ban da duoc ky.', ...change };
}

const failsAs = (kind: string, code?: string) => (error: unknown) =>
  error instanceof VendorFailure && error.vendor === 'sms' && error.kind === kind && (code === undefined || error.code === code);

test('a message arrives on the phone as it was written', async () => {
  const message = aMessage({ text: 'Trasau: 100% <ok> & "done"; a+b=c' });
  assert.equal(await gateway.send(message, call), 'accepted');
  assert.deepEqual(
    (await sandbox.messages(message.phone)).map(({ phone, text }) => ({ phone, text })),
    [{ phone: message.phone, text: message.text }],
  );
});

test('the phone rings once, however often a message is sent', async () => {
  const message = aMessage();
  await sandbox.fault({ vendor: 'sms', operation: 'send', fault: 'drop_after_commit' });
  await assert.rejects(gateway.send(message, call), failsAs('unavailable'));
  assert.equal(await gateway.send(message, call), 'duplicate');
  await Promise.all(Array.from({ length: 5 }, async () => gateway.send(message, call)));
  assert.equal((await sandbox.messages(message.phone)).length, 1);
});

test('a phone or a text that the gateway refuses is rejected with its code', async () => {
  const { templateRefused, invalidNumber } = phoneSentinels;
  await assert.rejects(gateway.send(aMessage({ phone: templateRefused.phone }), call), failsAs('rejected', '146'));
  await assert.rejects(gateway.send(aMessage({ phone: invalidNumber.phone }), call), failsAs('rejected', '99'));
  const stranger = createSmsGateway({ ...limits, baseUrl: sandbox.smsUrl, apiKey: 'wrong', apiSecret: 'wrong' });
  await assert.rejects(stranger.send(aMessage(), call), failsAs('rejected', '101'));
});

test('what cannot be one plain message to Vietnam is rejected before it is sent', async () => {
  const countBefore = (await sandbox.state()).messages;
  for (const text of ['', 'x'.repeat(161), 'Trả sau', 'two\nlines']) {
    await assert.rejects(gateway.send(aMessage({ text }), call), failsAs('rejected', 'TEXT_NOT_ASCII_160'));
  }
  for (const phone of ['0981234567', '+84', '+15551234567', '+849812345678']) {
    await assert.rejects(gateway.send(aMessage({ phone }), call), failsAs('rejected', 'PHONE_NOT_VIETNAMESE'));
  }
  assert.equal((await sandbox.state()).messages, countBefore);
});

test('a gateway in trouble is unavailable, one that talks nonsense is garbage', async () => {
  for (const fault of ['slow', 'fail', 'throttle', 'drop_before'] as const) {
    await sandbox.fault({ vendor: 'sms', fault });
    await assert.rejects(gateway.send(aMessage(), call), failsAs('unavailable'), fault);
  }
  await sandbox.fault({ vendor: 'sms', fault: 'garbage' });
  await assert.rejects(gateway.send(aMessage(), call), failsAs('garbage'));
});

test('the phone page shows the messages of one number, newest first, and no markup of theirs', async () => {
  const message = aMessage({ text: 'Trasau: first <script>alert(1)</script>' });
  await gateway.send(message, call);
  await gateway.send(aMessage({ phone: message.phone, text: 'Trasau: second' }), call);
  await gateway.send(aMessage({ text: 'Trasau: for somebody else' }), call);
  for (const [language, title] of [
    ['vi', 'Điện thoại thử nghiệm'],
    ['en', 'Sandbox phone'],
  ]) {
    const response = await fetch(`${sandbox.url}/phone?lang=${language}&phone=${encodeURIComponent(message.phone.replace('+84', '0'))}`);
    const page = await response.text();
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
    assert.ok(page.includes(title ?? ''));
    assert.ok(page.indexOf('second') > 0 && page.indexOf('second') < page.indexOf('first'));
    assert.ok(!page.includes('somebody else') && !page.includes('<script>'));
  }
});
