// How the identity provider fails: each error of the service, each way of not answering and each kind of nonsense becomes one of the four
// kinds, after exactly one attempt, without a word of what was sent or received.

import assert from 'node:assert/strict';
import type http from 'node:http';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createIdentityProvider } from '../../adapters/rekognition/client.ts';
import { VendorFailure } from '../../domain/failures.ts';
import { call, outcome, startServer } from './rekognition-loopback.ts';

const image = Buffer.from('ffd8ffe0', 'hex');

async function server(t: TestContext, listener: http.RequestListener, timeoutMs?: number) {
  let requests = 0;
  const loopback = await startServer(
    (req, res) => {
      requests += 1;
      req.resume();
      req.on('end', () => listener(req, res));
    },
    '',
    timeoutMs,
  );
  t.after(() => loopback.close());
  return { provider: loopback.provider, requests: () => requests };
}

const answering =
  (status: number, body: string, type = 'application/x-amz-json-1.1') =>
  (_req: unknown, res: http.ServerResponse) => {
    res.writeHead(status, { 'content-type': type }).end(body);
  };

test('each error of the service is mapped once, and each call is made exactly once', async (t) => {
  const mapped: [string, number, string][] = [
    ['ProvisionedThroughputExceededException', 400, 'unavailable THROTTLED'],
    ['ThrottlingException', 400, 'unavailable THROTTLED'],
    ['ThrottlingException', 500, 'unavailable THROTTLED'],
    ['InternalServerError', 500, 'unavailable SERVER_ERROR'],
    ['ServiceUnavailableException', 503, 'unavailable SERVER_ERROR'],
    ['ImageTooLargeException', 400, 'rejected IMAGE_TOO_LARGE'],
    ['InvalidImageFormatException', 400, 'rejected IMAGE_FORMAT'],
    ['InvalidParameterException', 400, 'rejected INVALID_PARAMETER'],
    ['ValidationException', 400, 'rejected INVALID_PARAMETER'],
    ['AccessDeniedException', 400, 'rejected CONFIG_ACCESS_DENIED'],
    ['SessionNotFoundException', 400, 'rejected SESSION_NOT_FOUND'],
    ['IdempotentParameterMismatchException', 400, 'rejected CONFIG_TOKEN_REUSED'],
    ['ResourceNotFoundException', 400, 'rejected CONFIG_RESOURCE_NOT_FOUND'],
    ['LimitExceededException', 400, 'rejected CONFIG_LIMIT_EXCEEDED'],
    ['UnrecognizedClientException', 400, 'rejected CONFIG_CREDENTIALS'],
    ['InvalidSignatureException', 400, 'rejected CONFIG_CREDENTIALS'],
    ['MissingAuthenticationTokenException', 400, 'rejected CONFIG_CREDENTIALS'],
    ['SomethingNewException', 400, 'rejected CONFIG_REFUSED'],
  ];
  for (const [name, status, expected] of mapped) {
    for (const type of [name, `com.amazonaws.rekognition#${name}`, `${name}:http://internal.amazon.com/coral/`]) {
      const { provider, requests } = await server(t, answering(status, JSON.stringify({ __type: type, Message: 'why', Code: name })));
      assert.equal(await outcome(provider.detectText(image, call)), expected, type);
      assert.equal(requests(), 1);
    }
  }
});

