// Reading the QR code of an ID card, in a thread of its own: searching two megapixels takes a few tenths of a second, which would otherwise
// hold up every workflow task of the process. The photos were made anew by our own intake, so nothing foreign is decoded here.

import { Worker } from 'node:worker_threads';
import type { CardCodeReader } from '../../domain/ports.ts';
import type { CodeAnswer, CodeOrder } from './thread.ts';

export interface CodeReaderOptions {
  /** One photo, from its turn to its answer. */
  timeoutMs: number;
  /** JavaScript heap of the thread. */
  heapMaxMb: number;
}

/** The port; one photo at a time. The thread is started by the first photo, and again after one that ended it. */
export function createCardCodeReader({ timeoutMs, heapMaxMb }: CodeReaderOptions): CardCodeReader & { close(): Promise<void> } {
  let thread: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const running = (): Worker => {
    if (thread) return thread;
    const started = new Worker(new URL('thread.ts', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: heapMaxMb } });
    started.once('exit', () => {
      if (thread === started) thread = undefined;
    });
    started.on('error', () => undefined); // its exit follows
    started.unref(); // a process that has nothing else to do may end
    return (thread = started);
  };
  const look = async (photo: Uint8Array): Promise<string[] | null> => {
    const reader = running();
    const answer = await ask(reader, photo, timeoutMs);
    if (answer.kind === 'read') return answer.texts;
    if (thread === reader) thread = undefined;
    await reader.terminate();
    return null;
  };
  return {
    async read(photo) {
      const turn = last.then(async () => look(photo));
      last = turn;
      return turn;
    },
    close: async () => void (await thread?.terminate()),
  };
}

async function ask(reader: Worker, photo: Uint8Array, timeoutMs: number): Promise<CodeAnswer> {
  return new Promise((resolve) => {
    const settle = (answer: CodeAnswer): void => {
      clearTimeout(timer);
      reader.off('message', settle).off('exit', onExit);
      resolve(answer);
    };
    const onExit = (): void => settle({ kind: 'broken' });
    const timer = setTimeout(() => settle({ kind: 'broken' }), timeoutMs);
    reader.on('message', settle).on('exit', onExit);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
    reader.postMessage({ photo } satisfies CodeOrder);
  });
}
