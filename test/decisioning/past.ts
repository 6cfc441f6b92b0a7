// A database with decisions of the past, for the tools that look back at them.

import type { KnownFacts } from '../../domain/decision/features.ts';
import { decisionAbout } from '../support/decision-record.ts';
import { facts, hit, now, noReport, shippedRuleset } from '../support/facts.ts';
import { boxes, aWorld } from '../db/world.ts';

const many = (d30: number): Partial<KnownFacts> => ({ bureau: hit({ inquiries: { d30, d90: d30, d180: d30 } }) });

/** Three who were approved, one of them with nine inquiries; one thin file with a large order; one with bad debt. */
const customers: Partial<KnownFacts>[] = [
  {},
  many(2),
  many(9),
  noReport('NO_HIT'),
  { bureau: hit({ currentDebtGroup: 4, worstGroup12m: 4 }) },
];

/** Decides about each of them by the shipped ruleset, and gives what a command of the tool needs to see it. */
export async function decisionsOfThePast() {
  const { url, database, store, anApplication } = await aWorld();
  await database.withTransaction(async (tx) => store.rulesets.forDecision(tx, now, shippedRuleset));
  const ids: string[] = [];
  for (const changes of customers) {
    const applicationId = await anApplication();
    ids.push(await database.withTransaction(async (tx) => store.decisions.add(tx, decisionAbout(applicationId, facts(changes)))));
  }
  const env = {
    ...process.env,
    DATABASE_URL: url,
    DATA_KEY: Buffer.alloc(32, 1).toString('base64'),
    INDEX_KEY: Buffer.alloc(32, 2).toString('base64'),
  };
  return { database, store, boxes, env, ids };
}
