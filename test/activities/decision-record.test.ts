// What is kept of a decision: enough to repeat it byte for byte, in a chain that shows a missing link; and a challenger that runs beside it
// and can neither change nor fail it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, recordHash } from '../../db/decisions.ts';
import type { DecisionRecord } from '../../db/decisions.ts';
import { publishRuleset, rollBackRuleset, startShadow, stopShadow } from '../../db/publishing.ts';
import { rulesetHash } from '../../db/rulesets.ts';
import { recordEvaluation } from '../../domain/decision/record.ts';
import { parseRuleset } from '../../domain/decision/ruleset.ts';
import type { FeatureSnapshot } from '../../domain/decision/types.ts';
import { shippedRuleset } from '../support/facts.ts';
import { aWorld } from './world.ts';
import type { Applicant } from './applicant.ts';

const world = await aWorld();
const { store, database } = world;
const by = (actor: string) => ({ actor: `staff:${actor}`, reason: 'test', at: new Date() });

interface Loose {
  version: string;
  stages: { eligibility: { id: string; when: unknown }[] };
}

/** The shipped ruleset under another version, in which one more customer is too poor: all of them. */
function decliningEverybody(version: string): Loose {
  const document = structuredClone(shippedRuleset) as Loose; // its shape is what the reader checks
  for (const rule of document.stages.eligibility) if (rule.id === 'income-minimum') rule.when = { gte: [{ var: 'monthlyIncomeVnd' }, 0] };
  return { ...document, version };
}

async function decided(applicant?: Applicant) {
  const whose = applicant ?? (await (await world.anApplicant()).walksTo('decide'));
  await whose.run('decide');
  const record = await store.decisions.latest(database, whose.applicationId);
  assert.ok(record);
  return { applicant: whose, record };
}

async function shadowed<T>(document: object, work: () => Promise<T>): Promise<T> {
  await database.withTransaction(async (tx) => startShadow(tx, document, { ...by('mai'), until: new Date(Date.now() + 60_000) }));
  return work().finally(async () => database.withTransaction(async (tx) => stopShadow(tx, by('mai'))));
}

test('input and ruleset of a record give its output again, byte for byte', async () => {
  const { record } = await decided();
  const { input, output } = record.open();
  assert.deepEqual([digest(input), digest(output)], [record.inputSha256, record.outputSha256]);
  const { features, now } = JSON.parse(input) as { features: FeatureSnapshot; now: string }; // written by recordEvaluation
  assert.ok(Object.values(features).every(({ source, asOf }) => source !== '' && Number.isFinite(Date.parse(asOf))));
  assert.equal(record.ruleset.sha256, rulesetHash(shippedRuleset));
  assert.deepEqual(recordEvaluation(parseRuleset(shippedRuleset), features, new Date(now)), {
    input,
    output,
    result: JSON.parse(output) as unknown,
  });
});

test('each record is chained to the one before it, whoever it is about', async () => {
  const [first, second] = [(await decided()).record, (await decided()).record];
  assert.equal(second.previousHash, first.recordHash);
  for (const record of [first, second]) assert.equal(recordHash(record), record.recordHash);
  assert.notEqual(recordHash({ ...second, limitVnd: 1 }), second.recordHash);
  assert.notEqual(recordHash({ ...second, previousHash: null }), second.recordHash);
});

test('decisions that are taken at once do not fork the chain', async () => {
  const applicants = await Promise.all(Array.from({ length: 6 }, async () => (await world.anApplicant()).walksTo('decide')));
  await Promise.all(applicants.map(async (applicant) => applicant.run('decide')));
  const records: DecisionRecord[] = [];
  for await (const page of store.decisions.pages(database, { pageRows: 2 })) records.push(...page);
  records.slice(1).forEach((record, index) => assert.equal(record.previousHash, records[index]?.recordHash));
});

test('the ruleset in force decides from the moment it is in force, and a repeat keeps what was decided', async () => {
  const before = await decided();
  const document = decliningEverybody('3.1.0');
  for (const name of ['mai', 'lan'])
    await database.withTransaction(async (tx) => publishRuleset(tx, document, { ...by(name), effectiveFrom: null }));
  const after = await decided();
  assert.deepEqual([before.record.outcome, after.record.outcome, after.record.ruleset.version], ['approved', 'declined', '3.1.0']);
  assert.deepEqual((await decided(before.applicant)).record.recordHash, before.record.recordHash);
  await database.withTransaction(async (tx) => rollBackRuleset(tx, by('mai')));
  assert.equal((await decided()).record.ruleset.version, '3.0.0');
});

test('a challenger sees the same facts, decides nothing, and what it would have decided is on the record', async () => {
  const { record } = await shadowed(decliningEverybody('4.0.0'), decided);
  assert.equal(record.outcome, 'approved');
  assert.deepEqual(record.challenger, {
    sha256: rulesetHash(decliningEverybody('4.0.0')),
    kind: 'differs',
    version: '4.0.0',
    outcome: 'declined',
    limitVnd: null,
    reasons: ['INCOME_TOO_LOW'],
  });
  const same = { ...Object(shippedRuleset), version: '4.0.1' };
  assert.equal((await shadowed(same, decided)).record.challenger?.kind, 'agrees');
  assert.equal((await decided()).record.challenger, null);
});

test('a challenger that cannot be read fails alone', async () => {
  const sha256 = 'broken';
  await database.query(`insert into rulesets (sha256, id, version, document) values ($1, 'x', '1', '{}')`, [sha256]);
  await database.query(
    `insert into ruleset_events (ruleset_sha256, kind, actor, reason, effective_from, effective_until)
     values ($1, 'shadow_started', 'staff:mai', 'test', now(), now() + interval '1 hour')`,
    [sha256],
  );
  const { record } = await decided();
  await database.withTransaction(async (tx) => stopShadow(tx, by('mai')));
  assert.deepEqual([record.outcome, record.challenger], ['approved', { sha256, kind: 'failed' }]);
});
