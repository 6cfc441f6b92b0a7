// Where a live face is required: from the camera to the booked purchase, through the real processes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderScriptedPhotos } from '../../sandbox/id-card/scripted-photos.ts';
import type { LivenessSentinel } from '../../sandbox/sentinels.ts';
import { startSystem } from '../support/system.ts';
import { call } from './support/actors.ts';
import { isBookedOnce } from './support/expect.ts';
import { aJourney } from './support/journey.ts';

const system = await startSystem({ env: { LIVENESS: 'required' } });

test('a customer without a camera is told so, one who shows a photo to it is asked again, and one who is there buys', async () => {
  const journey = await aJourney(system);
  const { selfie } = await renderScriptedPhotos({ ...journey.person, issuedOn: '2021-05-10', expiresOn: '2034-03-08' });
  const showsTheCamera = async (scene: LivenessSentinel): Promise<void> => {
    const opened = await call(system, '/checkout/liveness', { token: journey.customer.sessionToken, method: 'POST' });
    assert.equal(opened.status, 201);
    const camera = `${system.sandbox.url}/camera/${String(opened.body['session_id'])}?scene=${scene}`;
    assert.equal((await fetch(camera, { method: 'POST', body: new Uint8Array(selfie) })).status, 202);
  };

  await journey.walksTo('submit_identity');
  await assert.rejects(journey.sendsPhotos(), { code: 'LIVENESS_NEEDED' });
  await showsTheCamera('spoof');
  await journey.sendsPhotos();
  const { reasons } = await journey.reachesWhere('asked again', (picture) => picture.reasons.length > 0);
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['IDENTITY_NOT_LIVE'],
  );
  await showsTheCamera('live');
  await journey.sendsPhotos();
  assert.equal((await journey.walksToTheEnd()).status, 'completed');
  await isBookedOnce(system, journey);
});
