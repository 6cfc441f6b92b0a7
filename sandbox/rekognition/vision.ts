// What an eye must be able to do for the simulator, and what it sees. Ratios are 0–1 of the upright image, scores 0–100, angles in degrees.

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface SeenFace {
  box: Box;
  confidence: number;
  brightness: number;
  sharpness: number;
  yaw: number;
  pitch: number;
  roll: number;
  landmarks: { type: 'eyeLeft' | 'eyeRight' | 'mouthLeft' | 'mouthRight' | 'nose'; x: number; y: number }[];
}

export interface SeenWord {
  text: string;
  confidence: number;
  box: Box;
}

export interface SeenLine extends SeenWord {
  words: SeenWord[];
}

/** A JPEG or PNG that was checked already. */
export interface Picture {
  bytes: Uint8Array;
  sha256: string;
}

export interface Vision {
  /** Largest first. */
  faces(picture: Picture): Promise<SeenFace[]>;
  /** Similarity (0–100) of the source's largest face to each face of the target, in the order of {@link faces}. The source must have one. */
  similarities(source: Picture, target: Picture): Promise<number[]>;
  /** Top to bottom. */
  text(picture: Picture): Promise<SeenLine[]>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Too much is waiting: the caller answers that it is throttling. */
export class BusyFailure extends Error {
  override readonly name = 'BusyFailure';
}

/** The bytes begin like an image and cannot be decoded. */
export class UndecodableFailure extends Error {
  override readonly name = 'UndecodableFailure';
}
