// The thread that holds the models. It takes one message after another and answers each; whoever sends them sees to it that only one is
// under way. A model that cannot be loaded ends the thread.

import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import type { ModelFace } from './face-model.ts';
import { loadModels } from './models.ts';
import { UndecodableFailure } from './vision.ts';
import type { SeenLine } from './vision.ts';

export interface Look {
  look: 'faces' | 'text';
  bytes: Uint8Array;
}

export type Sight =
  | { kind: 'ready' }
  | { kind: 'faces'; faces: ModelFace[] }
  | { kind: 'text'; lines: SeenLine[] }
  | { kind: 'undecodable' }
  /** The type of the error; its message may quote what was read. */
  | { kind: 'failed'; type: string };

const port = parentPort;
if (!port) throw new Error('this file is the start of a worker thread');

// Pictures differ from call to call, so a cache only holds memory; the models use the cores.
sharp.cache(false);
sharp.concurrency(1);
const models = await loadModels();
await warmUp();
port.on('message', (message: Look) => void see(message).then((sight) => port.postMessage(sight)));
port.postMessage({ kind: 'ready' } satisfies Sight);

async function see({ look, bytes }: Look): Promise<Sight> {
  try {
    return look === 'faces' ? { kind: 'faces', faces: await models.faces(bytes) } : { kind: 'text', lines: await models.text(bytes) };
  } catch (error) {
    if (error instanceof UndecodableFailure) return { kind: 'undecodable' };
    return { kind: 'failed', type: error instanceof Error ? error.name : 'unknown' };
  }
}

/** The first picture takes several times as long as the next, so nobody's should be the first. */
async function warmUp(): Promise<void> {
  const blank = await sharp({ create: { width: 256, height: 256, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer();
  await models.faces(blank);
  await models.text(blank);
}