test('an answer that makes no sense is garbage, never a score and never an empty list', async (t) => {
  const face = {
    BoundingBox: { Left: 0.1, Top: 0.1, Width: 0.5, Height: 0.5 },
    Confidence: 99,
    Quality: { Brightness: 50, Sharpness: 50 },
    Pose: { Yaw: 0, Pitch: 0, Roll: 0 },
  };
  const nonsense = [
    '{"FaceDetails":[{"BoundingBox":{"Left":0.1,',
    '<html>hello</html>',
    '',
    '{}',
    '[]',
    'null',
    '{"FaceDetails":"none"}',
    JSON.stringify({ FaceDetails: [{ ...face, Confidence: undefined }] }),
    JSON.stringify({ FaceDetails: [{ ...face, Confidence: 100.1 }] }),
    JSON.stringify({ FaceDetails: [{ ...face, Pose: { Yaw: null, Pitch: 0, Roll: 0 } }] }),
    JSON.stringify({ FaceDetails: Array.from({ length: 101 }, () => face) }),
  ];
  for (const body of nonsense) {
    const { provider } = await server(t, answering(200, body));
    assert.match(await outcome(provider.detectFaces(image, call)), /^garbage /, body.slice(0, 60));
  }
  const { provider } = await server(t, answering(200, JSON.stringify({ FaceDetails: [face] })));
  assert.equal((await provider.detectFaces(image, call)).length, 1);
  const empty = await server(t, answering(200, '{}'));
  assert.match(await outcome(empty.provider.compareFaces(image, image, call)), /^garbage /);
  assert.match(await outcome(empty.provider.detectText(image, call)), /^garbage /);
});

test('a page of a proxy is unavailable on 5xx, and no verdict in any case', async (t) => {
  const bad = await server(t, answering(502, '<html>Bad gateway</html>', 'text/html'));
  assert.equal(await outcome(bad.provider.detectFaces(image, call)), 'unavailable SERVER_ERROR');
  const forbidden = await server(t, answering(403, '<html>Forbidden</html>', 'text/html'));
  assert.match(await outcome(forbidden.provider.detectFaces(image, call)), /^(garbage|rejected CONFIG_)/);
});

test('a service that does not answer is given up in time', async (t) => {
  const silent = await server(t, () => undefined, 150);
  const startedAt = performance.now();
  assert.equal(await outcome(silent.provider.detectFaces(image, call)), 'unavailable TIMEOUT');
  assert.ok(performance.now() - startedAt < 30_000, 'long before the minute that others have');
  const stuck = await server(
    t,
    (_req, res) => void res.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).write('{"Face'),
    150,
  );
  assert.equal(await outcome(stuck.provider.detectFaces(image, call)), 'unavailable TIMEOUT');
});

test('a connection that is refused or cut may be tried again: nothing changes by looking', async (t) => {
  const cut = await server(t, (req) => void req.socket.destroy());
  assert.equal(await outcome(cut.provider.detectFaces(image, call)), 'unavailable CONNECTION_LOST');
  const cutMidway = await server(t, (req, res) => {
    res.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': '500' }).write('{"FaceDetails":[');
    setImmediate(() => req.socket.destroy());
  });
  assert.match(await outcome(cutMidway.provider.detectFaces(image, call)), /^(unavailable|garbage) /);
  const nobody = createIdentityProvider({
    endpoint: 'http://127.0.0.1:9',
    region: 'eu-west-1',
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    timeoutMs: 2_000,
  });
  assert.equal(await outcome(nobody.detectFaces(image, call)), 'unavailable NOT_REACHED');
});

test('a call that is no longer wanted ends at once', async (t) => {
  const { provider } = await server(t, () => undefined);
  const stop = new AbortController();
  const looking = outcome(provider.detectFaces(image, { ...call, signal: stop.signal }));
  stop.abort();
  assert.equal(await looking, 'unavailable ABORTED');
});

test('a failure says nothing of what was sent or received', async (t) => {
  const secret = 'NGUYEN THI BI MAT 079196990001';
  for (const [status, body] of [
    [400, JSON.stringify({ __type: 'InvalidParameterException', Message: secret })],
    [500, secret],
    [200, `{"TextDetections":"${secret}"}`],
    [200, secret],
  ] as const) {
    const { provider } = await server(t, answering(status, body));
    const failure = await provider.detectText(image, call).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(failure instanceof VendorFailure);
    assert.ok(!`${failure.stack}${failure.message}${JSON.stringify(failure)}${String(failure.cause)}`.includes('BI MAT'));
  }
});
