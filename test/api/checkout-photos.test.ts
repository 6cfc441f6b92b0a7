// What customers are promised when they send their photos.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../db/documents.ts';
import { aCheckout, aWorld, bodyOf } from './world.ts';

const world = await aWorld();
const { app, database, deps, sent } = world;

const count = async (table: string, applicationId: string): Promise<number> =>
  (await database.query<{ count: number }>(`select count(*) as count from ${table} where application_id = $1`, [applicationId])).rows[0]
    ?.count ?? -1;

const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 1);
const photoForm = (changes: Record<string, Blob | string | null> = {}): FormData => {
  const form = new FormData();
  for (const [name, value] of Object.entries({
    id_front: new Blob([jpeg]),
    id_back: new Blob([jpeg]),
    selfie: new Blob([jpeg]),
    ...changes,
  })) {
    if (value !== null) form.append(name, value);
  }
  return form;
};

async function atIdentity(): Promise<{ applicationId: string; submit: (form: FormData) => Promise<Response> }> {
  const { session, applicationId } = await aCheckout(world);
  await world.move(applicationId, { status: 'in_progress', step: 'identity' });
  return { applicationId, submit: async (form) => app.request('/checkout/identity', { method: 'POST', body: form, headers: session }) };
}

test('202 for three photos: stored encrypted, and named to the workflow by id and digest only', async () => {
  const { applicationId, submit } = await atIdentity();
  assert.equal((await submit(photoForm())).status, 202);
  assert.equal(await count('documents', applicationId), 3);
  const submission = JSON.parse(JSON.stringify(sent.at(-1)?.args.at(-1)));
  assert.deepEqual(Object.keys(submission), ['idFront', 'idBack', 'selfie']);
  assert.equal(submission.selfie.sha256, sha256(jpeg));
  const document = await deps.documents.read(database, submission.selfie.documentId);
  assert.deepEqual(new Uint8Array(document?.content ?? []), jpeg);
});

test('422 for each photo that cannot be used, with its reason; nothing is stored and the step stays open', async () => {
  const { applicationId, submit } = await atIdentity();
  const reply = await submit(photoForm({ id_back: new Blob(['%PDF-1.7']), selfie: new Blob(['<svg/>']) }));
  const body = await bodyOf(reply);
  assert.equal(reply.status, 422);
  assert.equal(body['code'], 'PHOTO_REFUSED');
  assert.deepEqual(
    body.errors.map((error) => [error.pointer, error.code]),
    [
      ['/id_back', 'NOT_AN_IMAGE'],
      ['/selfie', 'NOT_AN_IMAGE'],
    ],
  );
  assert.equal(await count('documents', applicationId), 0);
  assert.equal((await submit(photoForm())).status, 202);
});

test('422 for a missing photo, a text instead of one, an empty one, a second one, one that is too large', async () => {
  const { applicationId, submit } = await atIdentity();
  const twice = photoForm();
  twice.append('selfie', new Blob([jpeg]));
  const wrong: [FormData, string, string][] = [
    [photoForm({ selfie: null }), '/selfie', 'CUSTOM'],
    [photoForm({ selfie: 'hello' }), '/selfie', 'CUSTOM'],
    [photoForm({ selfie: new Blob([]) }), '/selfie', 'PHOTO_EMPTY'],
    [twice, '/selfie', 'CUSTOM'],
    [photoForm({ selfie: new Blob([new Uint8Array(5_242_881)]) }), '/selfie', 'PHOTO_TOO_LARGE'],
    [photoForm({ passport: new Blob([jpeg]) }), '/passport', 'UNKNOWN_FIELD'],
  ];
  for (const [form, pointer] of wrong) {
    const reply = await submit(form);
    const body = await bodyOf(reply);
    assert.equal(reply.status, 422);
    assert.equal(body.errors[0]?.pointer, pointer);
  }
  assert.equal(await count('documents', applicationId), 0);
});

test('413 for a form above the limit, 415 for photos as JSON, 400 for a form that is cut off', async () => {
  const { session, applicationId } = await aCheckout(world);
  await world.move(applicationId, { status: 'in_progress', step: 'identity' });
  const send = async (body: BodyOfRequest, headers: Record<string, string> = {}) =>
    app.request('/checkout/identity', { method: 'POST', body, headers: { ...session, ...headers } });
  assert.equal((await send(photoForm({ id_front: new Blob([new Uint8Array(16_000_000)]) }))).status, 413);
  assert.equal((await send('{}', { 'content-type': 'application/json' })).status, 415);
  assert.equal((await send('--x\r\nContent-Disposi', { 'content-type': 'multipart/form-data; boundary=x' })).status, 400);
});
type BodyOfRequest = FormData | string;

test('409 for photos outside their step, and for more photos than are kept', async () => {
  const early = await aCheckout(world);
  const reply = await app.request('/checkout/identity', { method: 'POST', body: photoForm(), headers: early.session });
  assert.equal((await bodyOf(reply))['code'], 'WRONG_STATE');
  assert.equal(await count('documents', early.applicationId), 0);
  const { submit } = await atIdentity();
  for (let index = 0; index < 10; index += 1) assert.equal((await submit(photoForm())).status, 202);
  assert.equal((await bodyOf(submit(photoForm())))['code'], 'TOO_MANY_PHOTOS');
});
