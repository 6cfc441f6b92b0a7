// Photos are kept no longer than they are needed, and what is gone is counted and named in the audit log.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { advance } from '../../db/applications.ts';
import { createPostgresObjects } from '../../db/objects.ts';
import { countKeysDue, countPhotosDue, deleteKeys, deletePhotos, sweepOrphans } from '../../db/retention.ts';
import { documentKey } from '../../db/documents.ts';
import type { ApplicationStatus } from '../../domain/states.ts';
import type { Queryable } from '../../db/pool.ts';
import { aWorld } from './world.ts';

const { url, database, store, anApplication } = await aWorld();
const day = 86_400_000;
const due = { keptMs: 30 * day, batch: 4 };
const content = Buffer.from('a photo');
const stores = [createPostgresObjects(database)] as const;

/** An application with three photos and a paper, that has been as it is for so many days. */
async function anOld(status: ApplicationStatus, days: number): Promise<string> {
  const applicationId = await anApplication();
  await database.withTransaction(async (tx) => {
    for (const kind of ['id_front', 'id_back', 'selfie', 'contract'] as const)
      await store.documents.add(tx, await store.documents.keep({ applicationId, kind, mediaType: 'image/jpeg', content }));
    if (status !== 'created') await advance(tx, applicationId, { status, step: 'end' });
    await tx.query(`update applications set updated_at = now() - $2 * interval '1 day' where id = $1`, [applicationId, days]);
  });
  return applicationId;
}

/** The customer signed the paper before the application ended. */
async function aSigned(applicationId: string): Promise<string> {
  await database.withTransaction(async (tx) => {
    await tx.query('set local session_replication_role = replica'); // the paper alone, without the offer and the decision behind it
    await tx.query(
      `insert into contracts (id, application_id, offer_id, contract_number, template_version, document_id, document_sha256, signed_at)
       select 'con_' || id, application_id, 'ofr_1', 'TS1', '1', id, sha256, now() from documents where application_id = $1 and kind = 'contract'`,
      [applicationId],
    );
  });
  return applicationId;
}

async function kindsKept(applicationId: string): Promise<string[]> {
  const { rows } = await database.query<{ id: string; kind: string }>('select id, kind from documents where application_id = $1', [
    applicationId,
  ]);
  const read = await Promise.all(rows.map(async ({ id, kind }) => ((await store.documents.read(database, id)) ? [kind] : [])));
  return read.flat().toSorted();
}

test('photos and unsigned contracts of applications that came to nothing are deleted after a month, each with its digest kept and an audit row', async () => {
  const gone = [await anOld('canceled', 31), await anOld('declined', 40), await anOld('expired', 90)];
  const kept = [await anOld('canceled', 29), await anOld('created', 90)];
  const signed = await aSigned(await anOld('canceled', 31));
  const expected = { applications: 4, photos: 12, papers: 3, bytes: 15 * content.length };
  assert.deepEqual(await countPhotosDue(database, due.keptMs), expected);
  const reports = await Promise.all([deletePhotos(database, stores, due), deletePhotos(database, stores, due)]);
  assert.equal(
    reports.reduce((sum, { photos, papers }) => sum + photos + papers, 0),
    15,
    'two at once delete each once',
  );
  assert.deepEqual(await deletePhotos(database, stores, due), { applications: 0, photos: 0, papers: 0, bytes: 0 });
  for (const applicationId of gone) assert.deepEqual(await kindsKept(applicationId), []);
  assert.deepEqual(await kindsKept(signed), ['contract'], 'what was signed is evidence');
  for (const applicationId of kept) assert.deepEqual(await kindsKept(applicationId), ['contract', 'id_back', 'id_front', 'selfie']);
  const { rows } = await database.query<{ photos: number }>(
    `select sum((change->>'photos')::int)::int as photos from audit_log where action = 'photos.deleted' and application_id = any($1)`,
    [gone],
  );
  assert.equal(rows[0]?.photos, 9);
  const { rows: digests } = await database.query('select 1 from documents where deleted_at is not null and length(sha256) = 64');
  assert.equal(digests.length, 15);
  const { rows: objects } = await database.query<{ count: number }>('select count(*) as count from objects');
  assert.equal(objects[0]?.count, 1 + 2 * 4, 'the bytes are gone as well');
});

