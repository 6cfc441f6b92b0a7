// How the api ends without failing a request: say "not ready", give the balancer time to notice, stop accepting, let what is under
// way finish, and only then close what it needs. Idle keep-alive connections are closed by the server as it stops.

import type { ServerType } from '@hono/node-server';
import { apiLimits } from '../config/limits.ts';

export interface Drain {
  /** True from the first call of `drain` on. */
  draining(): boolean;
  /** Ends the server within the limits, then calls `close`. Repeat: the first call's promise. */
  drain(server: ServerType, close: () => Promise<void>): Promise<void>;
}

/** `deregisterMs` is how long readiness fails before the port closes. */
export function createDrain({ deregisterMs }: { deregisterMs: number }): Drain {
  let ending: Promise<void> | undefined;
  return {
    draining: () => ending !== undefined,
    drain: async (server, close) => (ending ??= end(server, deregisterMs).then(close)),
  };
}

async function end(server: ServerType, deregisterMs: number): Promise<void> {
  await pause(deregisterMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const abort = new AbortController();
  await Promise.race([closed, pause(apiLimits.drainMs, abort.signal)]);
  abort.abort();
  // What is still open after the limit is cut; its client repeats with the same key.
  if ('closeAllConnections' in server) server.closeAllConnections();
  await closed;
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
