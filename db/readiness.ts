// Whether the database can serve this build: it answers, and every migration that this build knows is applied.

import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { sqlState } from './pool.ts';
import type { Queryable } from './pool.ts';

/** The names of migrations that this build brings. */
export async function knownMigrations(): Promise<string[]> {
  const files = await readdir(fileURLToPath(new URL('migrations', import.meta.url)));
  return files.filter((file) => file.endsWith('.sql')).map((file) => file.slice(0, -'.sql'.length));
}

/** Why the database cannot serve: `DATABASE_UNAVAILABLE`, `MIGRATIONS_PENDING`, or nothing. Never throws. */
export async function databaseProblems(db: Queryable, known: readonly string[]): Promise<string[]> {
  try {
    const { rows } = await db.query<{ name: string }>('select name from schema_migrations');
    const applied = new Set(rows.map((row) => row.name));
    return known.every((name) => applied.has(name)) ? [] : ['MIGRATIONS_PENDING'];
  } catch (error) {
    return [sqlState(error) === '42P01' ? 'MIGRATIONS_PENDING' : 'DATABASE_UNAVAILABLE'];
  }
}
