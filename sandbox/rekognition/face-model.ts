// Faces: where they are, which way they look, how good the picture of them is, and a descriptor of 128 numbers that is close for the same
// person. Pictures are scaled down first, for the detector looks at 512 × 512 pixels anyway.

import { createRequire } from 'node:module';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import * as faceapi from '@vladmandic/face-api/dist/face-api.node-wasm.js';
import { decodePicture } from './decode.ts';
import type { DecodedPicture } from './decode.ts';
import { measureLight, measurePose } from './face-measures.ts';
import type { Point } from './face-measures.ts';
import type { SeenFace } from './vision.ts';

export interface ModelFace extends SeenFace {
  descriptor: Float32Array;
}

const lookingSide = 1_000;
/** The detector's own score (0–1); what is less sure is no face. */
const scoreMin = 0.5;

/** Loads the three nets. The function it returns must not be called again before it is done. */
export async function loadFaceModel(): Promise<(bytes: Uint8Array) => Promise<ModelFace[]>> {
  const { resolve } = createRequire(import.meta.url);
  setWasmPaths(`${path.dirname(resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
  await tf.setBackend('wasm');
  await tf.ready();
  const models = path.join(path.dirname(resolve('@vladmandic/face-api/package.json')), 'model');
  for (const net of ['ssdMobilenetv1', 'faceLandmark68Net', 'faceRecognitionNet'] as const) await faceapi.nets[net].loadFromDisk(models);
  return async (bytes) => {
    const picture = await decodePicture(bytes, lookingSide, (upright) => upright.toColourspace('srgb').raw());
    const pixels = tf.tensor3d(new Uint8Array(picture.bytes), [picture.height, picture.width, 3], 'int32');
    try {
      const options = new faceapi.SsdMobilenetv1Options({ minConfidence: scoreMin });
      const found = await faceapi.detectAllFaces(pixels, options).withFaceLandmarks().withFaceDescriptors();
      const faces = await Promise.all(found.map((face) => describe(face, picture)));
      return faces.sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height);
    } finally {
      pixels.dispose();
    }
  };
}

type FoundFace = faceapi.WithFaceDescriptor<faceapi.WithFaceLandmarks<faceapi.WithFaceDetection<object>>>;

async function describe({ detection, landmarks, descriptor }: FoundFace, picture: DecodedPicture): Promise<ModelFace> {
  const { x, y, width, height } = detection.box;
  const points: Point[] = landmarks.positions.map((point) => ({ x: point.x, y: point.y }));
  const marked = (type: SeenFace['landmarks'][number]['type'], among: Point[]) => {
    const middle = mean(among);
    return { type, x: middle.x / picture.width, y: middle.y / picture.height };
  };
  return {
    box: { left: x / picture.width, top: y / picture.height, width: width / picture.width, height: height / picture.height },
    // The service is nearly always above 99 for what it calls a face; the detector's 0.5–1 is laid over 90–100.
    confidence: 100 - (1 - detection.score) * 20,
    ...measurePose(points),
    ...(await measureLight(picture, { left: x, top: y, width, height })),
    landmarks: [
      marked('eyeLeft', points.slice(36, 42)),
      marked('eyeRight', points.slice(42, 48)),
      marked('mouthLeft', points.slice(48, 49)),
      marked('mouthRight', points.slice(54, 55)),
      marked('nose', points.slice(30, 31)),
    ],
    descriptor,
  };
}

function mean(points: Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}
