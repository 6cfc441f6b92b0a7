// The process in which photos are decoded. It holds no secret and no connection: whatever a hostile file does to a decoder, it does it
// here. It reads one photo after the other and ends itself when one takes more memory than a photo may.

import sharp from 'sharp';
import { readImage } from './read.ts';
import { tooHeavyExit } from './reading.ts';
import type { ImageLimits, ImageReading } from './reading.ts';

export interface ReadOrder {
  bytes: Uint8Array;
  limits: ImageLimits;
  /** Resident memory of this process in bytes. */
  memoryMaxBytes: number;
}

export type ChildSays = { kind: 'ready' } | ImageReading;

const lookEveryMs = 10; // Decoding runs in other threads, so this one is free to look.

const say = (says: ChildSays): void => void process.send?.(says);

// Every picture is another one, so a cache only holds memory; and no other loader than these is ever run.
sharp.cache(false);
sharp.concurrency(1);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'] });

process.on('disconnect', () => process.exit(0));
process.on('message', (order: ReadOrder) => void read(order));
say({ kind: 'ready' });

async function read({ bytes, limits, memoryMaxBytes }: ReadOrder): Promise<void> {
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() > memoryMaxBytes) process.exit(tooHeavyExit);
  }, lookEveryMs);
  const reading = await readImage(bytes, limits);
  clearInterval(watch);
  say(reading);
}
