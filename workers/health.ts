// Answers the two questions of an orchestrator. Live: does the event loop turn? Nothing else, for a broker that is away is no reason to
// kill a worker. Ready: is it doing its job, which is what a person wants to know.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Health {
  port: number;
  close(): Promise<void>;
}

const checkTimeoutMs = 2_000; // Our choice: shorter than the probe's own time-out.

/** Serves GET /health/live (always 200) and GET /health/ready (200 when every check holds, otherwise 503 with the names of those that
 *  do not). Port 0 picks a free one. A check that throws or takes longer than two seconds does not hold. */
export async function startHealth(options: { port: number; checks: Record<string, () => boolean | Promise<boolean>> }): Promise<Health> {
  const server = createServer((req, res) => {
    void answer(req.url ?? '', options.checks).then(({ status, body }) =>
      res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, resolve);
  });
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    port,
    close: async () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(url: string, checks: Record<string, () => boolean | Promise<boolean>>): Promise<{ status: number; body: object }> {
  if (url === '/health/live') return { status: 200, body: { status: 'live' } };
  if (url !== '/health/ready') return { status: 404, body: { status: 'not found' } };
  const results = await Promise.all(Object.entries(checks).map(async ([name, check]) => ({ name, holds: await holds(check) })));
  const failing = results.filter((result) => !result.holds).map((result) => result.name);
  return failing.length === 0 ? { status: 200, body: { status: 'ready' } } : { status: 503, body: { status: 'unready', failing } };
}

async function holds(check: () => boolean | Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, checkTimeoutMs, false)));
  try {
    return await Promise.race([Promise.resolve().then(check), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
