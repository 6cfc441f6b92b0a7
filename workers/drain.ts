// The end of a process: on SIGTERM it takes no new work, finishes what it began and leaves; what takes too long is left to whoever
// comes next, because everything here may be repeated. A bug that nobody caught ends the process too, loudly.

import { faultFields } from './log.ts';
import type { Log } from './log.ts';

export interface DrainOptions {
  log: Log;
  /** Finishes what was begun. */
  drain: () => Promise<void>;
  /** After this the process ends anyway; below the grace period of the orchestrator. */
  deadlineMs: number;
}

/** Drains and exits on SIGTERM or SIGINT: code 0 when everything was finished, 1 at the deadline. Repeat of the signal: nothing. */
export function drainOnSignal({ log, drain, deadlineMs }: DrainOptions): void {
  let draining = false;
  const begin = (signal: NodeJS.Signals): void => {
    if (draining) return;
    draining = true;
    log.info('draining', { signal });
    const startedAt = performance.now();
    const finish = (event: string, exitCode: number): void => {
      log[exitCode === 0 ? 'info' : 'error'](event, { durationMs: Math.round(performance.now() - startedAt) });
      process.exit(exitCode);
    };
    setTimeout(finish, deadlineMs, 'drain took too long', 1);
    drain().then(
      () => finish('drained', 0),
      (error: unknown) => {
        log.error('drain failed', faultFields(error));
        finish('drain failed', 1);
      },
    );
  };
  process.on('SIGTERM', begin);
  process.on('SIGINT', begin);
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.error(event === 'uncaughtException' ? 'uncaught exception' : 'unhandled rejection', faultFields(error));
      process.exit(1);
    });
  }
}
