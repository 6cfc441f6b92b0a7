// The contract of the reader of card codes: what is printed is read, whatever else is in the photo, and no photo takes the reader down.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { createCardCodeReader } from '../../adapters/codes/reader.ts';
import { findCardCode } from '../../domain/identity/qr.ts';
import { renderIdCard } from '../../sandbox/id-card/card.ts';
import type { IdCard } from '../../sandbox/id-card/card.ts';
import { noisy } from '../support/hostile-photos.ts';
import { specimenPerson } from './rekognition-loopback.ts';

const reader = createCardCodeReader({ timeoutMs: 60_000, heapMaxMb: 128 });
after(async () => reader.close());

let card: IdCard;
before(async () => {
  card = await renderIdCard(specimenPerson, await noisy(300, 400).png().toBuffer());
});

const { nationalId, fullName, dateOfBirth } = specimenPerson;

test('the code on the front of a card is read from the scan and from a photo taken at an angle', async () => {
  const turned = await sharp(card.front).resize(1250).rotate(1.5, { background: '#7a5c43' }).toBuffer();
  const onTable = await sharp({ create: { width: 1600, height: 1200, channels: 3, background: '#7a5c43' } })
    .composite([{ input: turned }])
    .jpeg({ quality: 75 })
    .toBuffer();
  for (const photo of [card.front, onTable]) {
    const texts = await reader.read(photo);
    assert.deepEqual(findCardCode(texts ?? []), { nationalId, oldNumber: null, fullName, dateOfBirth });
  }
});

test('a photo without a code has none, and that is an answer', async () => {
  assert.deepEqual(await reader.read(card.back), []);
});

test('photos that arrive together are each answered for themselves, and one that is none spoils nothing', async () => {
  const torn = card.front.subarray(0, 500);
  const [first, second, third] = await Promise.all([reader.read(card.front), reader.read(torn), reader.read(card.front)]);
  assert.deepEqual([first?.length, second, third?.length], [1, null, 1]);
});

test('a search that takes too long is given up, and the next photo gets a new reader', async () => {
  const hasty = createCardCodeReader({ timeoutMs: 1, heapMaxMb: 128 });
  assert.equal(await hasty.read(card.front), null);
  assert.equal(await hasty.read(card.front), null);
  await hasty.close();
});
