// The intake as a whole: the decoder in its own process, under everything that hostile files may do to it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { createImageIntake } from '../../adapters/images/intake.ts';
import type { ImageIntake, IntakeOptions } from '../../adapters/images/intake.ts';
import { identityLimits } from '../../config/identity-limits.ts';
import { hostilePhotos, noisy } from '../support/hostile-photos.ts';

const intakes: ImageIntake[] = [];
after(async () => Promise.all(intakes.map(async (intake) => intake.close())));

function anIntake(options: Partial<IntakeOptions> = {}): ImageIntake {
  const usual = {
    limits: identityLimits,
    memoryMaxBytes: identityLimits.imageDecodeMaxBytes,
    timeoutMs: 60_000,
    startTimeoutMs: 60_000,
    waitingMax: 32,
  };
  const intake = createImageIntake({ ...usual, ...options });
  intakes.push(intake);
  return intake;
}

const endOf = async (reading: ReturnType<ImageIntake['read']>): Promise<string> => {
  const ending = await reading;
  return ending.kind === 'refused' ? ending.code : ending.kind;
};

const photo = await noisy(400, 300).jpeg().toBuffer();
/** All of it must be in memory before it can be turned: 72 MB of pixels in a file of some 200 kB. */
const large = await sharp({ create: { width: 6_000, height: 4_000, channels: 3, background: '#808080' } })
  .jpeg({ progressive: true })
  .withMetadata({ orientation: 6 })
  .toBuffer();

test('every hostile file ends as it must, with a reason of its own, and nothing foreign is in what is kept', async () => {
  const intake = anIntake();
  for (const { name, bytes, ends, without } of await hostilePhotos()) {
    const reading = await intake.read(bytes);
    assert.equal(reading.kind === 'refused' ? reading.code : reading.kind, ends, name);
    if (reading.kind === 'refused') assert.ok(reading.message.length > 10, name);
    if (reading.kind === 'ok') assert.ok(without !== undefined && !Buffer.from(reading.jpeg).includes(without), name);
  }
});

test('a photo that takes too much memory ends its decoder and is refused; the next photo is read', async () => {
  const intake = anIntake({ memoryMaxBytes: 100_000_000 });
  assert.equal(await endOf(intake.read(large)), 'TOO_HEAVY');
  const roomy = anIntake();
  assert.equal(await endOf(roomy.read(large)), 'ok', 'the same photo is read where there is room');
  assert.equal(await endOf(roomy.read(photo)), 'ok');
});

test('a photo that takes too long ends its decoder and is refused; this process lives on', async () => {
  const intake = anIntake({ timeoutMs: 5 }); // no machine decodes 24 million pixels in it
  assert.equal(await endOf(intake.read(large)), 'TOO_HEAVY');
  assert.equal(await endOf(intake.read(large)), 'TOO_HEAVY', 'a new decoder took the next photo');
});

test('a photo that was read while this process stood still is not held to have taken too long', async () => {
  const intake = anIntake({ timeoutMs: 2_000 });
  assert.equal(await endOf(intake.read(photo)), 'ok');
  const reading = endOf(intake.read(photo));
  await new Promise(setImmediate); // the decoder has its order
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
  assert.equal(await reading, 'ok');
});

test('photos that arrive together are all read, and more than may wait are told to come back', async () => {
  const intake = anIntake({ waitingMax: 3 });
  const ends = await Promise.all([1, 2, 3, 4, 5].map(async () => endOf(intake.read(photo))));
  assert.deepEqual(ends, ['ok', 'ok', 'ok', 'busy', 'busy']);
  assert.equal(await endOf(intake.read(photo)), 'ok');
});

test('a closed intake reads nothing more, and starts no decoder', async () => {
  const intake = anIntake();
  const reading = endOf(intake.read(photo));
  assert.equal(await reading, 'ok');
  await intake.close();
  assert.equal(await endOf(intake.read(photo)), 'busy');
});
