// The contract of the identity provider: the real SDK against the simulator in scripted mode, which could as well be Amazon's service.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { createIdentityProvider } from '../../adapters/rekognition/client.ts';
import { identityLimits } from '../../config/identity-limits.ts';
import { renderScript, renderScriptedPhotos } from '../../sandbox/id-card/scripted-photos.ts';
import { photoSentinels } from '../../sandbox/sentinels.ts';
import type { PhotoSentinel } from '../../sandbox/sentinels.ts';
import { call, credentials, identify, outcome, specimenPerson, startSimulator } from './rekognition-loopback.ts';
import type { Loopback, Signing } from './rekognition-loopback.ts';

let rekognition: Loopback;
let face: Uint8Array;

before(async () => {
  rekognition = await startSimulator('scripted');
  face = await renderScript({ faces: [{ person: 'a' }] });
});
after(() => rekognition.close());

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const plain = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#888888' } });

test('faces come largest first, with everything the policy looks at', async () => {
  const photo = await renderScript({ faces: [{ person: 'a', yaw: -12, sharpness: 44 }, { person: 'b' }] });
  const [first, second, ...rest] = await rekognition.provider.detectFaces(photo, call);
  assert.ok(first && second && rest.length === 0);
  assert.ok(first.box.width * first.box.height > second.box.width * second.box.height);
  assert.deepEqual([first.yaw, first.sharpness, first.confidence > 99], [-12, 44, true]);
});

test('a photo without a face has no faces, and that is an answer, no failure', async () => {
  assert.deepEqual(await rekognition.provider.detectFaces(await renderScript({}), call), []);
  assert.deepEqual(await rekognition.provider.detectFaces(await plain(300, 300).png().toBuffer(), call), []);
});

test('a low similarity is reported as it is, not hidden behind a threshold of the vendor', async () => {
  const compare = async (target: Uint8Array) => (await rekognition.provider.compareFaces(face, target, call)).similarity;
  assert.equal(await compare(face), 99.3);
  assert.equal(await compare(await renderScript({ faces: [{ person: 'b' }] })), 7.5);
  assert.equal(await compare(await renderScript({ faces: [{ person: 'b', similarity: 88 }] })), 88);
  assert.equal(await compare(await renderScript({ faces: [{ person: 'b' }, { person: 'a' }] })), 99.3);
});

test('text comes line by line from top to bottom, without repeating its words', async () => {
  const lines = ['IDVNM1990001239079199000123<<9', 'No.: 079 199'];
  const read = await rekognition.provider.detectText(await renderScript({ lines }), call);
  assert.deepEqual(
    read.map(({ text }) => text),
    lines,
  );
});

test('comparing with nobody is refused as a fault of the caller, who must look for faces first', async () => {
  const nobody = await renderScript({});
  assert.equal(await outcome(rekognition.provider.compareFaces(face, nobody, call)), 'rejected INVALID_PARAMETER');
  assert.equal(await outcome(rekognition.provider.compareFaces(nobody, face, call)), 'rejected INVALID_PARAMETER');
});

test('an image that the service refuses is told apart from a fault of ours', async () => {
  const detect = (bytes: Uint8Array) => outcome(rekognition.provider.detectFaces(bytes, call));
  assert.equal(await detect(Buffer.from('not an image')), 'rejected IMAGE_FORMAT');
  assert.equal(await detect(await plain(200, 200).webp().toBuffer()), 'rejected IMAGE_FORMAT');
  assert.equal(await detect(face.subarray(0, 2_000)), 'rejected IMAGE_FORMAT');
  assert.equal(await detect(Buffer.concat([face, Buffer.alloc(identityLimits.imageMaxBytes)])), 'rejected IMAGE_TOO_LARGE');
  assert.equal(await detect(await plain(7_000, 7_000).png().toBuffer()), 'rejected IMAGE_TOO_LARGE');
  assert.equal(await detect(await plain(79, 200).png().toBuffer()), 'rejected INVALID_PARAMETER');
  assert.equal(await detect(new Uint8Array()), 'rejected INVALID_PARAMETER');
});

test('every submission of the sentinel table ends as the table says, from the photos to the verdict', async () => {
  for (const [name, { verdict, reasons }] of Object.entries(photoSentinels)) {
    const sentinel = name as PhotoSentinel; // the keys of the table
    const { idFront, idBack, selfie } = await renderScriptedPhotos(specimenPerson, sentinel);
    const assessed = await identify(rekognition.provider, { front: idFront, back: idBack, selfie });
    assert.deepEqual([assessed.verdict, [...assessed.reasonCodes]], [verdict, [...reasons]], name);
  }
});

