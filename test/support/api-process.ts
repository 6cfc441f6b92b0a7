// The api as a process of its own, over a real socket, with keys of no secret. Temporal is away.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../api/main.ts', import.meta.url));

/** Starts the process and waits until it listens. */
export async function startApi(databaseUrl: string): Promise<{ api: ChildProcess; port: number }> {
  const api = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      TRASAU_ENV: 'test',
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      DATA_KEY: Buffer.alloc(32, 1).toString('base64'),
      INDEX_KEY: Buffer.alloc(32, 2).toString('base64'),
      PAYLOAD_KEYS: `first:${Buffer.alloc(32, 3).toString('base64')}`,
      CIC_CALLBACK_SECRET: 'a-secret-of-16-characters',
      STAFF_ISSUER_URL: 'http://127.0.0.1:1/oidc',
      STAFF_JWKS_URL: 'http://127.0.0.1:1/oidc/jwks',
      HOST: '127.0.0.1',
      PORT: '0',
    },
  });
  const lines = createInterface({ input: api.stdout });
  return new Promise((resolve, reject) => {
    // Read on afterwards: a pipe that is full or closed would stop the process.
    lines.on('line', (line) => {
      const { msg, port } = Object(JSON.parse(line));
      if (msg === 'listening') resolve({ api, port });
    });
    lines.once('close', () => reject(new Error('the api ended before it listened')));
  });
}
