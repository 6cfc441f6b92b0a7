import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLedger } from '../../infra/local/ledger.ts';
import { ensureSecrets, SECRET_KINDS } from '../../infra/local/secrets.ts';
import { startServers } from '../../infra/local/servers.ts';
import { releasePorts } from '../../infra/local/port-claims.ts';
import { aFolder, keptProgress } from './support.ts';

test('a given address is used and nothing started instead; where nothing answers, the error names the variable', async (t) => {
  const folder = aFolder(t);
  t.after(() => releasePorts());
  const site = { ledger: openLedger(join(folder, 'run.json')), logs: join(folder, 'logs'), running: new Set<never>(), closing: false };
  const { progress } = keptProgress();
  const stack = { ...site, id: 'given', folder, secrets: ensureSecrets(folder, SECRET_KINDS), plainEnv: {}, durable: false, progress };
  // Port 1 on loopback: nobody listens there, and the refusal comes at once.
  const env = { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x', AMQP_URL: 'amqp://u:p@127.0.0.1:1', TEMPORAL_ADDRESS: '127.0.0.1:1' };
  await assert.rejects(startServers(stack, env, 22_000), (error: unknown) => {
    assert.ok(error instanceof Error);
    for (const variable of Object.keys(env)) assert.match(error.message, new RegExp(`${variable} is set, but no`));
    return true;
  });
  assert.equal(site.running.size, 0);
});
