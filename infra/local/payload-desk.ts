// Lets the Temporal UI of `npm start` show payloads. The development server's UI has no sign-on and so no token to pass on, and the api opens
// nothing without one. So this stands between them: it signs on at the sandbox as a developer and calls the api with that token, which
// the audit log then names. It serves this machine and the UI's pages only, and there is none of it in production.

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ports } from './ports.ts';

const HEADERS = 'content-type, x-namespace';
const LARGEST_BODY_BYTES = 1_048_576;

/** Starts serving `POST /decode` on its port; returns how to stop it. The ports of api and sandbox are read when it is called. */
export async function startPayloadDesk(ports: Ports): Promise<() => void> {
  const server = createServer((request, response) => {
    void answer(request, response, ports).catch(() => response.writeHead(502).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(ports.payloadDesk, '127.0.0.1', resolve);
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, ports: Ports): Promise<void> {
  const ui = `http://127.0.0.1:${ports.temporalUi}`;
  if (request.headers.origin !== ui) return void response.writeHead(403).end();
  response.setHeader('access-control-allow-origin', ui);
  response.setHeader('access-control-allow-headers', HEADERS);
  if (request.method === 'OPTIONS') return void response.writeHead(204).end();
  if (request.method !== 'POST' || request.url?.split('?')[0] !== '/decode') return void response.writeHead(404).end();
  const reply = await fetch(`http://127.0.0.1:${ports.api}/ops/v1/payloads/decode`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await signOn(ports)}`,
      'content-type': 'application/json',
      'x-namespace': String(request.headers['x-namespace'] ?? ''),
      origin: ui,
    },
    body: await bodyOf(request),
  });
  response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text());
}

async function signOn(ports: Ports): Promise<string> {
  const body = new URLSearchParams({ username: 'developer', scope: 'operations' });
  const reply = await fetch(`http://127.0.0.1:${ports.sandbox}/oidc/token`, { method: 'POST', body });
  const { access_token } = (await reply.json()) as { access_token: string }; // our own sandbox, of the same commit
  return access_token;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part as Uint8Array); // a request without an encoding yields bytes
    length += bytes.length;
    if (length > LARGEST_BODY_BYTES) throw new Error('a look at a run is smaller');
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}
