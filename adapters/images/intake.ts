// Photos are decoded in a process apart, one at a time, within a time and a memory of their own. A photo that kills its decoder is a photo
// that is refused; the api lives on, and the next photo is read by a new decoder.

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { ChildSays, ReadOrder } from './child.ts';
import { refused, tooHeavyExit } from './reading.ts';
import type { ImageLimits, ImageReading } from './reading.ts';

export interface IntakeOptions {
  limits: ImageLimits;
  /** Resident memory of the decoder; more while it reads a photo ends it. */
  memoryMaxBytes: number;
  /** One photo, from its turn to its reading. */
  timeoutMs: number;
  /** A decoder that has not started by then is no fault of the photo. */
  startTimeoutMs: number;
  /** Photos that may wait for their turn. */
  waitingMax: number;
}

export interface ImageIntake {
  /** Reads a photo (read.ts). `busy`: too many wait, or no decoder can be started; nothing is wrong with the photo. */
  read(bytes: Uint8Array): Promise<ImageReading | { kind: 'busy' }>;
  /** Ends the decoder. Photos that are being read come back as `busy`. */
  close(): Promise<void>;
}

/** The decoder is started by the first photo and kept for the next. */
export function createImageIntake({ limits, memoryMaxBytes, timeoutMs, startTimeoutMs, waitingMax }: IntakeOptions): ImageIntake {
  let decoder: Promise<ChildProcess> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let closed = false;

  const running = async (): Promise<ChildProcess | undefined> => {
    const child = await (decoder ??= startDecoder(startTimeoutMs)).catch(() => undefined);
    if (child && !hasEnded(child)) return child;
    return (decoder = startDecoder(startTimeoutMs)).catch(() => undefined);
  };

  const decode = async (bytes: Uint8Array): Promise<ImageReading | { kind: 'busy' }> => {
    if (closed) return { kind: 'busy' };
    const child = await running();
    const ending = child ? await ask(child, { bytes, limits, memoryMaxBytes }, timeoutMs) : 'not started';
    if (typeof ending === 'object') return ending;
    decoder = undefined; // it is dying, though its end may not have been told yet
    return closed || ending === 'not started' ? { kind: 'busy' } : refusalFor(ending);
  };

  return {
    async read(bytes) {
      if (waiting >= waitingMax) return { kind: 'busy' };
      waiting += 1;
      const turn = last.then(async () => decode(bytes)).finally(() => (waiting -= 1));
      last = turn;
      return turn;
    },
    async close() {
      closed = true;
      const child = await decoder?.catch(() => undefined);
      child?.kill('SIGKILL');
    },
  };
}

/** How a decoder ended instead of giving a reading. */
type Ending = 'time is up' | 'too much memory' | 'died';

function refusalFor(ending: Ending): ImageReading {
  if (ending === 'died') return refused('DAMAGED', 'The image cannot be read.');
  return refused('TOO_HEAVY', 'Reading the image takes too much time or memory. Take the photo again with the camera.');
}

/** A child without our environment, for it is full of secrets. Rejects when it does not start in time. */
async function startDecoder(timeoutMs: number): Promise<ChildProcess> {
  const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
  const child = fork(new URL('child.ts', import.meta.url), { env: {}, execArgv: [], serialization: 'advanced', stdio: [...stdio] });
  child.on('error', () => undefined); // a decoder that cannot be reached any more must not take this process along
  const says = await next(child, timeoutMs);
  if (typeof says === 'object' && says.kind === 'ready') return child;
  child.kill('SIGKILL');
  throw new Error('the decoder of photos did not start');
}

async function ask(child: ChildProcess, order: ReadOrder, timeoutMs: number): Promise<ImageReading | Ending> {
  const answer = next(child, timeoutMs);
  child.send(order, () => undefined); // a child that is gone tells so by its end
  const says = await answer;
  if (typeof says === 'object') return says.kind === 'ready' ? 'died' : says;
  child.kill('SIGKILL');
  return says;
}

/** The next word of the child, or how it ended. */
function next(child: ChildProcess, timeoutMs: number): Promise<ChildSays | Ending> {
  return new Promise((resolve) => {
    const settle = (result: ChildSays | Ending): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
      resolve(result);
    };
    const onMessage = (says: ChildSays): void => settle(says);
    const onExit = (code: number | null): void => settle(code === tooHeavyExit ? 'too much memory' : 'died');
    const onError = (): void => settle('died');
    // Where this process itself stood still, the answer may be there already: what has arrived is heard first.
    const timer = setTimeout(() => setImmediate(settle, 'time is up'), timeoutMs);
    child.on('message', onMessage).on('exit', onExit).on('error', onError);
    if (hasEnded(child)) onExit(child.exitCode);
  });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
