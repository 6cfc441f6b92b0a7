// What the model does not say of a face: the turn of the head from where the features lie, brightness and sharpness from the pixels.
// Plain geometry on an average face: right to some 10 degrees, enough to tell a frontal face from a profile.

import sharp from 'sharp';
import type { DecodedPicture } from './decode.ts';
import type { Box } from './vision.ts';

export interface Point {
  x: number;
  y: number;
}

/** How far the tip of the nose stands out from the plane of the eyes, in distances between the outer corners of the eyes. */
const noseDepth = 0.5;
/** Where the tip of the nose lies between eyes (0) and mouth (1) when a face looks straight ahead. */
const noseLevel = 0.56;

/** Degrees. Yaw is positive to the right of the picture, pitch upwards, roll clockwise. Takes the 68 landmarks. */
export function measurePose(landmarks: readonly Point[]): { yaw: number; pitch: number; roll: number } {
  const at = (index: number): Point => landmarks[index] ?? { x: 0, y: 0 };
  const [left, right, nose] = [at(36), at(45), at(30)];
  const mouth = { x: (at(48).x + at(54).x) / 2, y: (at(48).y + at(54).y) / 2 };
  const eyes = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const roll = Math.atan2(right.y - left.y, right.x - left.x);
  const upright = ({ x, y }: Point): Point => ({
    x: (x - eyes.x) * Math.cos(roll) + (y - eyes.y) * Math.sin(roll),
    y: (y - eyes.y) * Math.cos(roll) - (x - eyes.x) * Math.sin(roll),
  });
  const between = Math.hypot(right.x - left.x, right.y - left.y) || 1;
  const [tip, lips] = [upright(nose), upright(mouth)];
  const yaw = Math.atan(tip.x / between / noseDepth);
  const pitch = Math.atan((noseLevel - tip.y / (lips.y || 1)) / noseDepth);
  return { yaw: degrees(yaw), pitch: degrees(pitch), roll: degrees(roll) };
}

/** Faces are measured at this size, so that a large one is not blurred and a small one not sharp by its size alone. */
const measuredSide = 112;
/** The variance of the Laplacian at which sharpness is 63 of 100. */
const sharpVariance = 250;

/** 0–100 each: mean luma, and the variance of the Laplacian laid on a curve that ends at 100. The box is in pixels of the picture. */
export async function measureLight(picture: DecodedPicture, box: Box): Promise<{ brightness: number; sharpness: number }> {
  const left = Math.max(0, Math.floor(box.left));
  const top = Math.max(0, Math.floor(box.top));
  const width = Math.max(1, Math.min(picture.width - left, Math.floor(box.width)));
  const height = Math.max(1, Math.min(picture.height - top, Math.floor(box.height)));
  const luma = await sharp(picture.bytes, { raw: { width: picture.width, height: picture.height, channels: 3 } })
    .extract({ left, top, width, height })
    .resize(measuredSide, measuredSide, { fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const brightness = (luma.reduce((sum, value) => sum + value, 0) / luma.length / 255) * 100;
  return { brightness, sharpness: 100 * (1 - Math.exp(-laplacianVariance(luma, measuredSide) / sharpVariance)) };
}

function laplacianVariance(luma: Uint8Array, side: number): number {
  const at = (x: number, y: number): number => luma[y * side + x] ?? 0;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < side - 1; y += 1) {
    for (let x = 1; x < side - 1; x += 1) {
      const edge = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y);
      sum += edge;
      squares += edge * edge;
    }
  }
  const count = (side - 2) ** 2;
  return squares / count - (sum / count) ** 2;
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}
