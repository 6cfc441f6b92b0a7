// The thread that holds the models. It answers each message; whoever sends them sees to it that each model has one under way at most. The
// text model has a thread below this one, so a face and a text can be looked at together. A model that cannot be loaded ends the thread.

import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import type { ModelFace } from './face-model.ts';
import { loadModels } from './models.ts';
import { UndecodableFailure } from './vision.ts';
import type { SeenLine } from './vision.ts';

export type Model = 'faces' | 'text';

export interface Look {
  look: Model;
  bytes: Uint8Array;
}

export type Sight =
  | { kind: 'faces'; faces: ModelFace[] }
  | { kind: 'text'; lines: SeenLine[] }
  | { kind: 'undecodable' }
  /** The type of the error; its message may quote what was read. */
  | { kind: 'failed'; type: string };

/** What was seen, and which model looked; `ready` once, when all of them are warm. */
export type Said = { look: Model; sight: Sight } | { look: 'ready' };

const port = parentPort;
if (!port) throw new Error('this file is the start of a worker thread');

// Pictures differ from call to call, so a cache only holds memory; the models use the cores.
sharp.cache(false);
sharp.concurrency(1);
const models = await loadModels();
await warmUp();
port.on('message', (message: Look) => void see(message).then((sight) => say({ look: message.look, sight })));
say({ look: 'ready' });

function say(said: Said): void {
  port?.postMessage(said);
}

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
