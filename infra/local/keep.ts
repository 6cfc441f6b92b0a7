// Keeps one thing running: a server with its helpers, or a child process. When any of its processes ends unasked, that is reported, the others of
// the group are stopped, and after a pause the group is started again.

import { HEALTHY_AFTER_MS, restartDelayMs } from './backoff.ts';
import { oneLine } from './find/routes.ts';
import type { Launched } from './launch.ts';

export interface Keeper {
  name: string;
  /** Stops the processes, in order, and never starts them again. Repeat with force: what still runs is killed. */
  stop(force?: boolean): Promise<void>;
}

export interface KeepOptions {
  name: string;
  /** The processes as they run now, the one to stop first at the front. */
  processes: Launched[];
  restart(): Promise<Launched[]>;
  /** A line for a person: what ended and when it comes back. */
  report(line: string): void;
  /** In [0, 1); spreads restarts. */
  chance?: () => number;
  /** Waits, or returns at once when aborted. */
  pause(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** Watches the processes from now on. */
export function keepRunning({ name, processes, restart, report, pause, chance = Math.random }: KeepOptions): Keeper {
  const stopping = new AbortController();
  let current = processes;
  const watch = async () => {
    for (let crashes = 0; !stopping.signal.aborted;) {
      const since = performance.now();
      const [who, how] = await Promise.race(current.map(async (process) => [process.name, await process.ended] as const));
      if (stopping.signal.aborted) return;
      for (const process of current) await process.stop();
      crashes = performance.now() - since > HEALTHY_AFTER_MS ? 1 : crashes + 1;
      current = [];
      while (current.length === 0) {
        const delayMs = restartDelayMs(crashes, chance());
        report(`${who} ended unexpectedly (${how}); starting ${name} again in ${(delayMs / 1000).toFixed(1)} s`);
        await pause(delayMs, stopping.signal);
        if (stopping.signal.aborted) return;
        current = await restart().catch((error: unknown) => {
          report(`${name} did not start again: ${oneLine(error)}`);
          return [];
        });
        if (current.length === 0) crashes += 1;
        else report(`${name} runs again`);
      }
    }
  };
  void watch();
  return {
    name,
    async stop(force = false) {
      stopping.abort();
      for (const process of current) await process.stop(force);
    },
  };
}

/** A pause that ends early when it is aborted. */
export function pauseFor(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
