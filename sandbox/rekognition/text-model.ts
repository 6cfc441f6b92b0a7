// Text: one pass over the whole picture for whatever stands there, and a second, with the alphabet of a machine-readable zone, over the
// band where the first pass saw one. The second pass costs a quarter of a second and turns nearly right into right.

import { createRequire } from 'node:module';
import path from 'node:path';
import sharp from 'sharp';
import { createWorker, OEM, PSM } from 'tesseract.js';
import type { Page, Worker } from 'tesseract.js';
import { decodePicture } from './decode.ts';
import type { DecodedPicture } from './decode.ts';
import type { Box, SeenLine } from './vision.ts';

export interface TextModel {
  /** Top to bottom. Must not be called again before it is done. */
  read(bytes: Uint8Array): Promise<SeenLine[]>;
  close(): Promise<void>;
}

/** A card that fills half of the photo is legible at this size. */
const readingSide = 1_200;
/** Lines without a word of which the reader is this sure (0–100) are specks and patterns. */
const confidenceMin = 40;
const zoneAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<';

/** Starts Tesseract, which brings a thread of its own. */
export async function loadTextModel(): Promise<TextModel> {
  const { resolve } = createRequire(import.meta.url);
  const langPath = path.join(path.dirname(resolve('@tesseract.js-data/eng/package.json')), '4.0.0_best_int');
  const tesseract = await createWorker('eng', OEM.LSTM_ONLY, { langPath, gzip: true, cacheMethod: 'none' });
  // Its engine writes remarks to the terminal unless they go to a file, and wants to be told a resolution.
  await tesseract.setParameters({ debug_file: '/dev/null', user_defined_dpi: '300' });
  return {
    read: async (bytes) => {
      const picture = await decodePicture(bytes, readingSide, (upright) => upright.greyscale().png({ compressionLevel: 1 }));
      const lines = await recognize(tesseract, PSM.AUTO, '', picture);
      const clear = lines.filter(({ words }) => words.some((word) => word.confidence >= confidenceMin));
      const zone = zoneAmong(lines);
      return zone ? sharpen(tesseract, picture, clear, zone) : clear;
    },
    close: async () => void (await tesseract.terminate()),
  };
}

/** Reads the zone again and puts what came out in the place of its lines. */
async function sharpen(tesseract: Worker, picture: DecodedPicture, lines: SeenLine[], zone: Box): Promise<SeenLine[]> {
  const area = {
    left: Math.floor(zone.left * picture.width),
    top: Math.floor(zone.top * picture.height),
    width: Math.floor(zone.width * picture.width),
    height: Math.floor(zone.height * picture.height),
  };
  const band = await sharp(picture.bytes)
    .extract(area)
    .resize({ width: readingSide })
    .png({ compressionLevel: 1 })
    .toBuffer({ resolveWithObject: true });
  const again = await recognize(tesseract, PSM.SINGLE_BLOCK, zoneAlphabet, { bytes: band.data, ...band.info });
  const inPicture = (box: Box): Box => ({
    left: zone.left + box.left * zone.width,
    top: zone.top + box.top * zone.height,
    width: box.width * zone.width,
    height: box.height * zone.height,
  });
  const outside = lines.filter(({ box }) => !(middle(box) > zone.top && middle(box) < zone.top + zone.height));
  const inside = again.map((line) => ({
    ...line,
    box: inPicture(line.box),
    words: line.words.map((word) => ({ ...word, box: inPicture(word.box) })),
  }));
  return [...outside, ...inside].sort((a, b) => middle(a.box) - middle(b.box));
}

/** The band, as wide as the picture, around the lines that look like a machine-readable zone, with room for those of its three that were
 *  not seen. */
function zoneAmong(lines: readonly SeenLine[]): Box | undefined {
  const like = lines.filter(({ text }) => /^[A-Z0-9<«]{20,}$/i.test(text.replaceAll(' ', '')) && /<|«/.test(text));
  if (like.length === 0) return undefined;
  const lineHeight = Math.max(...like.map(({ box }) => box.height));
  const margin = lineHeight * (0.8 + 2 * Math.max(0, 3 - like.length));
  const top = Math.max(0, Math.min(...like.map(({ box }) => box.top)) - margin);
  const bottom = Math.min(1, Math.max(...like.map(({ box }) => box.top + box.height)) + margin);
  return { left: 0, top, width: 1, height: bottom - top };
}

async function recognize(tesseract: Worker, mode: PSM, alphabet: string, picture: DecodedPicture): Promise<SeenLine[]> {
  await tesseract.setParameters({ tessedit_pageseg_mode: mode, tessedit_char_whitelist: alphabet });
  const { data } = await tesseract.recognize(Buffer.from(picture.bytes), {}, { text: false, blocks: true });
  return seenLines(data, picture);
}

function seenLines({ blocks }: Page, { width, height }: DecodedPicture): SeenLine[] {
  const ratio = ({ x0, y0, x1, y1 }: { x0: number; y0: number; x1: number; y1: number }): Box => ({
    left: x0 / width,
    top: y0 / height,
    width: (x1 - x0) / width,
    height: (y1 - y0) / height,
  });
  return (blocks ?? [])
    .flatMap((block) => block.paragraphs)
    .flatMap((paragraph) => paragraph.lines)
    .map(({ text, confidence, bbox, words }) => ({
      text: text.trim(),
      confidence,
      box: ratio(bbox),
      words: words.map((word) => ({ text: word.text, confidence: word.confidence, box: ratio(word.bbox) })),
    }))
    .filter((line) => line.text !== '')
    .sort((a, b) => middle(a.box) - middle(b.box));
}

function middle({ top, height }: Box): number {
  return top + height / 2;
}
