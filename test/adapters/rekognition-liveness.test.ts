// The contract of liveness: the real SDK against the simulator. Against Amazon itself the camera would be a person's.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLivenessSessions } from '../../sandbox/rekognition/liveness.ts';
import { livenessSentinels } from '../../sandbox/sentinels.ts';
import { call, outcome, startServer, startSimulator } from './rekognition-loopback.ts';
import type { Loopback } from './rekognition-loopback.ts';

let rekognition: Loopback;
let tokens = 0;

before(async () => {
  rekognition = await startSimulator('scripted');
});
after(() => rekognition.close());

async function opened(): Promise<string> {
  return (await rekognition.provider.openLiveness(`liv_${(tokens += 1)}`, call)).sessionId;
}

test('every scene of the sentinel table is read as the table says, with the picture that the camera saw', async () => {
  const picture = Buffer.from('ffd8ffe0aabb', 'hex');
  for (const [scene, { confidence, ends }] of Object.entries(livenessSentinels)) {
    const sessionId = await opened();
    assert.deepEqual(await rekognition.provider.readLiveness(sessionId, call), { kind: 'open' }, 'before the camera starts');
    assert.equal(await rekognition.watch(sessionId, scene, picture), 202);
    const reading = await rekognition.provider.readLiveness(sessionId, call);
    if (reading.kind === 'ended')
      assert.deepEqual([confidence, Buffer.from(reading.referenceImage ?? [])], [reading.confidence, picture], scene);
    else assert.equal(reading.kind, ends, scene);
  }
});

test('a token that is sent again opens no second session, and a session is for one camera', async () => {
  const first = await rekognition.provider.openLiveness('liv_same', call);
  assert.deepEqual(await rekognition.provider.openLiveness('liv_same', call), first);
  assert.notEqual(await opened(), first.sessionId);
  assert.equal(await rekognition.watch(first.sessionId, 'live'), 202);
  assert.equal(await rekognition.watch(first.sessionId, 'live'), 409);
  assert.equal(await rekognition.watch(crypto.randomUUID(), 'live'), 404);
  assert.equal(await rekognition.watch(await opened(), 'asleep'), 400);
});

test('a session that Rekognition does not know has expired; what is no session is a fault of ours', async () => {
  assert.deepEqual(await rekognition.provider.readLiveness(crypto.randomUUID(), call), { kind: 'expired' });
  assert.equal(await outcome(rekognition.provider.readLiveness('not-a-session', call)), 'rejected INVALID_PARAMETER');
  assert.equal(await outcome(rekognition.provider.openLiveness('no token', call)), 'rejected INVALID_PARAMETER');
});

test('the simulator names what is wrong as Amazon does, and forgets a session after three minutes', async () => {
  const body = (request: object) => JSON.stringify(request);
  const settings = { ClientRequestToken: 'same', Settings: { AuditImagesLimit: 0 } };
  assert.equal((await rekognition.post('CreateFaceLivenessSession', body(settings))).status, 200);
  const refused: [string, string, object][] = [
    ['IdempotentParameterMismatchException', 'CreateFaceLivenessSession', { ...settings, Settings: { AuditImagesLimit: 4 } }],
    ['InvalidParameterException', 'CreateFaceLivenessSession', { Settings: { AuditImagesLimit: 5 } }],
    ['SessionNotFoundException', 'GetFaceLivenessSessionResults', { SessionId: crypto.randomUUID() }],
    ['InvalidParameterException', 'GetFaceLivenessSessionResults', {}],
  ];
  for (const [type, operation, request] of refused) {
    const answer = await rekognition.post(operation, body(request));
    assert.deepEqual([answer.status, answer.type], [400, type]);
  }
  let now = new Date();
  const sessions = createLivenessSessions(() => now);
  const { SessionId } = sessions.create({}) as { SessionId: string }; // the simulator's own answer
  sessions.watch(SessionId, 'live', Buffer.from('x'));
  now = new Date(now.getTime() + 181_000);
  assert.deepEqual(sessions.results({ SessionId }), { SessionId, Status: 'EXPIRED' });
});

test('an answer without a confidence is garbage, never a live face, and each error of the service is told apart', async (t) => {
  const answering = async (status: number, body: object) => {
    const server = await startServer((req, res) => {
      req.resume();
      req.on('end', () => res.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body)));
    });
    t.after(() => server.close());
    return outcome(server.provider.readLiveness('s', call));
  };
  assert.match(await answering(200, { Status: 'SUCCEEDED' }), /^garbage /);
  assert.match(await answering(200, { Status: 'SUCCEEDED', Confidence: 101 }), /^garbage /);
  assert.match(await answering(200, { Status: 'PASSED', Confidence: 99 }), /^garbage /);
  assert.equal(await answering(400, { __type: 'ThrottlingException' }), 'unavailable THROTTLED');
  assert.equal(await answering(400, { __type: 'AccessDeniedException' }), 'rejected CONFIG_ACCESS_DENIED');
  assert.equal(await answering(400, { __type: 'InvalidParameterException' }), 'rejected INVALID_PARAMETER');
});
