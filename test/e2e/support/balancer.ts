// A balancer that knows no session: each request goes to the next instance, in turn.

import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { System } from '../../support/system.ts';

export interface Balancer {
  url: string;
  /** Requests that each instance was given, in the order of the instances. */
  given: number[];
}

/** Listens on loopback until the system is ended. */
export async function aBalancer(system: Pick<System, 'afterwards'>, instances: readonly string[]): Promise<Balancer> {
  const given = instances.map(() => 0);
  let requests = 0;
  const server = createServer((req, res) => {
    const turn = requests % instances.length;
    requests += 1;
    given[turn] = (given[turn] ?? 0) + 1;
    const onward = request(new URL(req.url ?? '/', instances[turn]), { method: req.method, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  system.afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, given }; // a TCP server that listens has one
}
