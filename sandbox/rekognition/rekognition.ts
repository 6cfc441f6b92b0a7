// The Rekognition simulator: real faces and real text in `model` mode, the answers that a photo carries in `scripted` mode.

import type { Hono } from 'hono';
import type { Logger } from 'pino';
import type { AwsCredentials } from '../aws/signature.ts';
import { cameraRoutes, createLivenessSessions } from './liveness.ts';
import { createModelVision } from './model-vision.ts';
import { rekognitionRoutes } from './routes.ts';
import { createScriptedVision } from './scripted-vision.ts';

export interface RekognitionOptions {
  mode: 'model' | 'scripted';
  /** Whoever signs with them is believed. */
  credentials: AwsCredentials;
  log: Logger;
}

export interface Rekognition {
  /** Answers `POST /` as Rekognition does, wherever it is mounted. */
  routes: Hono;
  /** What the cameras of customers see (livenessSentinels), wherever it is mounted: `POST /SESSION?scene=NAME` with a JPEG. */
  camera: Hono;
  /** Resolves when the first call will be as fast as any other. Rejects when the models cannot be loaded. */
  ready(): Promise<void>;
  /** Ends the worker thread; calls after it fail. A second close does nothing. */
  close(): Promise<void>;
}

/** Starts the simulator. In `model` mode the models begin to load at once, in a thread of their own. */
export function createRekognition({ mode, credentials, log }: RekognitionOptions): Rekognition {
  const liveness = createLivenessSessions(() => new Date());
  const vision = mode === 'model' ? createModelVision({ log }) : createScriptedVision();
  return {
    routes: rekognitionRoutes({ vision, liveness, credentials, log }),
    camera: cameraRoutes(liveness),
    ready: vision.ready,
    close: vision.close,
  };
}
