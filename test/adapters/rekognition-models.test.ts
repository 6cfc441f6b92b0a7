// The same contract with real models looking at real photos: a drawn card with a face from the demo portraits, photographed as people do.
// The models are loaded once; the whole file takes some 20 seconds.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { findMrz, findNumbers } from '../../domain/identity/card-text.ts';
import { foldName } from '../../domain/identity/names.ts';
import { renderIdCard } from '../../sandbox/id-card/card.ts';
import type { IdCard, SpecimenPerson } from '../../sandbox/id-card/card.ts';
import { demoPortraits } from '../../sandbox/id-card/portraits.ts';
import type { DemoPortraits } from '../../sandbox/id-card/portraits.ts';
import { call, identify, outcome, specimenPerson, startSimulator } from './rekognition-loopback.ts';
import type { Loopback } from './rekognition-loopback.ts';

let rekognition: Loopback;
let demo: DemoPortraits;
let card: IdCard;

before(async () => {
  rekognition = await startSimulator('model');
  demo = await demoPortraits();
  card = await renderIdCard(specimenPerson, demo.customer.portrait);
});
after(() => rekognition.close());

const endingWith = async (selfie: Uint8Array) => {
  const { verdict, reasonCodes } = await identify(rekognition.provider, { ...card, selfie });
  return [verdict, ...reasonCodes];
};

test('the demo customer is recognised on card and selfie, and everything on the card agrees with what was typed', async () => {
  const { verdict, reasonCodes, evidence } = await identify(rekognition.provider, { ...card, selfie: demo.customer.selfie });
  assert.deepEqual([verdict, [...reasonCodes]], ['pass', []]);
  assert.ok((evidence.similarity ?? 0) >= 95);
});

test('the code on the card is read beside the rest, and the code of another card betrays it', async () => {
  const selfie = demo.customer.selfie;
  const { checks } = await identify(rekognition.provider, { ...card, selfie });
  assert.equal(checks.find(({ kind }) => kind === 'qr')?.verdict, 'pass');
  const other = { ...specimenPerson, nationalId: '001196990077', fullName: 'Trần Thị Bình' };
  const forged = await renderIdCard(specimenPerson, demo.customer.portrait, { codeOf: other });
  const { verdict, reasonCodes } = await identify(rekognition.provider, { ...forged, selfie });
  assert.deepEqual([verdict, ...reasonCodes], ['fail', 'IDENTITY_QR_MISMATCH']);
});

test('somebody else with the card of the demo customer is not taken for her', async () => {
  assert.deepEqual(await endingWith(demo.other.selfie), ['fail', 'IDENTITY_FACE_MISMATCH']);
});

test('a selfie of a group, of nobody, or out of focus is asked for again with its own reason', async () => {
  assert.deepEqual(await endingWith(demo.group), ['fail', 'IDENTITY_MANY_FACES']);
  assert.deepEqual(await endingWith(demo.nobody), ['fail', 'IDENTITY_NO_FACE']);
  const blurred = await sharp(demo.customer.selfie).blur(5).jpeg().toBuffer();
  const dark = await sharp(demo.customer.selfie).modulate({ brightness: 0.3 }).jpeg().toBuffer();
  for (const poor of [blurred, dark]) assert.deepEqual(await endingWith(poor), ['fail', 'IDENTITY_POOR_PHOTO']);
});

test('in a group the customer is found where she is, and nobody else is taken for her', async () => {
  const samples = path.join(path.dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo');
  for (const number of [1, 3, 5, 6]) {
    const group = await sharp(path.join(samples, `sample${number}.jpg`))
      .resize(1400)
      .jpeg()
      .toBuffer();
    const { similarity } = await rekognition.provider.compareFaces(demo.customer.portrait, group, call);
    assert.ok(number === 6 ? similarity >= 95 : similarity < 80, `sample ${number}`);
  }
});

test('number and machine-readable zone are read exactly, from the scan and from a photo taken at an angle', async () => {
  const people: SpecimenPerson[] = [
    specimenPerson,
    { ...specimenPerson, fullName: 'Đỗ Quốc Bảo', gender: 'male', nationalId: '001085778034', dateOfBirth: '1985-11-30', expiresOn: null },
  ];
  for (const person of people) {
    const drawn = await renderIdCard(person, demo.customer.portrait);
    for (const { front, back } of [drawn, { front: await onTable(drawn.front), back: await onTable(drawn.back) }]) {
      const number = findNumbers((await rekognition.provider.detectText(front, call)).map(({ text }) => text));
      assert.deepEqual(number, [person.nationalId]);
      const zone = findMrz((await rekognition.provider.detectText(back, call)).map(({ text }) => text));
      assert.ok(zone.kind === 'read');
      const { nationalId, fullName, dateOfBirth, expiresOn } = zone.mrz;
      const { expiresOn: expiry } = person;
      assert.deepEqual(
        [nationalId, fullName, dateOfBirth, expiresOn],
        [person.nationalId, foldName(person.fullName), person.dateOfBirth, expiry],
      );
    }
  }
});

test('a face and a text are looked at together, so that a submission takes as long as its texts and no longer', async () => {
  const { front, back } = await renderIdCard({ ...specimenPerson, nationalId: '079196990777' }, demo.customer.portrait);
  const ends: string[] = [];
  const look = async (name: string, work: Promise<unknown>) => work.then(() => void ends.push(name));
  await Promise.all([
    look('text', rekognition.provider.detectText(back, call)),
    look('text', rekognition.provider.detectText(front, call)),
    look('face', rekognition.provider.detectFaces(front, call)),
  ]);
  assert.notEqual(ends.at(-1), 'face', 'the face did not wait for both texts');
});

test('photos that arrive together are looked at one after the other, and each gets its own answer', async () => {
  const photos = [demo.customer.selfie, demo.nobody, demo.group, demo.other.selfie, demo.customer.selfie];
  const seen = await Promise.all(photos.map(async (photo) => (await rekognition.provider.detectFaces(photo, call)).length));
  assert.deepEqual(seen, [1, 0, 3, 1, 1]);
});

test('a photo that cannot be decoded is refused, and the next one is looked at as if nothing had happened', async () => {
  const torn = demo.customer.portrait.subarray(0, demo.customer.portrait.length / 2);
  assert.equal(await outcome(rekognition.provider.detectFaces(torn, call)), 'rejected IMAGE_FORMAT');
  assert.equal(await outcome(rekognition.provider.detectText(torn, call)), 'rejected IMAGE_FORMAT');
  assert.equal((await rekognition.provider.detectFaces(demo.customer.portrait, call)).length, 1);
});

/** The card smaller, slightly turned, on a wooden table, compressed by a phone. */
async function onTable(side: Uint8Array): Promise<Uint8Array> {
  const turned = await sharp(side).resize(1250).rotate(1.5, { background: '#7a5c43' }).toBuffer();
  return sharp({ create: { width: 1600, height: 1200, channels: 3, background: '#7a5c43' } })
    .composite([{ input: turned }])
    .jpeg({ quality: 75 })
    .toBuffer();
}
