// A backtest and a replay over stored decisions, with the code of `npm run decisions`.

import { insertDecisions } from '../../db/decisions.ts';
import type { ComposedDecision } from '../../db/decisions.ts';
import { addMerchant } from '../../db/merchants.ts';
import { openDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { createRulesets } from '../../db/rulesets.ts';
import { freshDatabase } from '../../test/support/database.ts';
import { now, shippedRuleset } from '../../test/support/facts.ts';
import { answerTo } from '../../workers/decisions/commands.ts';
import type { Figure } from '../bench.ts';
import { boxes, decide } from './customers.ts';

const shippedFile = new URL('../../rulesets/pay-later-vn.v3.json', import.meta.url).pathname;

/** Stores that many decisions, then looks back at all of them. */
export async function lookingBack(serverUrl: string, records: number): Promise<Figure[]> {
  const fresh = await freshDatabase(serverUrl);
  const database = openDatabase({ url: fresh.url, applicationName: 'bench-decisions', poolSize: 2 });
  try {
    await store(database, records);
    const tool = async (...args: string[]) => answerTo(args, async (work) => work({ database, boxes }));
    const backtestSeconds = await seconds(async () => tool('backtest', '--ruleset', shippedFile));
    const replaySeconds = await seconds(async () => {
      const { text, code } = await tool('replay', '--all');
      if (code !== 0) throw new Error(text);
    });
    return [
      { what: `backtest of ${records} stored decisions`, value: backtestSeconds, unit: 's', bound: { atMost: (60 * records) / 100_000 } },
      { what: `replay of ${records} stored decisions`, value: replaySeconds, unit: 's' },
    ];
  } finally {
    await database.close();
    await fresh.close();
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

const batch = 500;

async function store(database: Database, records: number): Promise<void> {
  await database.withTransaction(async (tx) => createRulesets().forDecision(tx, now, shippedRuleset));
  const merchantId = await database.withTransaction(async (tx) => addMerchant(tx, { name: 'Bench' }));
  let previous: string | null = null;
  for (let from = 0; from < records; from += batch) {
    const to = Math.min(from + batch, records);
    const composed: ComposedDecision[] = [];
    for (let index = from; index < to; index += 1) {
      const decided = decide(index, `app_${index}`, previous);
      previous = decided.recordHash;
      composed.push(decided);
    }
    await database.withTransaction(async (tx) => {
      await tx.query(`insert into customers (id, phone_index, profile) select 'cus_' || i, '', '' from generate_series($1::int, $2) i`, [
        from,
        to - 1,
      ]);
      await tx.query(
        `insert into applications (id, merchant_id, merchant_reference, customer_id, amount_vnd)
         select 'app_' || i, $3, 'order-' || i, 'cus_' || i, 1000000 from generate_series($1::int, $2) i`,
        [from, to - 1, merchantId],
      );
      await insertDecisions(tx, composed);
    });
    if (to % 20_000 === 0) process.stderr.write(`${to} stored\n`);
  }
}
