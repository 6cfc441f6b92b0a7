// The thread of reader.ts: takes one photo after the other and answers each with what its QR code says.

import { parentPort } from 'node:worker_threads';
import jsqr from 'jsqr';
import sharp from 'sharp';

export interface CodeOrder {
  photo: Uint8Array;
}

export type CodeAnswer = { kind: 'read'; texts: string[] } | { kind: 'broken' };

const port = parentPort;
if (!port) throw new Error('this file is the start of a worker thread');

/** Longest side in pixels, one after the other: small print of a card needs the first, a photo that is not sharp is easier at the second. */
const lookingSides = [1_920, 1_000];

port.on('message', ({ photo }: CodeOrder) => void look(photo).then((answer) => port.postMessage(answer)));

async function look(photo: Uint8Array): Promise<CodeAnswer> {
  try {
    for (const side of lookingSides) {
      const { data, info } = await sharp(photo)
        .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const pixels = new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength);
      const code = jsqr.default(pixels, info.width, info.height, { inversionAttempts: 'dontInvert' });
      if (code && code.data !== '') return { kind: 'read', texts: [code.data] };
    }
    return { kind: 'read', texts: [] };
  } catch {
    return { kind: 'broken' };
  }
}
