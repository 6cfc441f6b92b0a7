// Brings a database up to the newest migration: `node db/migrate.ts`. Migrations are plain SQL files, run in order, each once,
// forward only. Two processes may run it at once: the second waits for the first.

import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { readEnv } from '../config/env.ts';

/** Applies every pending migration and returns the names of those it applied. Repeat: applies nothing. */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const applied = await runner({
    databaseUrl,
    dir: fileURLToPath(new URL('migrations', import.meta.url)),
    direction: 'up',
    migrationsTable: 'schema_migrations',
    advisoryLockMode: 'wait',
    singleTransaction: true,
    log: () => undefined,
  });
  return applied.map((migration) => migration.name);
}

if (import.meta.main) {
  const applied = await migrate(readEnv('migrate').DATABASE_URL);
  process.stdout.write(applied.length === 0 ? 'The schema is up to date.\n' : `Applied ${applied.join(', ')}.\n`);
}
