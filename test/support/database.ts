// A database of its own for each test file. The schema is migrated once into a template, named after the migrations it holds,
// and cloned for each file: a clone takes a fraction of a second and no test sees another's rows.

import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { readEnv } from '../../config/env.ts';
import { migrate } from '../../db/migrate.ts';

export interface FreshDatabase {
  /** Connects to a migrated, empty database that nobody else uses. */
  url: string;
  /** Drops the database, ending any connection that is still open. */
  close(): Promise<void>;
}

/** Makes a migrated database of its own. Needs DATABASE_URL of a user that may create databases; the first call of a schema
 *  builds the template, and other processes wait for it under an advisory lock. */
export async function freshDatabase(serverUrl: string = readEnv('migrate').DATABASE_URL): Promise<FreshDatabase> {
  const name = `trasau_test_${randomBytes(6).toString('hex')}`;
  await withAdmin(serverUrl, async (admin) => {
    await admin.query(`create database ${name} template ${await migratedTemplate(admin, serverUrl)}`);
  });
  return {
    url: databaseUrl(serverUrl, name),
    close: async () => withAdmin(serverUrl, async (admin) => void (await admin.query(`drop database if exists ${name} with (force)`))),
  };
}

const templateLock = 7_274_726_001; // An arbitrary number, the same in all test processes.

async function migratedTemplate(admin: Client, serverUrl: string): Promise<string> {
  const template = `trasau_template_${schemaFingerprint()}`;
  await admin.query('select pg_advisory_lock($1)', [templateLock]);
  try {
    const found = await admin.query('select 1 from pg_database where datname = $1', [template]);
    if (found.rowCount === 0) await buildTemplate(admin, serverUrl, template);
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [templateLock]);
  }
  return template;
}

// The name is given last: a template that carries it is complete, whatever was killed meanwhile.
async function buildTemplate(admin: Client, serverUrl: string, template: string): Promise<void> {
  const unfinished = `${template}_unfinished`;
  await admin.query(`drop database if exists ${unfinished} with (force)`);
  await admin.query(`create database ${unfinished}`);
  await migrate(databaseUrl(serverUrl, unfinished));
  await admin.query(`alter database ${unfinished} rename to ${template}`);
}

function schemaFingerprint(): string {
  const folder = fileURLToPath(new URL('../../db/migrations', import.meta.url));
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).toSorted()) hash.update(`${file}\n${readFileSync(join(folder, file), 'utf8')}\n`);
  return hash.digest('hex').slice(0, 16);
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

async function withAdmin<T>(serverUrl: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: serverUrl, application_name: 'trasau-test-admin' });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
