// A wire that can break: stands between a process and its server, cuts connections, delays bytes, or lets them vanish as a dead network does,
// while both ends believe that they are connected.

import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface TcpProxy {
  /** The server's URL with this proxy in its place. */
  url: string;
  /** Connections that were made so far. */
  connections(): number;
  /** Ends every connection at once; new ones are accepted. */
  cut(): void;
  /** Swallows what the server sends, on the connections there are and on new ones, until {@link heal}. The listener sees what was swallowed. */
  swallowAnswers(onSwallowed?: (answer: Buffer) => void): void;
  /** Swallows what the client sends, likewise. */
  swallowRequests(): void;
  /** Half-open: nothing passes in either direction and no end hears of it. Connections that were silent once stay so, even when healed. */
  goSilent(): void;
  /** Everything takes so much longer, each way, until {@link heal}. */
  delay(ms: number): void;
  /** Refuses new connections until {@link heal}, and cuts those there are. */
  goDown(): void;
  /** New connections work again; those that lost bytes are cut, for they can never be right again. */
  heal(): void;
  close(): Promise<void>;
}

type Mode = 'up' | 'no answers' | 'no requests' | 'silent' | 'down';

interface Pair {
  client: Socket;
  server: Socket;
  /** Neither end hears anything of the other any more, not even its end. */
  silent: boolean;
}

export async function tcpProxy(serverUrl: string): Promise<TcpProxy> {
  const target = new URL(serverUrl);
  const pairs = new Set<Pair>();
  let mode: Mode = 'up';
  let delayMs = 0;
  let swallowed: (answer: Buffer) => void = () => undefined;
  let connections = 0;

  const listener = createServer((client) => {
    connections += 1;
    if (mode === 'down') {
      client.destroy();
      return;
    }
    const pair: Pair = { client, server: connect(Number(target.port), target.hostname), silent: mode === 'silent' };
    pairs.add(pair);
    carry(pair, pair.client, pair.server, 'no requests');
    carry(pair, pair.server, pair.client, 'no answers');
  });

  /** Carries bytes one way, in order, each chunk as late as the delay of its moment says; and the end of it. */
  function carry(pair: Pair, from: Socket, to: Socket, losing: Mode): void {
    let dueAt = 0;
    const pass = (act: () => void): void => {
      const now = performance.now();
      if (delayMs === 0 && dueAt <= now) return act();
      dueAt = Math.max(dueAt, now + delayMs);
      setTimeout(act, dueAt - now);
    };
    from.setNoDelay(true).on('error', () => undefined);
    from.on('data', (bytes) => {
      if (!pair.silent && mode !== losing) pass(() => void (to.destroyed || to.write(bytes)));
      else if (losing === 'no answers') swallowed(bytes);
    });
    from.on('close', () => {
      if (pair.silent && !(pair.client.destroyed && pair.server.destroyed)) return;
      pass(() => {
        pairs.delete(pair);
        to.destroy();
      });
    });
  }

  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const cut = (also: (pair: Pair) => boolean = ({ silent }) => !silent): void => {
    for (const pair of [...pairs].filter(also)) for (const socket of [pair.client, pair.server]) socket.destroy();
  };
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String((listener.address() as AddressInfo).port); // a TCP server that listens has one
  return {
    url: url.toString(),
    connections: () => connections,
    cut: () => cut(),
    swallowAnswers: (onSwallowed = () => undefined) => {
      mode = 'no answers';
      swallowed = onSwallowed;
    },
    swallowRequests: () => void (mode = 'no requests'),
    goSilent: () => {
      mode = 'silent';
      for (const pair of pairs) pair.silent = true;
    },
    delay: (ms) => void (delayMs = ms),
    goDown: () => {
      mode = 'down';
      cut();
    },
    heal: () => {
      if (mode === 'no answers' || mode === 'no requests') cut();
      mode = 'up';
      delayMs = 0;
    },
    close: async () => {
      cut(() => true);
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
