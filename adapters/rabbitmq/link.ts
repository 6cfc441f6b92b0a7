// A connection that is kept up: one session after the other, with jittered back-off between them, until it is closed. Whoever lives on
// it is opened again in every session, so nobody else has to know that connections die.

import { createBackoff } from './backoff.ts';
import type { BackoffLimits } from './backoff.ts';
import { createLinkMachine } from './link-state.ts';
import type { LinkState } from './link-state.ts';
import { liveSession } from './session.ts';
import type { Session, SessionEvents, SessionOptions, Tenant } from './session.ts';
import { TopologyMismatch } from './topology.ts';

export type LinkReport =
  | { kind: 'connected' | 'blocked' | 'unblocked'; link: string; generation: number }
  | ({ link: string } & MendReport)
  | { kind: 'lost'; link: string; generation: number; reason: string; retryMs: number };

/** A queue did not work, and was deleted and declared again; or the broker did not declare it, and it is tried again. */
export type MendReport = { kind: 'mended'; queue: string } | { kind: 'unmendable'; queue: string; reason: string };

export interface LinkOptions extends SessionOptions {
  backoff: BackoffLimits;
  report: (report: LinkReport) => void;
  /** 0 ≤ x < 1; chance by default. */
  random?: () => number;
}

export interface Link {
  state(): LinkState;
  /** Called after every change of state. */
  onState(listener: (state: LinkState) => void): void;
  /** Adds a tenant; before {@link start}. They open in the order in which they were added. */
  attach(tenant: Tenant): void;
  /** Connects and keeps connected. Resolves when it is ready for the first time, or closed before; rejects with TopologyMismatch when the
   *  broker's queues are not ours. An unreachable broker is not an error: it is tried until it is there. */
  start(): Promise<void>;
  /** Ends the current session, if there is one, and builds the next. */
  rebuild(reason: string): void;
  /** Sessions so far. */
  generation(): number;
  /** No new work: a connection that is lost from now on is not replaced. */
  drain(): void;
  /** Closes in order; never rejects. */
  close(): Promise<void>;
}

export function createLink(options: LinkOptions): Link {
  const machine = createLinkMachine();
  const tenants: Tenant[] = [];
  const first = Promise.withResolvers<void>();
  let generation = 0;
  let session: Session | undefined;
  let supervising: Promise<void> | undefined;

  const events: SessionEvents = {
    begun: (begun) => {
      session = begun;
      if (machine.state() === 'closed') begun.end('closed by us'); // while it connected
    },
    blocked: (blocked) => report(blocked ? 'blocked' : 'unblocked'),
    ready: () => report('connected'),
    over: () => machine.happen('lost'),
  };

  const report = (kind: 'connected' | 'blocked' | 'unblocked'): void => {
    machine.happen(kind);
    options.report({ kind, link: options.name, generation });
  };

  async function supervise(): Promise<void> {
    const backoff = createBackoff(options.backoff, options.random ?? Math.random);
    while (machine.state() === 'connecting') {
      generation += 1;
      const startedAt = performance.now();
      const reason = await liveSession(options, tenants, generation, events).catch((error: unknown) => {
        // Of no effect once it was ready: then a person changed the queues under a running process, and it is tried until they are right.
        if (error instanceof TopologyMismatch) first.reject(error);
        return reasonOf(error);
      });
      if (machine.state() !== 'connecting') return;
      const retryMs = backoff(performance.now() - startedAt);
      options.report({ kind: 'lost', link: options.name, generation, reason, retryMs });
      await machine.closedWithin(retryMs);
    }
  }

  async function close(): Promise<void> {
    machine.happen('close');
    session?.end('closed by us');
    await supervising;
  }

  async function start(): Promise<void> {
    if (machine.state() === 'closed') return;
    machine.onState(() => first.resolve()); // the first change is to ready, or to closed
    supervising = supervise();
    await first.promise.catch(async (error: unknown) => {
      await close();
      throw error;
    });
  }

  return {
    state: machine.state,
    onState: machine.onState,
    generation: () => generation,
    attach: (tenant) => void tenants.push(tenant),
    start,
    rebuild: (reason) => session?.end(reason),
    drain: () => machine.happen('drain'),
    close,
  };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
