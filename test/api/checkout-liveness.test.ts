// What holds where liveness is required: a live face before the photos, seen by the provider, told by the server alone, used once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createApp } from '../../api/app.ts';
import type { Api } from '../../api/environment.ts';
import { identityLimits } from '../../config/identity-limits.ts';
import { grantConsent } from '../../db/consents.ts';
import { livenessBehind } from '../../db/liveness.ts';
import { VendorFailure } from '../../domain/failures.ts';
import { startSimulator } from '../adapters/rekognition-loopback.ts';
import type { Loopback } from '../adapters/rekognition-loopback.ts';
import { aCheckout, aWorld, bodyOf } from './world.ts';

let clock = new Date();
const world = await aWorld({ now: () => clock });
const { database, deps, sent } = world;
let rekognition: Loopback;
let app: Api;

before(async () => {
  rekognition = await startSimulator('scripted');
  app = createApp({ ...deps, liveness: { provider: rekognition.provider, region: 'ap-southeast-1' } });
});
after(() => rekognition.close());

async function atIdentity(to = app) {
  const { session: headers, applicationId } = await aCheckout(world);
  const text = { textVersion: '1', textSha256: 'text', language: 'vi', channel: 'checkout' } as const;
  await database.withTransaction(async (tx) => grantConsent(tx, { applicationId, kind: 'biometric', ...text }));
  await world.move(applicationId, { status: 'in_progress', step: 'identity' });
  const photo = (number: number) => new Blob([Uint8Array.of(0xff, 0xd8, 0xff, number)]);
  return {
    applicationId,
    open: async () => to.request('/checkout/liveness', { method: 'POST', headers }),
    read: async () => to.request('/checkout/liveness', { headers }),
    submit: async () => {
      const body = new FormData();
      for (const [at, name] of ['id_front', 'id_back', 'selfie'].entries()) body.append(name, photo(at));
      return to.request('/checkout/identity', { method: 'POST', body, headers });
    },
  };
}

const codeOf = async (reply: Promise<Response>): Promise<unknown> => (await bodyOf(reply))['code'];
const stateOf = async (reply: Promise<Response>): Promise<unknown> => (await bodyOf(reply))['state'];

test('202 for photos after a live face: the session stands behind this submission, and no score reaches the customer', async () => {
  const { applicationId, open, read, submit } = await atIdentity();
  assert.equal(await codeOf(read()), 'NOT_FOUND');
  assert.equal(await codeOf(submit()), 'LIVENESS_NEEDED');
  const opened = await bodyOf(open());
  assert.deepEqual([opened['region'], opened['state']], ['ap-southeast-1', 'open']);
  assert.equal(opened['expires_at'], new Date(clock.getTime() + identityLimits.livenessSessionMs).toISOString());
  assert.equal(await codeOf(submit()), 'LIVENESS_NEEDED', 'the camera has not started');
  await rekognition.watch(String(opened['session_id']), 'live');
  const ended = await bodyOf(read());
  assert.deepEqual(ended, { ...opened, state: 'ended' });
  assert.equal((await submit()).status, 202);
  const { selfie } = JSON.parse(JSON.stringify(sent.at(-1)?.args.at(-1)));
  const behind = await livenessBehind(database, applicationId, selfie.documentId);
  assert.equal(behind?.confidence, 97.4);
  assert.deepEqual((await deps.documents.head(database, behind.reference?.documentId ?? ''))?.kind, 'liveness');
  assert.equal(await stateOf(read()), 'submitted');
  assert.equal(await codeOf(submit()), 'LIVENESS_NEEDED', 'a session is used once');
});

test('202 without asking how the session stands: the server looks itself; a photo before the camera is kept and judged, not believed', async () => {
  const { applicationId, open, submit } = await atIdentity();
  await rekognition.watch(String((await bodyOf(open()))['session_id']), 'spoof');
  assert.equal((await submit()).status, 202);
  const { selfie } = JSON.parse(JSON.stringify(sent.at(-1)?.args.at(-1)));
  assert.equal((await livenessBehind(database, applicationId, selfie.documentId))?.confidence, 6.2);
});

test('409 for photos after a session that failed, ran out, is still running, was replaced, or ended long ago', async () => {
  for (const [scene, state] of [
    ['lost', 'failed'],
    ['late', 'expired'],
    ['unfinished', 'open'],
  ] as const) {
    const { open, read, submit } = await atIdentity();
    await rekognition.watch(String((await bodyOf(open()))['session_id']), scene);
    assert.equal(await stateOf(read()), state);
    assert.equal(await codeOf(submit()), 'LIVENESS_NEEDED', scene);
  }
  const replaced = await atIdentity();
  await rekognition.watch(String((await bodyOf(replaced.open()))['session_id']), 'live');
  await replaced.open();
  assert.equal(await codeOf(replaced.submit()), 'LIVENESS_NEEDED');

  const { open, read, submit } = await atIdentity();
  await rekognition.watch(String((await bodyOf(open()))['session_id']), 'live');
  assert.equal(await stateOf(read()), 'ended');
  const before = clock;
  clock = new Date(clock.getTime() + identityLimits.livenessFreshMs + 1);
  assert.equal(await codeOf(submit()), 'LIVENESS_NEEDED');
  clock = before;
});

test('a session that nobody asked about for three minutes has expired, and a new one helps', async () => {
  const { open, read } = await atIdentity();
  await rekognition.watch(String((await bodyOf(open()))['session_id']), 'live');
  const before = clock;
  clock = new Date(clock.getTime() + identityLimits.livenessSessionMs);
  assert.equal(await stateOf(read()), 'expired');
  assert.equal(await stateOf(open()), 'open');
  clock = before;
});

test('409 outside of the identity step, where liveness is not asked for, and for more sessions than anybody needs', async () => {
  const early = await aCheckout(world);
  assert.equal(await codeOf(Promise.resolve(app.request('/checkout/liveness', { method: 'POST', headers: early.session }))), 'WRONG_STATE');
  const unasked = await atIdentity(world.app);
  assert.deepEqual([await codeOf(unasked.open()), await codeOf(unasked.read())], ['LIVENESS_NOT_ASKED', 'LIVENESS_NOT_ASKED']);
  assert.equal((await unasked.submit()).status, 202);
  const { open } = await atIdentity();
  for (let session = 0; session < identityLimits.livenessSessionsMax; session += 1) assert.equal((await open()).status, 201);
  assert.equal(await codeOf(open()), 'TOO_MANY_SESSIONS');
});

test('503, retryable, while Rekognition is throttled, 500 for a fault of ours; nothing is kept and the step stays open', async () => {
  const failing = (kind: 'unavailable' | 'rejected') => {
    const fail = async () => Promise.reject(new VendorFailure('rekognition', kind, 'ORDERED'));
    return createApp({ ...deps, liveness: { provider: { openLiveness: fail, readLiveness: fail }, region: 'ap-southeast-1' } });
  };
  const { applicationId, open } = await atIdentity(failing('unavailable'));
  const reply = await open();
  assert.deepEqual([reply.status, reply.headers.get('retry-after')], [503, '2']);
  assert.equal((await (await atIdentity(failing('rejected'))).open()).status, 500);
  const { rows } = await database.query('select 1 from liveness_sessions where application_id = $1', [applicationId]);
  assert.deepEqual(rows, []);
});

test('of two submissions at once one uses the session up', async () => {
  const { open, submit } = await atIdentity();
  await rekognition.watch(String((await bodyOf(open()))['session_id']), 'live');
  const statuses = (await Promise.all([submit(), submit()])).map(({ status }) => status);
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [202, 409],
  );
});
