// The intake of photos. A file from the internet is a JPEG, PNG or WebP by its first bytes, is measured before it is decoded, and only a
// fresh JPEG made from its pixels goes further: upright, of bounded size, without EXIF, without anything appended to the file.

import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { Metadata } from 'sharp';

/** Bounds of a photo; the values come from config/limits.ts. */
export interface ImageLimits {
  imageMaxBytes: number;
  /** Width times height, before decoding. */
  imageMaxPixels: number;
  /** The shorter side, as delivered and as kept. */
  imageMinSidePixels: number;
  /** A larger photo is scaled down to it. */
  imageLongestSidePixels: number;
  /** 1–100 */
  imageJpegQuality: number;
}

export type RefusedImageCode =
  /** Not a JPEG, PNG or WebP. */
  | 'NOT_AN_IMAGE'
  /** More bytes than allowed. */
  | 'TOO_LARGE'
  | 'TOO_MANY_PIXELS'
  | 'TOO_SMALL'
  /** Begins like an image and cannot be decoded to its end. */
  | 'DAMAGED';

export type ImageReading =
  | {
      kind: 'ok';
      /** sRGB, upright, without metadata. */
      jpeg: Uint8Array;
      width: number;
      height: number;
      /** Of `jpeg`, in hexadecimal. */
      sha256: string;
    }
  | { kind: 'refused'; code: RefusedImageCode; message: string };

/** Reads a photo, or says why it cannot be used; the message may be shown to whoever sent it. Never throws for what is in the bytes.
 *  The same bytes give the same JPEG. Of an animation the first frame is taken; transparent parts become white. */
export async function readImage(bytes: Uint8Array, limits: ImageLimits): Promise<ImageReading> {
  if (!isPhoto(bytes)) return refused('NOT_AN_IMAGE', 'The file is not a JPEG, PNG or WebP image.');
  if (bytes.byteLength > limits.imageMaxBytes) {
    return refused('TOO_LARGE', `The file has more than ${limits.imageMaxBytes} bytes.`);
  }
  const header = await readHeader(bytes);
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
  return reencode(bytes, limits);
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

function isPhoto(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return start.startsWith('\xFF\xD8\xFF') || start.startsWith('\x89PNG\r\n\x1A\n') || /^RIFF.{4}WEBP$/s.test(start);
}

function refused(code: RefusedImageCode, message: string): ImageReading {
  return { kind: 'refused', code, message };
}
