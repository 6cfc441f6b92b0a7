// One round of the relay: rows are claimed under a lock, published together, and marked in the commit that ends the claim. A crash at
// any line leaves the rows as they were, so that they are published again; the consumers bear the duplicate.

import type { Publisher } from '../adapters/rabbitmq/publisher.ts';
import { workKey } from '../adapters/rabbitmq/topology.ts';
import { claimOutbox, markOutbox } from '../db/outbox.ts';
import type { OutboxRow } from '../db/outbox.ts';
import type { Database } from '../db/pool.ts';
import type { Faults } from './fault-points.ts';

export interface RelayDeps {
  database: Database;
  publisher: Publisher;
  exchange: string;
  /** False while the broker takes nothing: then nothing is claimed. */
  ready: () => boolean;
  batch: number;
  retryMs: number;
  faults: Faults;
}

/** Publishes one batch of due messages. True when the batch was full, so that there is probably more. */
export async function relayRound(deps: RelayDeps): Promise<boolean> {
  if (!deps.ready()) return false;
  const taken = await deps.database.withTransaction(async (tx) => {
    const rows = await claimOutbox(tx, deps.batch);
    if (rows.length === 0) return 0;
    await deps.faults('relay.claimed');
    const result = await publishAll(deps, rows);
    await deps.faults('relay.confirmed');
    await markOutbox(tx, { ...result, retryMs: deps.retryMs });
    await deps.faults('relay.marking');
    return rows.length;
  });
  if (taken > 0) await deps.faults('relay.marked');
  return taken === deps.batch;
}

/** Sends all, then waits for all: the confirms of a batch come together. Only what is confirmed and was not returned is published. */
async function publishAll(
  { publisher, exchange, faults }: RelayDeps,
  rows: OutboxRow[],
): Promise<{ published: number[]; failed: number[] }> {
  const verdicts = rows.map(async ({ id, messageId, body }) => {
    const verdict = await publisher.publish({ exchange, routingKey: workKey, messageId, body: Buffer.from(body), headers: {} });
    return { id, published: verdict === 'confirmed' };
  });
  await faults('relay.published');
  const results = await Promise.all(verdicts);
  return {
    published: results.filter((result) => result.published).map((result) => result.id),
    failed: results.filter((result) => !result.published).map((result) => result.id),
  };
}
