// One life of a connection: from the connect until it, one of its channels or one of its consumers is gone. Everything on it shares its
// fate. That is coarse and simple, and it makes the worst mistake of this protocol impossible: answering, on a new channel, a delivery
// number that belongs to an old one.

import { createOnce } from './once.ts';
import type { Connection, ConnectOptions, Transport } from './transport.ts';

export interface Session {
  connection: Connection;
  /** Rises with every session of its link. */
  generation: number;
  /** Ends this session; the link builds the next. Repeat: nothing. */
  end: (reason: string) => void;
  /** Calls the listener, with the reason, when the session is over. */
  onEnd: (listener: (reason: string) => void) => void;
}

/** Something that lives on a link: opens its channel in each session. When `open` rejects, the session ends. */
export interface Tenant {
  open(session: Session): Promise<void>;
}

export interface SessionOptions extends ConnectOptions {
  transport: Transport;
  closeTimeoutMs: number;
}

export interface SessionEvents {
  /** Connected, not open yet. */
  begun(session: Session): void;
  blocked(blocked: boolean): void;
  /** Every tenant is open. */
  ready(): void;
  /** The session is over; the connection is not closed yet. */
  over(): void;
}

/** Lives one session; resolves with the reason of its end, rejects with the reason why it never was ready. */
export async function liveSession(
  options: SessionOptions,
  tenants: readonly Tenant[],
  generation: number,
  events: SessionEvents,
): Promise<string> {
  const connection = await options.transport.connect(options);
  const end = createOnce<string>();
  const session: Session = { connection, generation, end: end.happen, onEnd: end.on };
  connection.onClosed(end.happen);
  connection.onBlocked(events.blocked);
  events.begun(session);
  try {
    await openTenants(tenants, session, options.connectTimeoutMs);
    events.ready();
    return await new Promise<string>((resolve) => end.on(resolve));
  } finally {
    end.happen('closed');
    events.over();
    await connection.close(options.closeTimeoutMs);
  }
}

/** Opens the tenants one after the other, as long as the session holds and the time-out allows. */
async function openTenants(tenants: readonly Tenant[], session: Session, timeoutMs: number): Promise<void> {
  const timer = setTimeout(() => session.end('the broker did not answer in time'), timeoutMs);
  const ended = new Promise<never>((_, reject) => session.onEnd((reason) => reject(new Error(reason))));
  const opened = (async () => {
    for (const tenant of tenants) await tenant.open(session);
  })();
  try {
    await Promise.race([opened, ended]);
  } finally {
    clearTimeout(timer);
    // Whichever lost the race may still reject, and nobody listens any more.
    ended.catch(() => undefined);
    opened.catch(() => undefined);
  }
}
