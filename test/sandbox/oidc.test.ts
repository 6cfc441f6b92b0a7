// The sandbox's identity provider over HTTP: found by its discovery document, as any other.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createStaffTokens } from '../../adapters/oidc/client.ts';
import { startSandbox } from '../support/sandbox.ts';
import { tokenOptions } from '../support/staff.ts';

const sandbox = await startSandbox();
after(async () => sandbox.close());

const found = Object(await (await fetch(`${sandbox.url}/oidc/.well-known/openid-configuration`)).json());

async function askForToken(form: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(found.token_endpoint, { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, body: Object(await response.json()) };
}

test('a test person gets a short-lived token with the roles that they name, good for this issuer by its published key', async () => {
  assert.equal(found.issuer, `${sandbox.url}/oidc`);
  const { status, body } = await askForToken({ username: 'thu.ha', scope: 'support auditor' });
  assert.deepEqual([status, body['token_type'], body['expires_in'], body['scope']], [200, 'Bearer', 900, 'support auditor']);
  const read = createStaffTokens({ ...tokenOptions, issuer: found.issuer, keys: new URL(found.jwks_uri) });
  assert.deepEqual(await read(String(body['access_token'])), {
    kind: 'signed_on',
    staff: { actor: 'staff:thu.ha', roles: ['support', 'auditor'] },
  });
});

test('the published keys hold no private part', async () => {
  const { keys } = Object(await (await fetch(found.jwks_uri)).json());
  assert.equal(keys.length, 1);
  assert.ok(!('d' in keys[0]));
});

test('a name that is none, a role that is none and no role at all are refused with what is wrong', async () => {
  for (const form of [
    {},
    { username: 'a b', scope: 'support' },
    { username: 'thu.ha', scope: 'root' },
    { username: 'thu.ha', scope: ' ' },
  ]) {
    const { status, body } = await askForToken(form);
    assert.deepEqual([status, body['error']], [400, 'invalid_request']);
    assert.match(String(body['error_description']), /username|scope/);
  }
});
