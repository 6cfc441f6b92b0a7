// Faces for demo and tests. They are read at run time from the sample photos that a package of face models ships, and no photo is part of
// this repository. The samples show groups, so each face is cut out by a fixed table. There is one photo of each person only: the
// "selfie" is the same photo cut wider, turned, scaled, brightened and compressed again. That proves the plumbing and the bands of the
// policy, and says nothing about how well faces of real customers are told apart.

import { createRequire } from 'node:module';
import path from 'node:path';
import sharp from 'sharp';

export interface DemoPerson {
  /** Head and shoulders, 3 : 4, for the card. */
  portrait: Uint8Array;
  /** A wider cut of the same photo, processed differently. */
  selfie: Uint8Array;
}

export interface DemoPortraits {
  customer: DemoPerson;
  /** Somebody else, for the mismatch. */
  other: DemoPerson;
  /** A photo of three people. */
  group: Uint8Array;
  /** A photo of nobody. */
  nobody: Uint8Array;
}

/** Cuts the demo photos, all JPEG. Throws when the package with the samples is not installed. */
export async function demoPortraits(): Promise<DemoPortraits> {
  return {
    customer: await cut(cuts.customer),
    other: await cut(cuts.other),
    group: await sharp(samplePath('sample3.jpg')).resize(1200).jpeg().toBuffer(),
    nobody: await nobody(),
  };
}

/** The photo as if it had been taken once more: to the eye the same, to the last pixel another. */
export async function takenAnew(photo: Uint8Array): Promise<Uint8Array> {
  const grain = {
    width: 24,
    height: 24,
    channels: 3 as const,
    background: '#808080',
    noise: { type: 'gaussian' as const, mean: 128, sigma: 40 },
  };
  return sharp(photo)
    .composite([{ input: { create: grain }, left: 0, top: 0 }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** In pixels of the sample. Each cut holds exactly one face. */
const cuts: Record<'customer' | 'other', { file: string; portrait: Box; selfie: Box }> = {
  customer: {
    file: 'sample6.jpg',
    portrait: { left: 145, top: 385, width: 420, height: 560 },
    selfie: { left: 20, top: 320, width: 640, height: 740 },
  },
  other: {
    file: 'sample5.jpg',
    portrait: { left: 712, top: 20, width: 300, height: 400 },
    selfie: { left: 640, top: 0, width: 450, height: 410 },
  },
};

async function cut({ file, portrait, selfie }: (typeof cuts)['customer']): Promise<DemoPerson> {
  const photo = samplePath(file);
  const turned = await sharp(await sharp(photo).extract(selfie).toBuffer())
    .rotate(4)
    .toBuffer({ resolveWithObject: true });
  return {
    portrait: await sharp(photo).extract(portrait).resize(600, 800).jpeg({ quality: 90 }).toBuffer(),
    selfie: await sharp(turned.data)
      .extract(inside(turned.info))
      .resize({ height: 900 })
      .modulate({ brightness: 1.12, saturation: 0.9 })
      .jpeg({ quality: 80 })
      .toBuffer(),
  };
}

/** What is left of a turned picture without the empty corners. */
function inside({ width, height }: { width: number; height: number }): Box {
  const margin = 0.08;
  return {
    left: Math.round(width * margin),
    top: Math.round(height * margin),
    width: Math.round(width * (1 - 2 * margin)),
    height: Math.round(height * (1 - 2 * margin)),
  };
}

function nobody(): Promise<Buffer> {
  return sharp({
    create: { width: 800, height: 800, channels: 3, background: '#7d8c7a', noise: { type: 'gaussian', mean: 128, sigma: 25 } },
  })
    .blur(4)
    .jpeg()
    .toBuffer();
}

function samplePath(file: string): string {
  return path.join(path.dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo', file);
}
