// Reading a photo: what is kept of it, and what is refused.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { readImage } from '../../adapters/images/read.ts';
import { stripMetadata } from '../../adapters/images/strip.ts';
import { identityLimits } from '../../config/identity-limits.ts';
import { noisy, pngBomb } from '../support/hostile-photos.ts';

const plain = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#808080' } });

async function assertRefused(bytes: Uint8Array, code: string): Promise<void> {
  const reading = await readImage(bytes, identityLimits);
  assert.equal(reading.kind === 'refused' ? reading.code : reading.kind, code);
  assert.ok(reading.kind === 'refused' && reading.message.length > 10);
}

async function taken(bytes: Uint8Array) {
  const reading = await readImage(bytes, identityLimits);
  assert.ok(reading.kind === 'ok');
  return reading;
}

test('a JPEG, PNG or WebP becomes a JPEG whose hash is the hash of its bytes', async () => {
  for (const format of ['jpeg', 'png', 'webp'] as const) {
    const { jpeg, width, height, sha256 } = await taken(await noisy(300, 200).toFormat(format).toBuffer());
    assert.deepEqual([width, height], [300, 200]);
    assert.equal(Buffer.from(jpeg.subarray(0, 3)).toString('hex'), 'ffd8ff');
    assert.equal(sha256, createHash('sha256').update(jpeg).digest('hex'));
  }
});

test('the same photo gives the same JPEG, so that a photo sent twice is recognised', async () => {
  const photo = await noisy(300, 200).jpeg().toBuffer();
  const again = Buffer.concat([photo, Buffer.from('something appended')]);
  assert.equal((await taken(photo)).sha256, (await taken(again)).sha256);
});

test('a photo is turned upright, and where and when it was taken is forgotten', async () => {
  const exif = { IFD0: { Copyright: 'Somebody', Software: 'Phone' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '10/1 46/1 0/1' } };
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const sent = await noisy(300, 200).jpeg().withExif(exif).withMetadata({ orientation }).toBuffer();
    assert.equal((await sharp(sent).metadata()).orientation, orientation, 'the photo that was sent says so');
    const { jpeg, width, height } = await taken(sent);
    assert.deepEqual([width, height], orientation < 5 ? [300, 200] : [200, 300]);
    const expected = await sharp(sent).autoOrient().raw().toBuffer();
    const difference = (await sharp(jpeg).raw().toBuffer()).reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0);
    assert.ok(difference / expected.length < 8, `the same picture, turned like orientation ${orientation} says`);
    const kept = await sharp(jpeg).metadata();
    assert.deepEqual([kept.exif, kept.orientation, kept.icc, kept.xmp], [undefined, undefined, undefined, undefined]);
    assert.ok(!Buffer.from(jpeg).includes('Somebody'));
  }
});

test('EXIF and XMP are gone from a PNG and a WebP as well, and the picture is whole', async () => {
  for (const format of ['png', 'webp'] as const) {
    const tagged = noisy(300, 200)
      .withExif({ IFD0: { Copyright: 'Somebody' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">Somebody</x:xmpmeta>');
    const sent = await tagged.toFormat(format).toBuffer();
    assert.ok((await sharp(sent).metadata()).exif);
    const { jpeg, width } = await taken(sent);
    assert.deepEqual([width, Buffer.from(jpeg).includes('Somebody')], [300, false]);
  }
});

test('a large photo is scaled down to the longest side that is kept, a small one is left as it is', async () => {
  const large = await taken(await plain(4000, 3000).jpeg().toBuffer());
  assert.deepEqual([large.width, large.height], [1920, 1440]);
  assert.ok(large.jpeg.byteLength < identityLimits.imageMaxBytes);
  const small = await taken(await noisy(90, 80).jpeg().toBuffer());
  assert.deepEqual([small.width, small.height], [90, 80]);
});

test('of an animation one frame is kept, and transparency becomes white', async () => {
  const frame = await sharp({ create: { width: 100, height: 100, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
    .png()
    .toBuffer();
  const animation = await sharp([frame, frame, frame], { join: { animated: true } })
    .webp()
    .toBuffer();
  const { jpeg, width, height } = await taken(animation);
  assert.deepEqual([width, height], [100, 100]);
  const [red] = await sharp(jpeg).raw().toBuffer();
  assert.ok(red !== undefined && red > 250);
});

test('an image in which nothing can be recognised is refused as TOO_SMALL', async () => {
  await assertRefused(await noisy(79, 300).jpeg().toBuffer(), 'TOO_SMALL');
  await assertRefused(await plain(8000, 100).jpeg().toBuffer(), 'TOO_SMALL');
});

test('a truncated or scrambled image is refused as DAMAGED', async () => {
  const webp = await noisy(400, 400).webp().toBuffer();
  await assertRefused(webp.subarray(0, webp.length / 2), 'DAMAGED');
  await assertRefused(Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(500, 7)]), 'DAMAGED');
  await assertRefused(pngBomb(500, 500), 'DAMAGED');
});

test('whatever is broken in a file, taking away what is beside the pixels comes to an end without an error', async () => {
  const photos = await Promise.all(
    (['jpeg', 'png', 'webp'] as const).map(async (format) => noisy(90, 90).withExif({}).toFormat(format).toBuffer()),
  );
  const byte = fc.tuple(fc.integer({ min: 12, max: 300 }), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.constantFrom(...photos), fc.array(byte, { maxLength: 8 }), fc.nat({ max: 400 }), (photo, changes, length) => {
      const broken = Buffer.from(photo.subarray(0, Math.max(12, length)));
      for (const [at, value] of changes) broken[at] = value;
      assert.ok(stripMetadata(broken).byteLength <= broken.byteLength + 36);
    }),
    { numRuns: 2_000 },
  );
});
