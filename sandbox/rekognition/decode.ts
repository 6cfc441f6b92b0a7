// A picture as a model wants it: upright, on white where it was transparent, and no larger than the model looks at.

import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { UndecodableFailure } from './vision.ts';

export interface DecodedPicture {
  bytes: Buffer;
  width: number;
  height: number;
}

/** Scales the longer side down to `side`; `finish` chooses colours and format. Throws UndecodableFailure. */
export async function decodePicture(bytes: Uint8Array, side: number, finish: (picture: Sharp) => Sharp): Promise<DecodedPicture> {
  try {
    const upright = sharp(bytes, { failOn: 'error' })
      .autoOrient()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: 'white' });
    const { data, info } = await finish(upright).toBuffer({ resolveWithObject: true });
    return { bytes: data, width: info.width, height: info.height };
  } catch {
    throw new UndecodableFailure();
  }
}
