// What customers are promised when they send their photos.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { createImageIntake } from '../../adapters/images/intake.ts';
import { createApp } from '../../api/app.ts';
import { identityLimits } from '../../config/identity-limits.ts';
import { apiLimits } from '../../config/limits.ts';
import { sha256 } from '../../db/documents.ts';
import { hostilePhotos, noisy } from '../support/hostile-photos.ts';
import { aCheckout, aWorld, bodyOf } from './world.ts';

const world = await aWorld();
const { app, database, deps, sent } = world;

const count = async (table: string, applicationId: string): Promise<number> =>
  (await database.query<{ count: number }>(`select count(*) as count from ${table} where application_id = $1`, [applicationId])).rows[0]
    ?.count ?? -1;

/** What the world's reader takes for a photo; each another one. */
const jpeg = (number: number): Uint8Array<ArrayBuffer> => Uint8Array.of(0xff, 0xd8, 0xff, number);
const photoForm = (changes: Record<string, Blob | string | null> = {}): FormData => {
  const form = new FormData();
  for (const [name, value] of Object.entries({
    id_front: new Blob([jpeg(1)]),
    id_back: new Blob([jpeg(2)]),
    selfie: new Blob([jpeg(3)]),
    ...changes,
  })) {
    if (value !== null) form.append(name, value);
  }
  return form;
};

async function atIdentity(to = app): Promise<{ applicationId: string; submit: (form: FormData) => Promise<Response> }> {
  const { session, applicationId } = await aCheckout(world);
  await world.move(applicationId, { status: 'in_progress', step: 'identity' });
  return { applicationId, submit: async (form) => to.request('/checkout/identity', { method: 'POST', body: form, headers: session }) };
}

