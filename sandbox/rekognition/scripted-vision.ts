// An eye without models, for fast tests: it sees what the script in the picture says (script.ts), and otherwise nothing.

import jsqr from 'jsqr';
import sharp from 'sharp';
import { remembered } from './remembered.ts';
import { readScript } from './script.ts';
import type { PhotoScript } from './script.ts';
import { UndecodableFailure } from './vision.ts';
import type { Box, Picture, SeenFace, SeenLine, Vision } from './vision.ts';

const samePerson = 99.3;
const otherPerson = 7.5;
/** A QR code with the longest script is still legible at this size, and reading it takes some 30 ms. */
const readingSide = 420;

/** Needs no warm-up and holds nothing. */
export function createScriptedVision(): Vision {
  const scriptIn = remembered(readPicture);
  return {
    faces: async (picture) => (await scriptIn(picture)).faces.map(seenFace),
    similarities: async (source, target) => {
      const [person] = (await scriptIn(source)).faces;
      return (await scriptIn(target)).faces.map((face) => face.similarity ?? (face.person === person?.person ? samePerson : otherPerson));
    },
    text: async (picture) => (await scriptIn(picture)).lines.map(seenLine),
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function readPicture({ bytes }: Picture): Promise<PhotoScript> {
  const { data, info } = await sharp(bytes)
    .autoOrient()
    .resize({ width: readingSide, height: readingSide, fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(() => {
      throw new UndecodableFailure();
    });
  const code = jsqr.default(new Uint8ClampedArray(data), info.width, info.height, { inversionAttempts: 'dontInvert' });
  return (code && readScript(code.data)) ?? { faces: [], lines: [] };
}

function seenFace({ sharpness = 90, brightness = 75, yaw = 2, pitch = -3 }: PhotoScript['faces'][number], index: number): SeenFace {
  // Side by side, each a little smaller than the one before.
  const box: Box = { left: 0.05 + index * 0.24, top: 0.2, width: 0.22 - index * 0.01, height: 0.3 };
  const at = (x: number, y: number) => ({ x: box.left + box.width * x, y: box.top + box.height * y });
  return {
    box,
    confidence: 99.9,
    sharpness,
    brightness,
    yaw,
    pitch,
    roll: 0,
    landmarks: [
      { type: 'eyeLeft', ...at(0.3, 0.4) },
      { type: 'eyeRight', ...at(0.7, 0.4) },
      { type: 'mouthLeft', ...at(0.35, 0.75) },
      { type: 'mouthRight', ...at(0.65, 0.75) },
      { type: 'nose', ...at(0.5, 0.6) },
    ],
  };
}

function seenLine(text: string, index: number): SeenLine {
  const box: Box = { left: 0.05, top: 0.02 + index * 0.04, width: 0.9, height: 0.03 };
  return { text, confidence: 99, box, words: text.split(' ').map((word) => ({ text: word, confidence: 99, box })) };
}
