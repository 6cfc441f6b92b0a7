// The contract of an object store: the same promises from PostgreSQL and from S3, which here is the simulator and could be Amazon.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createS3Objects } from '../../adapters/s3/client.ts';
import type { S3Options } from '../../adapters/s3/client.ts';
import { createPostgresObjects } from '../../db/objects.ts';
import { openDatabase } from '../../db/pool.ts';
import { VendorFailure } from '../../domain/failures.ts';
import { sandboxBucket } from '../../sandbox/s3/routes.ts';
import { freshDatabase } from '../support/database.ts';
import { sandboxKeys, startSandbox } from '../support/sandbox.ts';

const fresh = await freshDatabase();
const database = openDatabase({ url: fresh.url, applicationName: 'test-objects' });
const sandbox = await startSandbox({ databaseUrl: fresh.url });
after(async () => {
  await sandbox.close();
  await database.close();
  await fresh.close();
});

const options: S3Options = {
  bucket: sandboxBucket,
  region: 'ap-southeast-1',
  endpoint: `${sandbox.url}/s3`,
  pathStyle: true,
  ...sandboxKeys.awsCredentials,
  timeoutMs: 60_000,
  objectMaxBytes: 6_000_000,
};
const bytes = (text: string): Buffer => Buffer.from(text);
const read = async (found: Promise<Uint8Array | null>): Promise<string | null> => {
  const content = await found;
  return content && Buffer.from(content).toString();
};

for (const store of [createPostgresObjects(database), createS3Objects(options)]) {
  test(`${store.name}: what was put is got, byte for byte, also 5 MB of it, and what was not is null`, async () => {
    const large = Buffer.alloc(5_242_880, 'x');
    await store.put('documents/a', bytes('a'));
    await store.put('documents/large', large);
    assert.equal(await read(store.get('documents/a')), 'a');
    assert.ok(large.equals((await store.get('documents/large')) ?? bytes('')));
    assert.equal(await store.get('documents/none'), null);
  });

  test(`${store.name}: a put that comes again changes nothing, and of two at once one stays`, async () => {
    await store.put('documents/b', bytes('first'));
    await store.put('documents/b', bytes('second'));
    assert.equal(await read(store.get('documents/b')), 'first');
    await Promise.all(['one', 'two'].map(async (text) => store.put('documents/c', bytes(text))));
    assert.match((await read(store.get('documents/c'))) ?? '', /^(one|two)$/);
  });

  test(`${store.name}: what is removed is gone, and removing it again is no failure`, async () => {
    await store.put('documents/d', bytes('d'));
    await store.remove('documents/d');
    await store.remove('documents/d');
    assert.equal(await store.get('documents/d'), null);
  });

  test(`${store.name}: keys are listed in order, page by page, under their prefix alone, with the time of storing`, async () => {
    const keys = ['list/Z', 'list/a', 'list/b_', 'list/b~'];
    for (const key of [...keys.toReversed(), 'lisu/a']) await store.put(key, bytes(key));
    const page = async (after: string | null) => store.list({ prefix: 'list/', after, limit: 3 });
    const first = await page(null);
    assert.deepEqual(
      [first, await page('list/b_')].map((rows) => rows.map(({ key }) => key)),
      [keys.slice(0, 3), keys.slice(3)],
    );
    assert.ok(first.every(({ storedAt }) => Math.abs(Date.now() - storedAt.getTime()) < 600_000));
    assert.deepEqual(await page('list/b~'), []);
  });
}

async function outcome(changes: Partial<S3Options>): Promise<string> {
  const store = createS3Objects({ ...options, ...changes });
  return store.get('documents/a').then(
    () => 'answered',
    (error: unknown) => (error instanceof VendorFailure && error.vendor === 's3' ? `${error.kind} ${error.code}` : String(error)),
  );
}

test('s3: a fault of ours is told apart from a store that is away, and an object that is too large is none of ours', async () => {
  assert.equal(await outcome({ secretAccessKey: 'other' }), 'rejected CONFIG_CREDENTIALS');
  assert.equal(await outcome({ accessKeyId: 'other' }), 'rejected CONFIG_CREDENTIALS');
  assert.equal(await outcome({ bucket: 'nobodys' }), 'rejected CONFIG_NO_SUCH_BUCKET');
  assert.equal(await outcome({ endpoint: 'http://127.0.0.1:9' }), 'unavailable NOT_REACHED');
  assert.equal(await outcome({ objectMaxBytes: 0 }), 'garbage OBJECT_SIZE');
});

test('s3: a process that starts says which bucket it cannot use, and goes on when S3 is only away', async () => {
  await createS3Objects(options).checkBucket();
  await assert.rejects(
    createS3Objects({ ...options, bucket: 'nobodys' }).checkBucket(),
    /S3_BUCKET cannot be used \(CONFIG_NO_SUCH_BUCKET\)/,
  );
  await assert.rejects(createS3Objects({ ...options, secretAccessKey: 'other' }).checkBucket(), /CONFIG_ACCESS_DENIED/);
  await createS3Objects({ ...options, endpoint: 'http://127.0.0.1:9' }).checkBucket();
});
