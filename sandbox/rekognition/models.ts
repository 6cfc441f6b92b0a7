// The models behind `model` mode: a face detector, landmarks and descriptors (@vladmandic/face-api on tfjs' wasm backend), and Tesseract
// for text. All of them come with npm packages; nothing is downloaded when they start.
//
// Provenance: the face descriptor is dlib's ResNet, trained in good part on faces collected from the web (VGG-Face, FaceScrub), the
// detector is trained on WIDER FACE. Their authors give them away freely, but nobody vouches for consent, accuracy or fairness, and the
// thresholds here are fitted to a handful of photos. They are for development only: no production biometrics, no decision about a real
// person. Production talks to Amazon Rekognition, and the sandbox refuses to start there.

import { loadFaceModel } from './face-model.ts';
import type { ModelFace } from './face-model.ts';
import { loadTextModel } from './text-model.ts';
import type { SeenLine } from './vision.ts';

export interface Models {
  /** Largest first. Throws UndecodableFailure. */
  faces(bytes: Uint8Array): Promise<ModelFace[]>;
  /** Top to bottom. Throws UndecodableFailure. */
  text(bytes: Uint8Array): Promise<SeenLine[]>;
  close(): Promise<void>;
}

/** Loads everything; about a second. Rejects when a package is missing. To be used by one thread, one picture at a time. */
export async function loadModels(): Promise<Models> {
  const faces = await loadFaceModel();
  const text = await loadTextModel();
  return { faces, text: text.read, close: text.close };
}
