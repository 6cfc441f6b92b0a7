// A database for tests of the verdicts: our tables in it, and WAY4's books, which its simulator keeps there.

import { after } from 'node:test';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { openStore } from '../../sandbox/store.ts';
import { freshDatabase } from '../support/database.ts';

/** Opens both books, empty; closed when the tests of the file are over. */
export async function openBooks(): Promise<{ database: Database; bank: Awaited<ReturnType<typeof openStore>> }> {
  const fresh = await freshDatabase();
  after(fresh.close);
  const database = openDatabase({ url: fresh.url, applicationName: 'test', onError: () => undefined });
  after(database.close);
  const bank = await openStore({ databaseUrl: fresh.url, schema: 'sandbox', onError: () => undefined });
  after(bank.close);
  return { database, bank };
}
