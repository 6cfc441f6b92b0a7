// The intake of photos: what is taken, what is refused and with which reason. Every hostile file here is made on the spot.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { readImage } from '../../adapters/images.ts';
import { identityLimits } from '../../config/limits.ts';

const noisy = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 40 } } });
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

/** A PNG that declares this size and holds almost nothing. */
function pngBomb(width: number, height: number): Buffer {
  const chunk = (type: string, content: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(content.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const start = Buffer.from('\x89PNG\r\n\x1A\n', 'latin1');
  return Buffer.concat([start, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(64))), chunk('IEND', Buffer.alloc(0))]);
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
  assert.equal((await taken(photo)).sha256, (await taken(photo)).sha256);
});

test('a photo is turned upright, and where and when it was taken is forgotten', async () => {
  const exif = { IFD0: { Copyright: 'Somebody', Software: 'Phone' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '10/1 46/1 0/1' } };
  const sideways = await noisy(300, 200).jpeg().withExif(exif).withMetadata({ orientation: 6 }).toBuffer();
  const { jpeg, width, height } = await taken(sideways);
  assert.deepEqual([width, height], [200, 300]);
  const kept = await sharp(jpeg).metadata();
  assert.deepEqual([kept.exif, kept.orientation, kept.icc, kept.xmp], [undefined, undefined, undefined, undefined]);
  assert.ok(!Buffer.from(jpeg).includes('Somebody'));
});

test('a large photo is scaled down to the longest side that is kept, a small one is left as it is', async () => {
  const large = await taken(await plain(4000, 3000).jpeg().toBuffer());
  assert.deepEqual([large.width, large.height], [1920, 1440]);
  assert.ok(large.jpeg.byteLength < identityLimits.imageMaxBytes);
  const small = await taken(await noisy(90, 80).jpeg().toBuffer());
  assert.deepEqual([small.width, small.height], [90, 80]);
});

test('what is appended to a photo does not get through', async () => {
  const polyglot = Buffer.concat([await noisy(200, 200).jpeg().toBuffer(), Buffer.from('PK\x03\x04<script>alert(1)</script>', 'latin1')]);
  assert.ok(!Buffer.from((await taken(polyglot)).jpeg).includes('<script>'));
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

test('a file that is no JPEG, PNG or WebP is refused as NOT_AN_IMAGE, whatever it is called', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><image href="file:///etc/passwd"/></svg>';
  const gif = await noisy(100, 100).gif().toBuffer();
  for (const bytes of [Buffer.alloc(0), Buffer.from('%PDF-1.7\n'), Buffer.from(svg), gif, Buffer.from([0xff, 0xd8])]) {
    await assertRefused(bytes, 'NOT_AN_IMAGE');
  }
});

test('a file of too many bytes is refused as TOO_LARGE before it is looked into', async () => {
  const padded = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(identityLimits.imageMaxBytes)]);
  await assertRefused(padded, 'TOO_LARGE');
});

test('a pixel bomb is refused as TOO_MANY_PIXELS without being decoded', async () => {
  const before = process.memoryUsage().rss;
  await assertRefused(pngBomb(17_000, 17_000), 'TOO_MANY_PIXELS');
  assert.ok(process.memoryUsage().rss - before < 100_000_000);
});

test('an image in which nothing can be recognised is refused as TOO_SMALL', async () => {
  await assertRefused(await noisy(79, 300).jpeg().toBuffer(), 'TOO_SMALL');
  await assertRefused(await plain(8000, 100).jpeg().toBuffer(), 'TOO_SMALL');
});

test('a truncated or scrambled image is refused as DAMAGED', async () => {
  const jpeg = await noisy(400, 400).jpeg().toBuffer();
  const png = await noisy(400, 400).png().toBuffer();
  const webp = await noisy(400, 400).webp().toBuffer();
  for (const whole of [jpeg, png, webp]) await assertRefused(whole.subarray(0, whole.length / 2), 'DAMAGED');
  await assertRefused(Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(500, 7)]), 'DAMAGED');
  await assertRefused(pngBomb(500, 500), 'DAMAGED');
});
