// The eye with models: one worker thread, one picture at a time for each model, and what was seen once is remembered by the hash of the
// picture, so that DetectFaces followed by CompareFaces on the same photos looks at each of them once. A thread that dies is replaced by the
// next call.

import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { sandboxLimits } from '../../config/sandbox-limits.ts';
import type { ModelFace } from './face-model.ts';
import type { Look, Model, Said, Sight } from './model-worker.ts';
import { remembered } from './remembered.ts';
import { similarityAt } from './similarity.ts';
import { BusyFailure, UndecodableFailure } from './vision.ts';
import type { SeenLine, Vision } from './vision.ts';

/** Starts the thread at once. */
export function createModelVision({ log }: { log: Logger }): Vision {
  const thread = createThread(log);
  const faces = remembered(async (picture) => {
    const sight = await thread.look({ look: 'faces', bytes: picture.bytes });
    return sight.kind === 'faces' ? sight.faces : unseen(sight);
  });
  const text = remembered<SeenLine[]>(async (picture) => {
    const sight = await thread.look({ look: 'text', bytes: picture.bytes });
    return sight.kind === 'text' ? sight.lines : unseen(sight);
  });
  return {
    faces,
    similarities: async (source, target) => {
      const [face] = await faces(source);
      if (!face) throw new RangeError('a comparison needs a face in the source');
      return (await faces(target)).map((other) => similarityAt(distance(face, other)));
    },
    text,
    ready: thread.ready,
    close: thread.close,
  };
}

function unseen(sight: Sight): never {
  if (sight.kind === 'undecodable') throw new UndecodableFailure();
  throw new Error(sight.kind === 'failed' ? `inference failed: ${sight.type}` : 'the worker thread answered something else');
}

function distance(a: ModelFace, b: ModelFace): number {
  return Math.sqrt(a.descriptor.reduce((sum, value, index) => sum + (value - (b.descriptor[index] ?? 0)) ** 2, 0));
}

interface Thread {
  look(message: Look): Promise<Sight>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

function createThread(log: Logger): Thread {
  let closed = false;
  let waiting = 0;
  let worker: Promise<Worker> | undefined;
  const last: Record<Model, Promise<unknown>> = { faces: Promise.resolve(), text: Promise.resolve() };
  const running = (): Promise<Worker> => {
    if (closed) return Promise.reject(new Error('the simulator is closed'));
    worker ??= startWorker(log, () => (worker = undefined));
    return worker;
  };
  running().catch(() => undefined); // whoever waits for ready, or looks first, is told
  return {
    look: async (message) => {
      if (waiting >= sandboxLimits.visionQueueMax) throw new BusyFailure();
      waiting += 1;
      const turn = last[message.look].then(async () => ask(await running(), message));
      last[message.look] = turn.catch(() => undefined);
      return turn.finally(() => (waiting -= 1));
    },
    ready: async () => void (await running()),
    close: async () => {
      closed = true;
      const ending = await worker?.catch(() => undefined);
      await ending?.terminate();
    },
  };
}

/** Resolves when the models are loaded and warm; `onEnd` is called when the thread is gone. */
async function startWorker(log: Logger, onEnd: () => void): Promise<Worker> {
  const startedAt = performance.now();
  const worker = new Worker(new URL('model-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: sandboxLimits.visionHeapMaxMb },
  });
  worker.once('exit', onEnd);
  // Whoever waits for an answer is told as well; a thread that dies while it is idle must not take the process along.
  worker.on('error', (error) => log.error({ vendor: 'rekognition', type: error.name }, 'the thread with the models ended'));
  await next(worker, 'ready');
  log.info({ vendor: 'rekognition', ms: Math.round(performance.now() - startedAt) }, 'the models are loaded');
  return worker;
}

async function ask(worker: Worker, message: Look): Promise<Sight> {
  const answer = next(worker, message.look);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
  worker.postMessage(message);
  const said = await answer;
  if (said.look === 'ready') throw new Error('the worker thread answered something else');
  return said.sight;
}

/** The next message of the thread about this; rejects when it ends instead. */
function next(worker: Worker, about: Said['look']): Promise<Said> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      act();
    };
    const onMessage = (said: Said) => {
      if (said.look === about) settle(() => resolve(said));
    };
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = () => settle(() => reject(new Error('the worker thread ended')));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
