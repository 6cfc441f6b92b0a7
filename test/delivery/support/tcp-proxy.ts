// A wire that can break: stands between a process and its server, cuts connections, or lets bytes vanish in one direction as a dead
// network does, while both ends believe that they are connected.

import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface TcpProxy {
  /** The server's URL with this proxy in its place. */
  url: string;
  /** Connections that were made so far. */
  connections(): number;
  /** Ends every connection at once; new ones are accepted. */
  cut(): void;
  /** Swallows what the server sends, on the connections there are and on new ones, until {@link heal}. */
  swallowAnswers(): void;
  /** Refuses new connections until {@link heal}, and cuts those there are. */
  goDown(): void;
  /** New connections work again; those that lost bytes are cut, for they can never be right again. */
  heal(): void;
  close(): Promise<void>;
}

export async function tcpProxy(serverUrl: string): Promise<TcpProxy> {
  const target = new URL(serverUrl);
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let mode: 'up' | 'mute' | 'down' = 'up';
  let connections = 0;

  const listener = createServer((client) => {
    connections += 1;
    if (mode === 'down') {
      client.destroy();
      return;
    }
    const server = connect(Number(target.port), target.hostname);
    const pair = { client, server };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end).setNoDelay(true);
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => mode === 'mute' || client.write(bytes));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const { client } of pairs) client.destroy();
  };
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String((listener.address() as AddressInfo).port); // a TCP server that listens has one
  return {
    url: url.toString(),
    connections: () => connections,
    cut,
    swallowAnswers: () => void (mode = 'mute'),
    goDown: () => {
      mode = 'down';
      cut();
    },
    heal: () => {
      if (mode === 'mute') cut();
      mode = 'up';
    },
    close: async () => {
      cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
