// What staff read of an application's past has to tell them what went wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeline } from '../../db/timeline.ts';
import { acceptTransaction } from '../../db/transactions.ts';
import { aWorld } from './world.ts';

const { database, anApplication } = await aWorld();

test('a purchase that WAY4 does not answer shows its tries, its first and its last error', async () => {
  const applicationId = await anApplication();
  const { rows } = await database.query<{ merchant_id: string }>('select merchant_id from applications where id = $1', [applicationId]);
  const purchase = {
    applicationId,
    merchantId: rows[0]?.merchant_id ?? '',
    kind: 'purchase',
    contractNumber: 'TS1',
    amountVnd: 300_000,
  } as const;
  await database.withTransaction(async (tx) => acceptTransaction(tx, { ...purchase, intentKey: applicationId }));
  await database.query(`update transactions set attempts = 4, first_error = 'UNKNOWN', last_error = 'BUSY' where application_id = $1`, [
    applicationId,
  ]);
  const entry = (await timeline(database, applicationId)).find(({ source }) => source === 'transaction');
  assert.deepEqual([entry?.details['attempts'], entry?.details['first_error'], entry?.details['last_error']], [4, 'UNKNOWN', 'BUSY']);
});
