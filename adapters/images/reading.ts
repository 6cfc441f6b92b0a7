// What reading a photo may come to, and within which bounds. Apart from the reading itself, so that a process that only asks for one
// loads no decoder.

import type { ForeignFormatCode } from './formats.ts';

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
  | ForeignFormatCode
  /** More bytes than allowed. */
  | 'TOO_LARGE'
  | 'TOO_MANY_PIXELS'
  | 'TOO_SMALL'
  /** Begins like an image and cannot be decoded to its end. */
  | 'DAMAGED'
  /** Reading it took more memory or time than a photo may; given by the intake. */
  | 'TOO_HEAVY';

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

/** A reading that says no. */
export function refused(code: RefusedImageCode, message: string): ImageReading {
  return { kind: 'refused', code, message };
}

/** The exit code of a decoder that took too much memory. */
export const tooHeavyExit = 77;
