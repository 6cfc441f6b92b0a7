// What is deleted when it is not needed any more: the photos of applications that came to nothing, one commit for each batch, with an audit
// row for each application that says what is gone; and the keys under which requests were repeated.

import { audit } from './audit.ts';
import { documentKey, documentKeys } from './documents.ts';
import type { ObjectStores } from './documents.ts';
import { isId } from '../domain/ids.ts';
import type { Database, Queryable } from './pool.ts';
import { stoppedList } from './status-lists.ts';

export interface Deleted {
  applications: number;
  photos: number;
  /** Contracts that were shown and never signed. */
  papers: number;
  bytes: number;
}

const dueSql = `select d.id, d.application_id, d.kind, d.size_bytes from documents d join applications a on a.id = d.application_id
  where d.deleted_at is null and (d.kind in ('id_front', 'id_back', 'selfie', 'liveness') or (d.kind = 'contract'
      and not exists (select from contracts c where c.application_id = d.application_id and c.signed_at is not null)))
    and a.status in (${stoppedList}) and a.updated_at < now() - $1 * interval '1 millisecond'`;

/** What {@link deletePhotos} would delete now. */
export async function countPhotosDue(db: Queryable, keptMs: number): Promise<Deleted> {
  const { rows } = await db.query<Deleted & Record<string, unknown>>(
    `select count(distinct application_id) as applications, count(*) filter (where kind <> 'contract') as photos,
       count(*) filter (where kind = 'contract') as papers, coalesce(sum(size_bytes), 0)::bigint as bytes
     from (${dueSql}) as due`,
    [keptMs],
  );
  return rows[0] ?? nothing;
}

const nothing: Deleted = { applications: 0, photos: 0, papers: 0, bytes: 0 };

/** Deletes the photos, and the contracts nobody signed, of applications that ended without a purchase longer than `keptMs` ago, `batch` at a time. Returns what was deleted.
 *  Repeat, or another process at once: nothing twice. The bytes go after the commit; those that a crash leaves are orphans. */
export async function deletePhotos(
  database: Pick<Database, 'withTransaction'>,
  stores: ObjectStores,
  { keptMs, batch }: { keptMs: number; batch: number },
): Promise<Deleted> {
  const total = { ...nothing };
  for (;;) {
    const { ids, ...deleted } = await deleteBatch(database, keptMs, batch);
    for (const id of ids) for (const store of stores) await store.remove(documentKey(id));
    total.applications += deleted.applications;
    total.photos += deleted.photos;
    total.papers += deleted.papers;
    total.bytes += deleted.bytes;
    if (ids.length < batch) return total;
  }
}

async function deleteBatch(
  database: Pick<Database, 'withTransaction'>,
  keptMs: number,
  batch: number,
): Promise<Deleted & { ids: string[] }> {
  return database.withTransaction(async (tx) => {
    const { rows } = await tx.query<{ id: string; application_id: string; kind: string; size_bytes: number }>(
      `update documents set content = null, deleted_at = now()
       where id in (select id from (${dueSql} order by d.application_id, d.id limit $2 for update of d skip locked) as due)
       returning id, application_id, kind, size_bytes`,
      [keptMs, batch],
    );
    const byApplication = Map.groupBy(rows, (row) => row.application_id);
    for (const [applicationId, documents] of byApplication) {
      const entry = { actor: 'system:retention', action: 'photos.deleted', applicationId, subject: applicationId };
      await audit(tx, { ...entry, change: countsOf(documents) });
    }
    const bytes = rows.reduce((sum, row) => sum + row.size_bytes, 0);
    return { ids: rows.map(({ id }) => id), applications: byApplication.size, ...countsOf(rows), bytes };
  });
}

function countsOf(documents: readonly { kind: string }[]): { photos: number; papers: number } {
  const papers = documents.filter(({ kind }) => kind === 'contract').length;
  return { photos: documents.length - papers, papers };
}

const keyTables = ['idempotency_keys', 'staff_keys'] as const;

/** What {@link deleteKeys} would delete now. */
export async function countKeysDue(db: Queryable, keptMs: number): Promise<number> {
  const due = keyTables.map((table) => `select from ${table} where created_at < now() - $1 * interval '1 millisecond'`);
  const { rows } = await db.query<{ keys: number }>(`select count(*) as keys from (${due.join(' union all ')}) as due`, [keptMs]);
  return rows[0]?.keys ?? 0;
}

/** Deletes the keys that merchants and staff used first longer than `keptMs` ago, with the replies under them, oldest first, `batch` to a
 *  commit. Returns how many. Repeat, or another process at once: nothing twice. */
export async function deleteKeys(db: Queryable, { keptMs, batch }: { keptMs: number; batch: number }): Promise<number> {
  let total = 0;
  for (const table of keyTables) {
    for (let count = batch; count === batch; total += count) {
      const { rowCount } = await db.query(
        `delete from ${table} where ctid = any(array(
           select ctid from ${table} where created_at < now() - $1 * interval '1 millisecond'
           order by created_at limit $2 for update skip locked))`,
        [keptMs, batch],
      );
      count = rowCount ?? 0;
    }
  }
  return total;
}

/** Deletes the bytes that belong to no document and are older than `minAgeMs`, `limit` keys at a time: of a process that died before the row
 *  was committed, or after it was deleted. Returns how many. Keys that are none of ours stay. */
export async function sweepOrphans(
  db: Queryable,
  stores: ObjectStores,
  { minAgeMs, limit }: { minAgeMs: number; limit: number },
): Promise<number> {
  let swept = 0;
  for (const store of stores) {
    for (let after: string | null = null; ;) {
      const listed = await store.list({ prefix: documentKeys, after, limit });
      const old = listed
        .filter(({ storedAt }) => Date.now() - storedAt.getTime() > minAgeMs)
        .map(({ key }) => key.slice(documentKeys.length));
      const orphans = await withoutDocument(
        db,
        old.filter((id) => isId('document', id)),
      );
      for (const id of orphans) await store.remove(documentKey(id));
      swept += orphans.length;
      after = listed.at(-1)?.key ?? null;
      if (listed.length < limit) break;
    }
  }
  return swept;
}

async function withoutDocument(db: Queryable, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'select id from unnest($1::text[]) as id where not exists (select from documents d where d.id = id.id and d.deleted_at is null)',
    [ids],
  );
  return rows.map(({ id }) => id);
}