test('the simulator refuses what Amazon refuses, under the same name', async () => {
  const good = JSON.stringify({ Image: { Bytes: base64(face) } });
  const compare = (more: object) => JSON.stringify({ SourceImage: { Bytes: base64(face) }, TargetImage: { Bytes: base64(face) }, ...more });
  const refused: [string, string, string, Record<string, string | undefined>?][] = [
    ['UnknownOperationException', 'DetectFaces', good, { 'x-amz-target': 'RekognitionService.DetectEverything' }],
    ['UnknownOperationException', 'DetectFaces', good, { 'x-amz-target': undefined }],
    ['UnknownOperationException', 'DetectFaces', good, { 'content-type': 'application/json' }],
    ['MissingAuthenticationTokenException', 'DetectFaces', good, { authorization: undefined }],
    ['IncompleteSignatureException', 'DetectFaces', good, { authorization: 'Bearer token' }],
    ['IncompleteSignatureException', 'DetectFaces', good, { 'x-amz-date': undefined }],
    ['IncompleteSignatureException', 'DetectFaces', good, { 'x-amz-date': '20251121T000000Z' }],
    ['SerializationException', 'DetectFaces', '{"Image":'],
    ['SerializationException', 'DetectFaces', JSON.stringify({ Image: { Bytes: 'not base64!' } })],
    ['InvalidParameterException', 'DetectFaces', '{}'],
    ['InvalidParameterException', 'DetectText', JSON.stringify({ Image: {} })],
    ['InvalidParameterException', 'CompareFaces', compare({ SimilarityThreshold: 101 })],
    ['InvalidParameterException', 'CompareFaces', compare({ QualityFilter: 'BEST' })],
    ['InvalidS3ObjectException', 'DetectFaces', JSON.stringify({ Image: { S3Object: { Bucket: 'b', Name: 'n' } } })],
    ['InvalidImageFormatException', 'DetectText', JSON.stringify({ Image: { Bytes: base64(Buffer.from('GIF89a..')) } })],
  ];
  for (const [name, operation, body, headers] of refused) {
    const { status, type } = await rekognition.post(operation, body, headers);
    assert.deepEqual([status, type], [400, name]);
  }
  assert.equal((await rekognition.post('DetectFaces', good)).status, 200);
});

test('only who holds the secret is answered, for what was signed and for five minutes', async () => {
  const body = JSON.stringify({ Image: { Bytes: base64(face) } });
  const refusal = async (signing: Partial<Signing>, headers: Record<string, string> = {}, sent = body) =>
    (await rekognition.post('DetectFaces', sent, headers, signing)).type;
  const minutes = (count: number) => ({ at: new Date(Date.now() + count * 60_000) });
  assert.equal(await refusal({}), null);
  assert.equal(await refusal({ credentials: { ...credentials, accessKeyId: 'other' } }), 'UnrecognizedClientException');
  assert.equal(await refusal({ credentials: { ...credentials, secretAccessKey: 'other' } }), 'InvalidSignatureException');
  assert.equal(await refusal({ service: 's3' }), 'InvalidSignatureException');
  assert.deepEqual([await refusal(minutes(-4)), await refusal(minutes(4))], [null, null]);
  assert.deepEqual([await refusal(minutes(-6)), await refusal(minutes(6))], ['InvalidSignatureException', 'InvalidSignatureException']);
  // Another operation, another body, another time than what was signed.
  assert.equal(await refusal({}, { 'x-amz-target': 'RekognitionService.DetectText' }), 'InvalidSignatureException');
  const otherBody = createHash('sha256').update(`${body} `).digest('hex');
  assert.equal(await refusal({}, { 'x-amz-content-sha256': otherBody }), 'InvalidSignatureException');
  const stranger = createIdentityProvider({
    ...credentials,
    secretAccessKey: 'other',
    ...rekognition,
    region: 'ap-southeast-1',
    timeoutMs: 20_000,
  });
  assert.equal(await outcome(stranger.detectFaces(face, call)), 'rejected CONFIG_CREDENTIALS');
});

test("without a threshold the simulator applies Amazon's 80, so that forgetting ours would show", async () => {
  const other = await renderScript({ faces: [{ person: 'b', similarity: 79.9 }] });
  const request = { SourceImage: { Bytes: base64(face) }, TargetImage: { Bytes: base64(other) } };
  const { answer } = await rekognition.post('CompareFaces', JSON.stringify(request));
  const { FaceMatches, UnmatchedFaces } = answer as { FaceMatches: unknown[]; UnmatchedFaces: unknown[] }; // compared below
  assert.deepEqual([FaceMatches.length, UnmatchedFaces.length], [0, 1]);
});
