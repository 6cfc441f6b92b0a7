// The api as a process, over a real socket: it starts while Temporal is away, and it ends without failing what is under way.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { addMerchant, issueApiKey, scopes } from '../../db/merchants.ts';
import { openDatabase } from '../../db/pool.ts';
import { startApi } from '../support/api-process.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

test('200 ready without Temporal; a request under way at SIGTERM is answered, then the process ends with 0', async () => {
  const database = await freshDatabase();
  const { api, port } = await startApi(database.url);
  const ended = once(api, 'exit');
  try {
    const url = `http://127.0.0.1:${port}`;
    assert.equal((await fetch(`${url}/health/ready`)).status, 200);
    await assert.rejects(fetch(`http://127.0.0.2:${port}/health/ready`), 'it listens where it was told to, and nowhere else');

    const body = '{"merchant_reference":1}';
    const headers = {
      authorization: `Bearer ${await aKey(database.url)}`,
      'content-type': 'application/json',
      'idempotency-key': 'under-way',
      'content-length': body.length,
      expect: '100-continue',
    };
    const underWay = request(`${url}/v1/applications`, { method: 'POST', headers });
    underWay.flushHeaders();
    await once(underWay, 'continue'); // The api has the head of the request and waits for its body.
    api.kill('SIGTERM');
    await eventually('no new connection is taken', async () =>
      fetch(`${url}/health/live`).then(
        () => false,
        () => true,
      ),
    );
    underWay.end(body);
    const [answer] = (await once(underWay, 'response')) as [IncomingMessage]; // what the event carries
    assert.equal(answer.statusCode, 422);
    assert.equal(answer.headers.connection, 'close');
    answer.resume();
    assert.deepEqual(await ended, [0, null]);
  } finally {
    api.kill('SIGKILL');
    await database.close();
  }
});

async function aKey(databaseUrl: string): Promise<string> {
  const database = openDatabase({ url: databaseUrl, applicationName: 'test-key' });
  try {
    return await database.withTransaction(async (tx) => {
      const merchantId = await addMerchant(tx, { name: 'A shop' });
      return (await issueApiKey(tx, { merchantId, scopes, mode: 'test' })).apiKey;
    });
  } finally {
    await database.close();
  }
}
