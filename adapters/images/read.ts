// Reading a photo. A file from the internet is a JPEG, PNG or WebP by its first bytes, is measured before it is decoded, and only a
// fresh JPEG made from its pixels goes further: upright, of bounded size, without EXIF, without anything appended to the file.
// Decoders of foreign bytes are where a process dies, so the product reads photos in a process apart (intake.ts).

import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { Metadata } from 'sharp';
import { formatOf } from './formats.ts';
import { refused } from './reading.ts';
import type { ImageLimits, ImageReading } from './reading.ts';
import { stripMetadata } from './strip.ts';

/** Reads a photo, or says why it cannot be used; the message may be shown to whoever sent it. Never throws for what is in the bytes.
 *  The same bytes give the same JPEG. Of an animation the first frame is taken; transparent parts become white. */
export async function readImage(bytes: Uint8Array, limits: ImageLimits): Promise<ImageReading> {
  const format = formatOf(bytes);
  if (format.kind === 'foreign') return refused(format.code, format.message);
  if (bytes.byteLength > limits.imageMaxBytes) {
    return refused('TOO_LARGE', `The file has more than ${limits.imageMaxBytes} bytes.`);
  }
  const picture = stripMetadata(bytes);
  const header = await readHeader(picture);
  if (!header) return refused('DAMAGED', 'The image cannot be read: its beginning is damaged.');
  const { width, height } = header;
  if (width * height > limits.imageMaxPixels) {
    return refused('TOO_MANY_PIXELS', `The image has more than ${limits.imageMaxPixels} pixels.`);
  }
  const scale = Math.min(1, limits.imageLongestSidePixels / Math.max(width, height));
  if (Math.min(width, height) * scale < limits.imageMinSidePixels) {
    return refused(
      'TOO_SMALL',
      `The image must have at least ${limits.imageMinSidePixels} pixels on each side and must not be a narrow strip.`,
    );
  }
  return reencode(picture, limits);
}

async function reencode(bytes: Uint8Array, limits: ImageLimits): Promise<ImageReading> {
  const side = limits.imageLongestSidePixels;
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: limits.imageMaxPixels, failOn: 'error', pages: 1 })
      .autoOrient()
      .flatten({ background: 'white' })
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .jpeg({ quality: limits.imageJpegQuality })
      .toBuffer({ resolveWithObject: true });
    const sha256 = createHash('sha256').update(data).digest('hex');
    return { kind: 'ok', jpeg: data, width: info.width, height: info.height, sha256 };
  } catch {
    return refused('DAMAGED', 'The image cannot be read to its end.');
  }
}

/** Width, height and format from the first bytes; nothing is decoded. */
async function readHeader(bytes: Uint8Array): Promise<Metadata | undefined> {
  try {
    return await sharp(bytes, { limitInputPixels: false, pages: 1 }).metadata();
  } catch {
    return undefined;
  }
}