test('keys of requests are deleted after a month, oldest first and by their age alone, and two at once delete each once', async () => {
  await database.query(
    `insert into idempotency_keys (merchant_id, operation, key, fingerprint, created_at)
     select (select id from merchants limit 1), 'x', n::text, '', now() - n * interval '1 day' from generate_series(25, 44) n`,
  );
  await database.query(
    `insert into staff_keys (id, fingerprint, created_at)
     select sha256(n::text::bytea), '', now() - n * interval '1 day' from generate_series(29, 33) n`,
  );
  const keptMs = 30.5 * day;
  assert.equal(await countKeysDue(database, keptMs), 14 + 3);
  const deleted = await Promise.all([deleteKeys(database, { keptMs, batch: 4 }), deleteKeys(database, { keptMs, batch: 4 })]);
  assert.equal(deleted[0] + deleted[1] + (await deleteKeys(database, { keptMs, batch: 4 })), 17);
  const left = async (table: string) => (await database.query(`select from ${table}`)).rowCount;
  assert.deepEqual([await left('idempotency_keys'), await left('staff_keys')], [6, 2]);
  await database.query('delete from idempotency_keys');

  const plans: string[] = [];
  await database.withTransaction(async (tx) => {
    await tx.query('set local enable_seqscan = off'); // these tables are small
    const explaining: Queryable = {
      query: async (text, values) => {
        const { rows } = await tx.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
        return { rows: [], rowCount: 0 };
      },
    };
    await deleteKeys(explaining, { keptMs, batch: 4 });
  });
  for (const [n, table] of ['idempotency_keys', 'staff_keys'].entries()) {
    assert.match(plans[n] ?? '', new RegExp(`Index Scan using ${table}_by_age .*\n\\s+Index Cond: \\(created_at <`));
    assert.match(plans[n] ?? '', /Tid Scan/, 'and what is found is deleted where it lies');
  }
});

test('bytes that a process left without a document are swept after a day, and nothing else is', async () => {
  const applicationId = await anApplication();
  const aDocument = { applicationId, kind: 'selfie', mediaType: 'image/jpeg', content } as const;
  const orphan = documentKey((await store.documents.keep(aDocument)).documentId);
  const kept = await store.documents.keep(aDocument);
  await database.withTransaction(async (tx) => store.documents.add(tx, kept));
  await stores[0].put('documents/not-ours', content);
  const sweep = async (minAgeMs: number) => sweepOrphans(database, stores, { minAgeMs, limit: 3 });
  assert.equal(await sweep(day), 0, 'a row may still come');
  await database.query(`update objects set created_at = now() - interval '2 days'`);
  assert.equal(await sweep(day), 1);
  assert.equal(await stores[0].get(orphan), null);
  assert.deepEqual((await store.documents.read(database, kept.documentId))?.content, content);
  assert.ok(await stores[0].get('documents/not-ours'));
});

const retention = async (...flags: string[]) => {
  const entry = fileURLToPath(new URL('../../workers/retention.ts', import.meta.url));
  return promisify(execFile)(process.execPath, [entry, ...flags], { env: { ...process.env, DATABASE_URL: url } });
};

test('the command counts first and deletes then, and an unknown flag prints how it is used', async () => {
  await anOld('failed', 31);
  await database.query(`update staff_keys set created_at = now() - interval '32 days' where id = sha256('30')`);
  const counted = { keptDays: 30, applications: 1, photos: 3, papers: 1, bytes: 4 * content.length, keys: 1 };
  assert.deepEqual(JSON.parse((await retention('--dry-run')).stdout), { dryRun: true, ...counted });
  assert.deepEqual(JSON.parse((await retention()).stdout), { dryRun: false, ...counted, orphans: 0 });
  await assert.rejects(retention('--all'), { code: 2, stderr: /--dry-run/ });
});
