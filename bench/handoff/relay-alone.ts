// How fast the relay alone empties an outbox into RabbitMQ: every message persistent, mandatory, confirmed, and marked in PostgreSQL.

import { randomBytes } from 'node:crypto';
import { openDatabase } from '../../db/pool.ts';
import { acceptTransaction } from '../../db/transactions.ts';
import { newId } from '../../db/ids.ts';
import { sendAgain } from '../../db/outbox.ts';
import { anApplicationRow, deleteQueues } from '../../test/delivery/support/world.ts';
import { freshDatabase } from '../../test/support/database.ts';
import { eventually } from '../../test/support/eventually.ts';
import { handOffTopology } from '../../workers/broker.ts';
import { noFaults } from '../../workers/fault-points.ts';
import { createRelay } from '../../workers/relay-process.ts';

/** Messages published, confirmed and marked per second by one relay, over a full outbox of `messages` rows. */
export async function relayAlonePerSecond(servers: { databaseUrl: string; amqpUrl: string }, messages: number): Promise<number> {
  const { amqpUrl } = servers;
  const fresh = await freshDatabase(servers.databaseUrl);
  const database = openDatabase({ url: fresh.url, applicationName: 'bench' });
  const topology = handOffTopology(`bench.${randomBytes(6).toString('hex')}`);
  try {
    await fillOutbox(database, messages);
    const quiet = { faults: noFaults, report: () => undefined, onFault: () => undefined };
    const startedAt = performance.now();
    const relay = createRelay({ database, amqpUrl, name: 'bench relay', topology, ...quiet });
    await relay.start();
    await eventually('the outbox is empty', () => relay.counts().published >= messages, 120_000);
    await relay.drain(); // the last marks are committed
    return messages / ((performance.now() - startedAt) / 1000);
  } finally {
    await database.close();
    await deleteQueues(amqpUrl, topology);
    await fresh.close();
  }
}

async function fillOutbox(database: ReturnType<typeof openDatabase>, messages: number): Promise<void> {
  const merchantId = newId('merchant');
  await database.query('insert into merchants (id, name) values ($1, $2)', [merchantId, 'Bench Shop']);
  const amountVnd = 100_000;
  const applicationId = await anApplicationRow(database, merchantId, amountVnd);
  const terms = { applicationId, merchantId, kind: 'purchase', contractNumber: 'K-BENCH', amountVnd } as const;
  await database.withTransaction(async (tx) => {
    const { transactionId } = await acceptTransaction(tx, { ...terms, intentKey: `${applicationId}:purchase` });
    for (let left = messages - 1; left > 0; left -= 1_000) {
      await sendAgain(
        tx,
        Array.from({ length: Math.min(left, 1_000) }, () => transactionId),
      );
    }
  });
}
