// What the desk between the Temporal UI of `npm start` and the api lets through: the UI's own pages, signed on as a developer, and nobody else.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { startPayloadDesk } from '../../infra/local/payload-desk.ts';
import { DEFAULT_PORTS, freePort } from '../../infra/local/ports.ts';

interface Asked {
  url: string | undefined;
  authorization: string | undefined;
  namespace: unknown;
  body: string;
}

const asked: Asked[] = [];
const api = await serves(async (request) => {
  const { authorization, 'x-namespace': namespace } = request.headers;
  asked.push({ url: request.url, authorization, namespace, body: await text(request) });
  return { payloads: [] };
});
const sandbox = await serves(async (request) => {
  const { username, scope } = Object.fromEntries(new URLSearchParams(await text(request)));
  return { access_token: `${username} with ${scope}` };
});
const ports = { ...DEFAULT_PORTS, api, sandbox, payloadDesk: await freePort(21_000, new Set()) };
after(await startPayloadDesk(ports));

const ui = `http://127.0.0.1:${ports.temporalUi}`;
const desk = async (path: string, { origin = ui, ...request }: RequestInit & { origin?: string } = {}) =>
  fetch(`http://127.0.0.1:${ports.payloadDesk}${path}`, { method: 'POST', ...request, headers: { origin, 'x-namespace': 'default' } });

test('what a page of the UI shows is opened by the api, for a developer who is signed on', async () => {
  const reply = await desk('/decode', { body: '{"payloads":[]}' });
  assert.deepEqual([reply.status, await reply.json()], [200, { payloads: [] }]);
  assert.equal(reply.headers.get('access-control-allow-origin'), ui);
  const authorization = 'Bearer developer with operations';
  assert.deepEqual(asked, [{ url: '/ops/v1/payloads/decode', authorization, namespace: 'default', body: '{"payloads":[]}' }]);
});

test('a page of elsewhere, another address, and more than one look needs come to nothing', async () => {
  const before = asked.length;
  assert.equal((await desk('/decode', { origin: 'http://elsewhere.example', body: '{}' })).status, 403);
  assert.equal((await desk('/decode', { origin: 'http://elsewhere.example', method: 'OPTIONS' })).status, 403);
  assert.equal((await desk('/encode', { body: '{}' })).status, 404);
  assert.equal((await desk('/decode', { method: 'GET' })).status, 404);
  assert.equal((await desk('/decode', { body: 'x'.repeat(2_000_000) })).status, 502);
  assert.equal(asked.length, before);
});

/** A server on a free port that answers everything with this, as JSON. */
async function serves(answer: (request: IncomingMessage) => Promise<unknown>): Promise<number> {
  const server = createServer((request, response) => {
    void answer(request).then((body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return (server.address() as AddressInfo).port; // it listens on a port
}
