// Forged, borrowed and stale tokens: whatever is wrong with one, it is no sign-on.

import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createStaffTokens } from '../../adapters/oidc/client.ts';
import { audience, issuer, issuerUrl, readStaffToken, tokenOptions } from '../support/staff.ts';

const now = Math.floor(Date.now() / 1_000);
const claims = { iss: issuerUrl, aud: audience, sub: 'linh.tran', roles: ['support'], iat: now, exp: now + 600 };

const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
const read = createStaffTokens({ ...tokenOptions, keys: { keys: [jwk] } });

/** A token that is right but for what is said. */
async function aToken(
  wrong: { claims?: Record<string, unknown>; header?: Record<string, unknown>; key?: typeof privateKey } = {},
): Promise<string> {
  const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...wrong.header };
  return new SignJWT({ ...claims, ...wrong.claims }).setProtectedHeader(header).sign(wrong.key ?? privateKey);
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a token of the provider is a sign-on with subject and roles; words that are no role mean nothing', async () => {
  const token = await aToken({ claims: { roles: ['auditor', 'root', 7, 'support', '__proto__'] } });
  assert.deepEqual(await read(token), { kind: 'signed_on', staff: { actor: 'staff:linh.tran', roles: ['support', 'auditor'] } });
  for (const roles of [undefined, 'support', { support: true }, []])
    assert.deepEqual(await read(await aToken({ claims: { roles } })), {
      kind: 'signed_on',
      staff: { actor: 'staff:linh.tran', roles: [] },
    });
});

const stranger = await generateKeyPair('ES256', { extractable: true });

const forgeries: [name: string, token: () => Promise<string> | string][] = [
  ['no signature (alg none)', () => `${encoded({ alg: 'none', typ: 'at+jwt', kid: 'k1' })}.${encoded(claims)}.`],
  [
    'HS256 with the public key as secret',
    () => {
      const signed = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${encoded(claims)}`;
      return `${signed}.${createHmac('sha256', JSON.stringify(jwk)).update(signed).digest('base64url')}`;
    },
  ],
  ['another audience', async () => aToken({ claims: { aud: 'billing' } })],
  ['another issuer', async () => aToken({ claims: { iss: 'https://sign-on.example/other' } })],
  ['an ID token', async () => aToken({ header: { typ: 'JWT' }, claims: { nonce: randomUUID() } })],
  ['no type', async () => aToken({ header: { typ: undefined } })],
  [
    'a key of its own in the header',
    async () => aToken({ key: stranger.privateKey, header: { jwk: await exportJWK(stranger.publicKey) } }),
  ],
  ['an address of keys in the header', async () => aToken({ key: stranger.privateKey, header: { jku: 'https://evil.example/jwks' } })],
  ["a stranger's signature", async () => aToken({ key: stranger.privateKey })],
  ['an unknown key id', async () => aToken({ header: { kid: 'k2' } })],
  ['no key id', async () => aToken({ header: { kid: undefined } })],
  ['a time that is over', async () => aToken({ claims: { iat: now - 700, exp: now - 60 } })],
  ['a time that has not come (nbf)', async () => aToken({ claims: { nbf: now + 120 } })],
  ['a making in the future', async () => aToken({ claims: { iat: now + 120 } })],
  ['no end', async () => aToken({ claims: { exp: undefined } })],
  ['an end in a year, made yesterday', async () => aToken({ claims: { iat: now - 86_400, exp: now + 31_536_000 } })],
  ['no subject', async () => aToken({ claims: { sub: undefined } })],
  ['a subject that is no id', async () => aToken({ claims: { sub: 'Trần Thị Linh\n' } })],
  ['other claims under the same signature', async () => swapped(await aToken(), { ...claims, roles: ['operations'] })],
  ['nothing', () => ''],
  ['no token at all', () => 'trasau_test_sk_abc'],
];

function swapped(token: string, other: unknown): string {
  const [header = '', , signature = ''] = token.split('.');
  return `${header}.${encoded(other)}.${signature}`;
}

for (const [name, token] of forgeries) {
  test(`refused: ${name}`, async () => {
    assert.deepEqual(await read(await token()), { kind: 'refused' });
  });
}

test('the sandbox makes tokens that are taken, for the issuer and audience that were agreed', async () => {
  const signOn = await readStaffToken(await issuer.accessToken(issuerUrl, { name: 'linh.tran', roles: ['reviewer'] }));
  assert.deepEqual(signOn, { kind: 'signed_on', staff: { actor: 'staff:linh.tran', roles: ['reviewer'] } });
  const elsewhere = await issuer.accessToken('https://other.example', { name: 'linh.tran', roles: ['reviewer'] });
  assert.deepEqual(await readStaffToken(elsewhere), { kind: 'refused' });
});

// ── Keys that are fetched ───────────────────────────────────────────────────────────────────────────────────────────────────────

let served: unknown = { keys: [jwk] };
let fetches = 0;
const server = createServer((_, response) => {
  fetches += 1;
  response.writeHead(served === undefined ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(served ?? {}));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());
const keys = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`); // it listens on a port

test('keys are fetched once for many tokens, and again for a new key; made-up key ids do not make a flood of fetches', async () => {
  fetches = 0;
  const patient = createStaffTokens({ ...tokenOptions, keys, keysCooldownMs: 60_000 });
  for (let n = 0; n < 5; n += 1) assert.equal((await patient(await aToken())).kind, 'signed_on');
  for (let n = 0; n < 5; n += 1) assert.equal((await patient(await aToken({ header: { kid: `made-up-${n}` } }))).kind, 'refused');
  assert.equal(fetches, 1);
  const eager = createStaffTokens({ ...tokenOptions, keys, keysCooldownMs: 0 });
  assert.equal((await eager(await aToken())).kind, 'signed_on');
  served = { keys: [jwk, { ...(await exportJWK(stranger.publicKey)), kid: 'k2', alg: 'ES256' }] };
  assert.equal((await eager(await aToken({ key: stranger.privateKey, header: { kid: 'k2' } }))).kind, 'signed_on');
});

test('a provider that is away, fails or talks nonsense says nothing about a token: it is unavailable, not refused', async () => {
  for (const answer of [undefined, { nothing: true }, 'text']) {
    served = answer;
    assert.equal((await createStaffTokens({ ...tokenOptions, keys })(await aToken())).kind, 'unavailable');
  }
  const nowhere = createStaffTokens({ ...tokenOptions, keys: new URL('http://127.0.0.1:1/jwks') });
  assert.equal((await nowhere(await aToken())).kind, 'unavailable');
});
