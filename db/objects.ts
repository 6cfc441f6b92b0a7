// The embedded object store: a table of its own, so that nothing else need be run. Its contract is that of any object store
// (test/adapters/objects.test.ts).

import type { ObjectStore } from '../domain/ports.ts';
import type { Database } from './pool.ts';

/** Objects in PostgreSQL. Each put and delete is a commit of its own, as with any other store. */
export function createPostgresObjects({ query }: Pick<Database, 'query'>): ObjectStore {
  return {
    name: 'postgres',
    put: async (key, content) => {
      await query('insert into objects (key, content) values ($1, $2) on conflict (key) do nothing', [key, content]);
    },
    get: async (key) => {
      const { rows } = await query<{ content: Buffer }>('select content from objects where key = $1', [key]);
      return rows[0]?.content ?? null;
    },
    remove: async (key) => void (await query('delete from objects where key = $1', [key])),
    list: async ({ prefix, after, limit }) => {
      const { rows } = await query<{ key: string; created_at: Date }>(
        `select key, created_at from objects where starts_with(key, $1) and key collate "C" > $2 order by key collate "C" limit $3`,
        [prefix, after ?? '', limit],
      );
      return rows.map(({ key, created_at: storedAt }) => ({ key, storedAt }));
    },
  };
}
