// The merchant that the demo buys at, and its API key. Keys are stored as digests, so the one that was issued is kept with the other local
// secrets; when the database does not know it (it was deleted, or is another one), a new one is issued.

import { readFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addMerchant, holderOfApiKey, issueApiKey, scopes } from '../../db/merchants.ts';
import { openDatabase } from '../../db/pool.ts';
import type { Stack } from './stack.ts';

const MERCHANT_NAME = 'Trasau demo shop';

/** An API key that works, of the demo merchant. Repeat: the same key as long as the database knows it. */
export async function ensureDemoMerchantKey(stack: Stack, databaseUrl: string): Promise<string> {
  const file = join(stack.folder, 'demo-merchant.json');
  const database = openDatabase({ url: databaseUrl, applicationName: 'trasau-demo', poolSize: 1 });
  try {
    const known: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).apiKey : undefined;
    if (typeof known === 'string' && (await holderOfApiKey(database, known)) !== null) return known;
    const { apiKey } = await database.withTransaction(async (tx) => {
      const merchantId = await addMerchant(tx, { name: MERCHANT_NAME });
      return issueApiKey(tx, { merchantId, scopes, mode: 'test' });
    });
    writeFileSync(file, `${JSON.stringify({ apiKey }, null, 2)}\n`, { mode: 0o600 });
    return apiKey;
  } finally {
    await database.close();
  }
}
