// Files that nobody's camera makes, each made on the spot: what is refused, with which reason, and what may be kept of the rest.

import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { identityLimits } from '../../config/identity-limits.ts';

export interface HostilePhoto {
  name: string;
  bytes: Uint8Array;
  /** The reason for which it is refused; `ok` when only its clean pixels are kept. */
  ends: string;
  /** Must not be in what is kept. */
  without?: string;
}

/** A photo that is like no other, as a camera makes it. */
export function noisy(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 40 } } });
}

/** The corpus. */
export async function hostilePhotos(): Promise<HostilePhoto[]> {
  const jpeg = await noisy(400, 300).jpeg().toBuffer();
  const png = await noisy(400, 300).png().toBuffer();
  const frame = await noisy(100, 100).png().toBuffer();
  const gif = await sharp([frame, await noisy(100, 100).png().toBuffer()], { join: { animated: true } })
    .gif()
    .toBuffer();
  const html = '<html><script>alert(1)</script></html>';
  const zip = 'PK\x03\x04 hidden archive';
  return [
    { name: 'a PNG of 17,000 × 17,000 pixels in 400 bytes', bytes: pngBomb(17_000, 17_000), ends: 'TOO_MANY_PIXELS' },
    { name: 'an animated GIF', bytes: gif, ends: 'GIF' },
    { name: 'an SVG that fetches a file', bytes: Buffer.from(svg), ends: 'SVG' },
    { name: 'a PDF called photo.jpg', bytes: Buffer.from('%PDF-1.7\n1 0 obj'), ends: 'PDF' },
    { name: 'a HEIC of a telephone', bytes: Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1', 'latin1'), ends: 'HEIC' },
    { name: 'a program', bytes: Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), ends: 'NOT_AN_IMAGE' },
    { name: 'a truncated JPEG', bytes: jpeg.subarray(0, jpeg.length / 2), ends: 'DAMAGED' },
    { name: 'a truncated PNG', bytes: png.subarray(0, png.length / 2), ends: 'DAMAGED' },
    { name: 'a JPEG that is a web page too', bytes: withSegment(jpeg, 0xfe, Buffer.from(html)), ends: 'ok', without: 'script' },
    { name: 'a PNG that is an archive too', bytes: Buffer.concat([png, Buffer.from(zip, 'latin1')]), ends: 'ok', without: 'PK\x03\x04' },
    { name: 'a JPEG with 4 MB of EXIF', bytes: exifBomb(jpeg), ends: 'ok', without: 'Exif' },
    { name: 'no bytes at all', bytes: new Uint8Array(), ends: 'EMPTY' },
    { name: 'a strip', bytes: await noisy(4_000, 60).jpeg().toBuffer(), ends: 'TOO_SMALL' },
    { name: '20 MB', bytes: Buffer.concat([jpeg, Buffer.alloc(4 * identityLimits.imageMaxBytes)]), ends: 'TOO_LARGE' },
  ];
}

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><image href="file:///etc/passwd"/></svg>';

/** A PNG that declares this size and holds almost nothing. */
export function pngBomb(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const start = Buffer.from('\x89PNG\r\n\x1A\n', 'latin1');
  return Buffer.concat([start, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(64))), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(content.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** Segments that point at themselves: a reader that follows every pointer never ends. */
function exifBomb(jpeg: Buffer): Buffer {
  const directory = Buffer.alloc(65_000);
  directory.write('Exif\0\0MM\0\x2a\0\0\0\x08', 'latin1');
  directory.writeUInt16BE(5_000, 14);
  for (let entry = 0; entry < 5_000; entry += 1) {
    const at = 16 + entry * 12;
    directory.writeUInt16BE(0x87_69, at); // a pointer to the next directory
    directory.writeUInt16BE(4, at + 2);
    directory.writeUInt32BE(1, at + 4);
    directory.writeUInt32BE(8, at + 8); // which is this one
  }
  let bomb = jpeg;
  for (let count = 0; count < 62; count += 1) bomb = withSegment(bomb, 0xe1, directory);
  return bomb;
}

function withSegment(jpeg: Buffer, marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]);
}
