// A database of the file's own, and the rows that other rows need. Nothing in them names a person.

import { after } from 'node:test';
import { createApplication } from '../../db/applications.ts';
import { createBoxes } from '../../db/boxes.ts';
import { addMerchant } from '../../db/merchants.ts';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { createStore } from '../../db/store.ts';
import type { Store } from '../../db/store.ts';
import { acceptTransaction } from '../../db/transactions.ts';
import { freshDatabase } from '../support/database.ts';

export const boxes = createBoxes({ dataKey: Buffer.alloc(32, 1), indexKey: Buffer.alloc(32, 2) });

export interface World {
  url: string;
  database: Database;
  store: Store;
  merchantId: string;
  /** Adds an application with a customer of its own and returns its id. */
  anApplication(): Promise<string>;
  /** Accepts a purchase of an application of its own and returns its id. */
  aPurchase(): Promise<string>;
}

/** A migrated database, dropped after the file's tests. */
export async function aWorld(): Promise<World> {
  const fresh = await freshDatabase();
  const database = openDatabase({ url: fresh.url, applicationName: 'test-db', poolSize: 20 });
  after(async () => {
    await database.close();
    await fresh.close();
  });
  const store = createStore(database, boxes);
  const merchantId = await database.withTransaction(async (tx) => addMerchant(tx, { name: 'Test Shop' }));
  const world: World = {
    url: fresh.url,
    database,
    store,
    merchantId,
    aPurchase: async () => {
      const applicationId = await world.anApplication();
      const terms = { applicationId, merchantId, kind: 'purchase', contractNumber: 'K1', amountVnd: 100_000 } as const;
      const accepted = await database.withTransaction(async (tx) => acceptTransaction(tx, { ...terms, intentKey: applicationId }));
      return accepted.transactionId;
    },
    anApplication: async () =>
      database.withTransaction(async (tx) => {
        const customerId = await store.customers.add(tx, { phone: '+84900000001' });
        const row = await createApplication(tx, {
          merchantId,
          merchantReference: customerId,
          customerId,
          amountVnd: 3_000_000,
          items: [],
          metadata: {},
          language: 'vi',
          returnUrl: null,
          cancelUrl: null,
          deadlineAt: new Date(Date.now() + 3_600_000),
        });
        return row.id;
      }),
  };
  return world;
}
