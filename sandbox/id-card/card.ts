// A card that looks like the Vietnamese căn cước with a chip, for demo and tests: front with portrait, number, name, dates and QR code,
// back with the machine-readable zone. It is marked SPECIMEN on both sides, carries no emblem, and the person on it is invented.

import sharp from 'sharp';
import type { Day } from '../../domain/calendar.ts';
import { drawBack } from './back.ts';
import { cardSize } from './design.ts';
import { drawFront, portraitFrame } from './front.ts';
import { createPen } from './pen.ts';

/** Whose card it is. Nobody real may be meant. */
export interface SpecimenPerson {
  /** họ đệm tên, with diacritics. */
  fullName: string;
  dateOfBirth: Day;
  /** 12 digits. */
  nationalId: string;
  gender: 'male' | 'female';
  address: string;
  issuedOn: Day;
  /** Null on a card that does not expire. */
  expiresOn: Day | null;
}

export interface IdCard {
  /** JPEG, 1600 × 1009 pixels. */
  front: Uint8Array;
  back: Uint8Array;
}

/** Draws both sides. The portrait is a photo of a face in any format that sharp reads; it fills the frame and is cut where it is longer.
 *  `codeOf` forges the card: its QR code is that person's. The same input gives the same bytes. */
export async function renderIdCard(person: SpecimenPerson, portrait: Uint8Array, { codeOf = person } = {}): Promise<IdCard> {
  const pen = createPen();
  const { left, top, width, height } = portraitFrame;
  const photo = await sharp(portrait).resize(width, height, { fit: 'cover', position: 'top' }).toBuffer();
  return {
    front: await raster(drawFront(pen, person, codeOf), [{ input: photo, left, top }]),
    back: await raster(drawBack(pen, person), []),
  };
}

async function raster(svg: string, pictures: { input: Buffer; left: number; top: number }[]): Promise<Uint8Array> {
  return sharp(Buffer.from(svg)).resize(cardSize.width, cardSize.height).composite(pictures).flatten().jpeg({ quality: 92 }).toBuffer();
}
