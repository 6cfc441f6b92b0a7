// A photo without what is written beside its pixels, taken away before any decoder sees it: a few MB of EXIF whose entries point at
// themselves keep a decoder busy for half a minute. Only what changes the picture stays: colour profile, transparency, and in a JPEG the
// orientation, written anew. What does not look like its format is left as it is; the decoder refuses it, or its clock does.

/** The same picture with nothing around it. */
export function stripMetadata(bytes: Uint8Array): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view[0] === 0xff) return stripJpeg(view);
  return view[0] === 0x89 ? stripPng(view) : stripWebp(view);
}

/** Segments up to the start of the scan (SOS), which begins the pixels. */
function stripJpeg(jpeg: Buffer): Buffer {
  const kept: Buffer[] = [];
  let orientation = 1;
  for (let at = 2; at + 4 <= jpeg.length;) {
    const marker = jpeg.readUInt16BE(at);
    if (marker < 0xffc0 || marker === 0xffff) return jpeg;
    if (marker === 0xffda) return Buffer.concat([jpeg.subarray(0, 2), exifOf(orientation), ...kept, jpeg.subarray(at)]);
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    const segment = jpeg.subarray(at, end);
    if (orientation === 1) orientation = orientationIn(segment);
    if (isOfThePicture(marker, segment)) kept.push(segment);
    at = end;
  }
  return jpeg;
}

/** Everything but application data and comments; of those JFIF, the colour profile and Adobe's note on the colours. */
function isOfThePicture(marker: number, segment: Buffer): boolean {
  const isApplicationData = marker >= 0xffe0 && marker <= 0xffef;
  if (!isApplicationData) return marker !== 0xfffe;
  return marker === 0xffe0 || marker === 0xffee || (marker === 0xffe2 && segment.toString('latin1', 4, 15) === 'ICC_PROFILE');
}

/** 1–8 as EXIF counts them; 1, upright, where the segment does not say. Only the first directory is looked at. */
function orientationIn(segment: Buffer): number {
  if (segment.readUInt16BE(0) !== 0xffe1 || segment.toString('latin1', 4, 10) !== 'Exif\0\0' || segment.length < 20) return 1;
  const tiff = segment.subarray(10);
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const short = (at: number): number => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const start = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const entries = Math.min(short(start), 200);
  for (let at = start + 2; at < start + 2 + entries * 12; at += 12) {
    const value = short(at + 8);
    if (short(at) === 0x0112) return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** A segment that says the orientation and nothing else. */
function exifOf(orientation: number): Buffer {
  const oneEntry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  return Buffer.from([0xff, 0xe1, 0, 34, ...Buffer.from('Exif\0\0MM\0\x2a\0\0\0\x08', 'latin1'), 0, 1, ...oneEntry, 0, 0, 0, 0]);
}

/** Chunks that are needed, and transparency. */
const pngChunks = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);

function stripPng(png: Buffer): Buffer {
  const kept = [png.subarray(0, 8)];
  for (let at = 8; at + 12 <= png.length;) {
    const end = at + 12 + png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    if (pngChunks.has(name)) kept.push(png.subarray(at, end));
    if (name === 'IEND') break;
    at = end;
  }
  return Buffer.concat(kept);
}

function stripWebp(webp: Buffer): Buffer {
  const kept: Buffer[] = [];
  const end = Math.min(webp.length, 8 + webp.readUInt32LE(4));
  for (let at = 12; at + 8 <= end;) {
    const length = webp.readUInt32LE(at + 4);
    const next = at + 8 + length + (length % 2);
    const name = webp.toString('latin1', at, at + 4);
    if (name !== 'EXIF' && name !== 'XMP ') kept.push(name === 'VP8X' ? withoutFlags(webp.subarray(at, next)) : webp.subarray(at, next));
    at = next;
  }
  const head = Buffer.from(webp.subarray(0, 12));
  head.writeUInt32LE(4 + kept.reduce((sum, chunk) => sum + chunk.length, 0), 4);
  return Buffer.concat([head, ...kept]);
}

/** The header of an extended WebP that no longer announces EXIF and XMP. */
function withoutFlags(header: Buffer): Buffer {
  const copy = Buffer.from(header);
  copy[8] = (copy[8] ?? 0) & ~0b1100;
  return copy;
}
