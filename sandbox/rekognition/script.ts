// What a photo says about itself in `scripted` mode. The script is a QR code in the picture, because a mark in the file would not survive
// the intake of photos, which keeps nothing but pixels. A photo without a script shows nobody and says nothing.

import { z } from 'zod';

const score = z.number().min(0).max(100);
const angle = z.number().min(-180).max(180);

export const photoScript = z.strictObject({
  /** Faces, largest first. Two with the same person are the same person. */
  faces: z
    .array(
      z.strictObject({
        person: z.string().min(1).max(20),
        /** Answered whenever this face is the target of a comparison; 99.3 for the same person and 7.5 for another when missing. */
        similarity: score.optional(),
        sharpness: score.optional(),
        brightness: score.optional(),
        yaw: angle.optional(),
        pitch: angle.optional(),
      }),
    )
    .max(4)
    .default([]),
  /** Lines of text, top to bottom. */
  lines: z.array(z.string().min(1).max(60)).max(20).default([]),
});

export type PhotoScript = z.output<typeof photoScript>;

const prefix = 'TRASAU-SPECIMEN:';

/** The text of the QR code. */
export function writeScript(script: z.input<typeof photoScript>): string {
  return prefix + JSON.stringify(photoScript.parse(script));
}

/** The script in the text of a QR code; undefined when it is none. */
export function readScript(text: string): PhotoScript | undefined {
  if (!text.startsWith(prefix)) return undefined;
  try {
    return photoScript.safeParse(JSON.parse(text.slice(prefix.length))).data;
  } catch {
    return undefined;
  }
}
