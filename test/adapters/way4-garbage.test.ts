// What the WAY4 client makes of a core that answers wrongly. Whatever comes, it is one of the five kinds of failure, never a crash and
// never a success; and nothing of the answer is repeated in the error.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createCardCore } from '../../adapters/way4/client.ts';
import { readUfx } from '../../adapters/way4/wire.ts';
import { readXml, writeXml } from '../../adapters/way4/xml.ts';
import { VendorFailure } from '../../domain/failures.ts';
import type { CardCore } from '../../domain/ports.ts';

const call = { reference: 'txn_test' };
const rrn = '000000000001';
const purchase = { rrn, contractNumber: 'K1', merchantId: 'mrc_1', merchantName: 'Shop', amountVnd: 1_000, at: '2026-01-02T03:04:05Z' };

let server: Server;
let core: CardCore;
let respond: RequestListener;

before(async () => {
  server = createServer((req, res) => respond(req, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  core = createCardCore({
    baseUrl: `http://127.0.0.1:${portOf(server)}`,
    timeoutMs: 2_000,
    connectTimeoutMs: 1_000,
    answerMaxBytes: 20_000,
  });
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function portOf(of: Server): number {
  const address = of.address();
  assert.ok(typeof address === 'object' && address);
  return address.port;
}

/** Answers each request with what `make` turns it into. */
function answering(make: (msgId: string) => string, headers: Record<string, string> = { 'content-type': 'text/xml' }, status = 200): void {
  respond = (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { msgId } = readUfx(Buffer.concat(chunks).toString());
      res.writeHead(status, headers).end(make(msgId));
    });
  };
}

function doc(
  msgId: string,
  change: { code?: string; rrn?: string; authCode?: string; available?: string; direction?: string } = {},
): string {
  const {
    code = '0',
    authCode = '<Parm><ParmCode>AuthCode</ParmCode><Value>123456</Value></Parm>',
    available = '5000',
    direction = 'Rs',
  } = change;
  return `<UFXMsg scheme="WAY4Doc" msg_type="Doc" version="2.3.81" direction="${direction}" resp_class="I" resp_code="0">
    <MsgId>${msgId}</MsgId><Source app="BANK"/><MsgData><Doc>
    <TransType><TransCode><MsgCode>02000R</MsgCode></TransCode></TransType>
    <DocRefSet><Parm><ParmCode>RRN</ParmCode><Value>${change.rrn ?? rrn}</Value></Parm>${authCode}</DocRefSet>
    <DataRs><Balances><Balance><Type>AVAILABLE</Type><Amount>${available}</Amount><Currency>VND</Currency></Balance></Balances></DataRs>
    <Status><RespClass>Information</RespClass><RespCode>${code}</RespCode></Status></Doc></MsgData></UFXMsg>`;
}

const failsAs = (kind: string, code?: string) => (error: unknown) =>
  error instanceof VendorFailure && error.kind === kind && (code === undefined || error.code === code);

test('another version of the interface, with balances named by Type, is understood', async () => {
  answering((msgId) => doc(msgId, { available: '5000.00' }));
  assert.deepEqual(await core.purchase(purchase, call), { kind: 'posted', rrn, authCode: '123456', availableVnd: 5_000 });
});

test('an answer that is not ours, not whole or not UFX is garbage, never a booking', async () => {
  const wrong: [string, (msgId: string) => string][] = [
    ['another message', () => doc('00000000-0000-0000-0000-000000000000')],
    ['another purchase', (msgId) => doc(msgId, { rrn: '000000000002' })],
    ['a request', (msgId) => doc(msgId, { direction: 'Rq' })],
    ['no authorization code', (msgId) => doc(msgId, { authCode: '' })],
    ['a balance with a fraction', (msgId) => doc(msgId, { available: '5000.5' })],
    ['a balance of words', (msgId) => doc(msgId, { available: 'plenty' })],
    ['no code', (msgId) => doc(msgId, { code: '' })],
    ['a code of words', (msgId) => doc(msgId, { code: 'OK' })],
    ['a cut-off document', (msgId) => doc(msgId).slice(0, 400)],
    ['two documents', (msgId) => doc(msgId) + doc(msgId)],
    ['two bookings in one message', (msgId) => doc(msgId).replace(/<Doc>.*<\/Doc>/s, '$&$&')],
    ['a DTD', (msgId) => `<!DOCTYPE UFXMsg [<!ENTITY x "0">]>${doc(msgId, { code: '&x;' })}`],
    ['an unknown entity', (msgId) => doc(msgId, { code: '&zero;' })],
    ['nothing', () => ''],
    ['JSON', () => '{"ok":true}'],
    ['a bomb of depth', () => '<a>'.repeat(3_000)],
    ['too much', (msgId) => doc(msgId) + ' '.repeat(30_000)],
  ];
  for (const [name, make] of wrong) {
    answering(make);
    await assert.rejects(core.purchase(purchase, call), failsAs('garbage'), name);
  }
});

test('a code that nobody agreed on is unknown where money moves, and never a success', async () => {
  for (const code of ['1', '99', '777', '00']) {
    answering((msgId) => doc(msgId, { code }));
    await assert.rejects(core.purchase(purchase, call), failsAs('unknown', `RESP_${code}`));
  }
});

test('a core that asks to try later does not say what it did before', async () => {
  for (const code of ['91', '96']) {
    answering((msgId) => doc(msgId, { code }).replace(/<DataRs>.*<\/DataRs>/s, ''));
    await assert.rejects(core.purchase(purchase, call), failsAs('busy', code));
    await assert.rejects(core.findPurchase(purchase.rrn, call), failsAs('unavailable', code));
  }
});

test('HTTP that is not a UFX answer says how much is known', async () => {
  const html = { 'content-type': 'text/html' };
  const cases: [number, Record<string, string>, string][] = [
    [200, html, 'garbage'],
    [200, {}, 'garbage'],
    [200, { 'content-type': 'text/xml', 'content-encoding': 'gzip' }, 'garbage'],
    [302, { location: 'http://127.0.0.1:1/' }, 'garbage'],
    [400, html, 'rejected'],
    [401, html, 'unavailable'],
    [403, html, 'unavailable'],
    [404, html, 'unavailable'],
    [429, html, 'unavailable'],
    [503, html, 'busy'],
    [500, html, 'unknown'],
    [502, html, 'unknown'],
    [504, html, 'unknown'],
  ];
  for (const [status, headers, kind] of cases) {
    answering((msgId) => doc(msgId), headers, status);
    await assert.rejects(core.purchase(purchase, call), failsAs(kind), String(status));
  }
});

test('an answer that is not UTF-8, or not HTTP, is garbage; one that ends half-way is unknown', async () => {
  respond = (_req, res) => res.writeHead(200, { 'content-type': 'text/xml' }).end(Buffer.from([0x3c, 0x61, 0xff, 0xfe]));
  await assert.rejects(core.purchase(purchase, call), failsAs('garbage', 'NOT_UTF8'));
  respond = (req) => req.socket.end('SMTP 220 hello\r\n\r\n');
  await assert.rejects(core.purchase(purchase, call), failsAs('garbage'));
  respond = (req, res) => {
    res.writeHead(200, { 'content-type': 'text/xml', 'content-length': '1000' }).write('<UFXMsg>');
    setImmediate(() => req.socket.destroy());
  };
  await assert.rejects(core.purchase(purchase, call), failsAs('unknown'));
  respond = (_req, res) => res.writeHead(200, { 'content-type': 'text/xml' }).write('<UFXMsg>');
  await assert.rejects(core.purchase(purchase, call), failsAs('unknown', 'ETIMEDOUT'));
});

test('a core that cannot be reached is unavailable: nothing was sent', async () => {
  const options = { timeoutMs: 20_000, connectTimeoutMs: 5_000, answerMaxBytes: 20_000 };
  for (const baseUrl of ['http://127.0.0.1:1', 'http://core.invalid', `https://127.0.0.1:${portOf(server)}`]) {
    await assert.rejects(createCardCore({ ...options, baseUrl }).purchase(purchase, call), failsAs('unavailable'), baseUrl);
  }
});

test('an error repeats neither what was sent nor what came back', async () => {
  answering(() => '<html>079199990001</html>');
  const error = await core.purchase({ ...purchase, merchantName: 'Secret Shop' }, call).catch((caught: unknown) => caught);
  const told = JSON.stringify(error, Object.getOwnPropertyNames(error));
  assert.ok(error instanceof VendorFailure);
  assert.ok(!told.includes('Secret Shop') && !told.includes('079199990001'));
});

test('any text survives XML, but for what XML cannot carry', () => {
  // White space at the ends is trimmed by design; control characters and lone surrogates cannot stand in XML at all.
  const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((value) => value.replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '').trim());
  fc.assert(
    fc.property(text, (value) => {
      assert.deepEqual(readXml(writeXml({ A: { '@b': value, C: value } })), {
        A: { '@b': value.normalize('NFC'), C: value.normalize('NFC') },
      });
    }),
  );
});

test('a document that is cut off in a tag is not well formed, and the error does not quote it', () => {
  for (const text of ['<x/', '<UFXMsg/', '<a><b/'])
    assert.throws(() => readXml(text), { name: 'SyntaxError', message: 'not well-formed XML' });
});

test('no bytes whatever crash the reader', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[<>/?!&;#xa"= -]{0,80}$/)), (text) => {
      try {
        assert.equal(typeof readUfx(text), 'object');
      } catch (error) {
        assert.ok(error instanceof SyntaxError);
      }
    }),
    { numRuns: 500 },
  );
});
