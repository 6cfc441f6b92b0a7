// What customers and auditors are promised about photos: staff see one by a link of their own, for minutes, and every look is on record.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../../api/app.ts';
import { identityLimits } from '../../config/identity-limits.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, bodyOf, now, post, publicUrl } from './world.ts';

const world = await aWorld();
const { app, database, deps } = world;
const photo = Uint8Array.of(0xff, 0xd8, 0xff, 7);

async function aDocument(): Promise<{ applicationId: string; documentId: string }> {
  const { applicationId } = await aCheckout(world);
  const { documentId } = await database.withTransaction(async (tx) =>
    deps.documents.add(tx, await deps.documents.keep({ applicationId, kind: 'selfie', mediaType: 'image/jpeg', content: photo })),
  );
  return { applicationId, documentId };
}

const purpose = 'review of the identity check';

async function aLink(documentId: string, name = 'mai'): Promise<string> {
  const reply = await app.request(`/ops/v1/documents/${documentId}/links`, post({ purpose }, await asStaff(name, 'reviewer')));
  assert.equal(reply.status, 201);
  const body = await bodyOf(reply);
  assert.equal(body['expires_at'], new Date(now.getTime() + identityLimits.documentLinkMs).toISOString());
  assert.ok(String(body['url']).startsWith(`${publicUrl}/documents/${documentId}?key=`));
  return String(body['url']).slice(publicUrl.length);
}

const trail = async (documentId: string) =>
  (
    await database.query<{ actor: string; action: string; reason: string | null }>(
      'select actor, action, reason from audit_log where subject = $1 order by seq',
      [documentId],
    )
  ).rows;

test('200 for a link of minutes: a file that no browser runs, and the link and each view stand in the audit log', async () => {
  const { documentId } = await aDocument();
  const link = await aLink(documentId);
  for (const _ of [1, 2]) {
    const reply = await app.request(link);
    assert.equal(reply.status, 200);
    assert.deepEqual(new Uint8Array(await reply.arrayBuffer()), photo);
    const headers = ['content-type', 'x-content-type-options', 'content-security-policy', 'cache-control', 'cross-origin-resource-policy'];
    assert.deepEqual(
      headers.map((name) => reply.headers.get(name)),
      ['image/jpeg', 'nosniff', "sandbox; default-src 'none'", 'no-store', 'same-origin'],
    );
    assert.equal(reply.headers.get('content-disposition'), `attachment; filename="${documentId}.jpg"`);
  }
  assert.deepEqual(await trail(documentId), [
    { actor: 'staff:mai', action: 'document.link_made', reason: purpose },
    { actor: 'staff:mai', action: 'document.viewed', reason: null },
    { actor: 'staff:mai', action: 'document.viewed', reason: null },
  ]);
});

test('401 for a link that has expired, was changed, or belongs to another document; nothing is read and nothing recorded', async () => {
  const [mine, other] = [await aDocument(), await aDocument()];
  const link = await aLink(mine.documentId);
  const key = new URL(link, publicUrl).searchParams.get('key') ?? '';
  const changed = `${key.slice(0, 40)}${key[40] === 'A' ? 'B' : 'A'}${key.slice(41)}`;
  const wrong = [
    `/documents/${mine.documentId}?key=${changed}`,
    `/documents/${mine.documentId}?key=x`,
    `/documents/${other.documentId}?key=${key}`,
  ];
  for (const address of wrong) {
    const reply = await app.request(address);
    assert.deepEqual([reply.status, (await bodyOf(reply))['code']], [401, 'LINK_NOT_VALID']);
  }
  const later = createApp({ ...deps, now: () => new Date(now.getTime() + identityLimits.documentLinkMs) });
  assert.equal((await later.request(link)).status, 401);
  assert.equal((await later.request(`/documents/${mine.documentId}`)).status, 422);
  assert.equal((await trail(mine.documentId)).length, 1, 'the link alone');
  assert.equal((await trail(other.documentId)).length, 0);
});

test('404 for a document that does not exist or was deleted, also by a link that was good', async () => {
  const { documentId } = await aDocument();
  const link = await aLink(documentId);
  await database.query('update documents set content = null, deleted_at = now() where id = $1', [documentId]);
  assert.equal((await app.request(link)).status, 404);
  assert.equal((await trail(documentId)).length, 1, 'nobody has seen what was not there');
  const reviewer = await asStaff('mai', 'reviewer');
  for (const id of [documentId, 'nonsense']) {
    assert.equal((await app.request(`/ops/v1/documents/${id}/links`, post({ purpose }, reviewer))).status, 404);
  }
});

test('422 without a purpose; the name of the holder and the key are in no log', async () => {
  const { documentId } = await aDocument();
  const reply = await app.request(`/ops/v1/documents/${documentId}/links`, post({}, await asStaff('mai', 'reviewer')));
  assert.equal(reply.status, 422);
  const link = await aLink(documentId, 'secret.holder');
  assert.ok(!link.includes('secret.holder') && !Buffer.from(link, 'base64url').includes('secret'), 'the link does not say whose it is');
  await app.request(link);
  const key = new URL(link, publicUrl).searchParams.get('key') ?? 'none';
  assert.ok(!JSON.stringify(world.logged).includes(key));
});