test('202 for three photos: stored encrypted, and named to the workflow by id and digest only', async () => {
  const { applicationId, submit } = await atIdentity();
  assert.equal((await submit(photoForm())).status, 202);
  assert.equal(await count('documents', applicationId), 3);
  const submission = JSON.parse(JSON.stringify(sent.at(-1)?.args.at(-1)));
  assert.deepEqual(Object.keys(submission), ['idFront', 'idBack', 'selfie']);
  assert.equal(submission.selfie.sha256, sha256(jpeg(3)));
  const document = await deps.documents.read(database, submission.selfie.documentId);
  assert.deepEqual(new Uint8Array(document?.content ?? []), jpeg(3));
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

test('422 for a missing photo, a text instead of one, a second one, one that is too large, one that nobody asked for', async () => {
  const { applicationId, submit } = await atIdentity();
  const twice = photoForm();
  twice.append('selfie', new Blob([jpeg(4)]));
  const wrong: [FormData, string, string][] = [
    [photoForm({ selfie: null }), '/selfie', 'MISSING'],
    [photoForm({ selfie: 'hello' }), '/selfie', 'NOT_A_FILE'],
    [twice, '/selfie', 'REPEATED'],
    [photoForm({ selfie: new Blob([new Uint8Array(identityLimits.imageMaxBytes + 1)]) }), '/selfie', 'TOO_LARGE'],
    [photoForm({ 'pass/port': new Blob([jpeg(4)]) }), '/pass~1port', 'UNKNOWN_FIELD'],
    [new FormData(), '/id_front', 'MISSING'],
  ];
  for (const [form, pointer, code] of wrong) {
    const reply = await submit(form);
    const body = await bodyOf(reply);
    assert.deepEqual([reply.status, body['code']], [422, 'INVALID_FIELDS']);
    assert.deepEqual([body.errors[0]?.pointer, body.errors[0]?.code], [pointer, code]);
  }
  assert.equal(await count('documents', applicationId), 0);
});

test('422 when one photo is sent as two: the back of a card is not its front', async () => {
  const { applicationId, submit } = await atIdentity();
  const body = await bodyOf(submit(photoForm({ id_back: new Blob([jpeg(1)]) })));
  assert.deepEqual([body['code'], body.errors[0]?.pointer, body.errors[0]?.code], ['PHOTO_REFUSED', '/id_back', 'SAME_PHOTO']);
  assert.equal(await count('documents', applicationId), 0);
});

const intake = createImageIntake({
  limits: identityLimits,
  memoryMaxBytes: identityLimits.imageDecodeMaxBytes,
  timeoutMs: 60_000,
  startTimeoutMs: 60_000,
  waitingMax: 32,
});
after(async () => intake.close());
const withIntake = createApp({ ...deps, readImage: intake.read });

test('422 for every hostile file, with its reason, and nothing is half stored; 202 for what is only wrapped in something hostile', async () => {
  const [front, back] = [await noisy(300, 200).jpeg().toBuffer(), await noisy(300, 200).png().toBuffer()];
  const honest = { id_front: new Blob([new Uint8Array(front)]), id_back: new Blob([new Uint8Array(back)]) };
  for (const { name, bytes, ends } of await hostilePhotos()) {
    const { applicationId, submit } = await atIdentity(withIntake);
    const reply = await submit(photoForm({ ...honest, selfie: new Blob([new Uint8Array(bytes)]) }));
    const body = await bodyOf(reply);
    if (bytes.byteLength > 3 * identityLimits.imageMaxBytes) assert.deepEqual([reply.status, body['code']], [413, 'BODY_TOO_LARGE'], name);
    else if (ends === 'ok') assert.equal(reply.status, 202, name);
    else assert.deepEqual([reply.status, body.errors[0]?.pointer, body.errors[0]?.code], [422, '/selfie', ends], name);
    assert.equal(await count('documents', applicationId), reply.status === 202 ? 3 : 0, name);
  }
});

test('503, retryable, when the reader of photos is busy or too many forms are open; the step stays open', async () => {
  const busy = createApp({ ...deps, readImage: async () => ({ kind: 'busy' }) });
  const { applicationId, submit } = await atIdentity(busy);
  const reply = await submit(photoForm());
  assert.deepEqual([reply.status, reply.headers.get('retry-after')], [503, '2']);
  assert.equal(await count('documents', applicationId), 0);

  const { session, applicationId: next } = await aCheckout(world);
  await world.move(next, { status: 'in_progress', step: 'identity' });
  const senders: ReadableStreamDefaultController<Uint8Array>[] = [];
  const send = async (): Promise<Response> => {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void senders.push(controller) });
    const headers = { ...session, 'content-type': 'multipart/form-data; boundary=x' };
    return app.request(new Request('http://localhost/checkout/identity', { method: 'POST', body, duplex: 'half', headers }));
  };
  const oneTooMany = Array.from({ length: apiLimits.photoFormsMax + 1 }, send);
  assert.equal((await Promise.race(oneTooMany)).status, 503, 'before any of them has sent a byte');
  for (const sender of senders) sender.close();
  const statuses = (await Promise.all(oneTooMany)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 400).length, apiLimits.photoFormsMax);
});

test('4xx, never 5xx and never silence, wherever a form is cut off or scrambled', async () => {
  const { session, applicationId } = await aCheckout(world);
  await world.move(applicationId, { status: 'in_progress', step: 'identity' });
  const whole = new Request('http://localhost/', { method: 'POST', body: photoForm() });
  const type = whole.headers.get('content-type') ?? '';
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }));
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: bytes.length - 3 }), fc.array(change, { maxLength: 3 }), async (length, changes) => {
      const body = bytes.slice(0, length);
      for (const [at, value] of changes) if (at < length) body[at] = value;
      const reply = await app.request('/checkout/identity', { method: 'POST', body, headers: { ...session, 'content-type': type } });
      assert.ok(reply.status >= 400 && reply.status < 500, `status ${reply.status}`);
    }),
    { numRuns: 200 },
  );
  assert.equal(await count('documents', applicationId), 0);
});

test('413 for a form above the limit, 415 for photos as JSON, 400 for a form that is cut off', async () => {
  const { session, applicationId } = await aCheckout(world);
  await world.move(applicationId, { status: 'in_progress', step: 'identity' });
  const send = async (body: BodyOfRequest, headers: Record<string, string> = {}) =>
    app.request('/checkout/identity', { method: 'POST', body, headers: { ...session, ...headers } });
  assert.equal((await send(photoForm({ id_front: new Blob([new Uint8Array(16_000_000)]) }))).status, 413);
  assert.equal((await send('{}', { 'content-type': 'application/json' })).status, 415);
  assert.equal((await send('{}', { 'content-type': 'multipart/form-data' })).status, 400);
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
