// Two people put a ruleset in force, one takes it out again at once, and nobody decides by anything else than what the list says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listRulesets, publishRuleset, rollBackRuleset, startShadow, stopShadow } from '../../db/publishing.ts';
import { createRulesets, rulesetHash } from '../../db/rulesets.ts';
import { firstBrokenAuditRow } from '../../db/audit.ts';
import { shippedRuleset } from '../support/facts.ts';
import { aWorld } from './world.ts';

const startedAt = new Date('2030-01-01T00:00:00Z');
const at = (hours: number): Date => new Date(startedAt.getTime() + hours * 3_600_000);
const version = (text: string, more: object = {}): object => ({ ...Object(shippedRuleset), version: text, ...more });
const by = (name: string) => ({ actor: `staff:${name}`, reason: 'calibration' });

/** A list of rulesets of its own for each test, in a database of its own, because one list is all there is. */
async function aList() {
  const { database } = await aWorld();
  const rulesets = createRulesets();
  return {
    database,
    inForce: async (hours: number) =>
      database.withTransaction(async (tx) => (await rulesets.forDecision(tx, at(hours), shippedRuleset)).champion.ruleset.version),
    challenger: async (hours: number) =>
      database.withTransaction(async (tx) => (await rulesets.forDecision(tx, at(hours), shippedRuleset)).challenger?.sha256),
    publish: async (document: object, name: string, hours: number, effectiveFrom: Date | null = null) =>
      database.withTransaction(async (tx) => publishRuleset(tx, document, { ...by(name), at: at(hours), effectiveFrom })),
    rollBack: async (hours: number) => database.withTransaction(async (tx) => rollBackRuleset(tx, { ...by('mai'), at: at(hours) })),
    states: async (hours: number) => (await listRulesets(database, at(hours))).map((row) => `${row.version} ${row.state}`),
  };
}

test('where none was ever put in force, the shipped one is, and several first decisions agree on it', async () => {
  const list = await aList();
  assert.deepEqual(await Promise.all([list.inForce(0), list.inForce(0), list.inForce(0)]), ['3.0.0', '3.0.0', '3.0.0']);
  assert.deepEqual(await list.states(0), ['3.0.0 in force']);
});

test('one person proposes and another approves; nobody approves their own, and it then decides', async () => {
  const list = await aList();
  await list.inForce(0);
  assert.equal((await list.publish(version('3.1.0'), 'mai', 1)).kind, 'proposed');
  assert.equal((await list.publish(version('3.1.0'), 'mai', 1)).kind, 'refused');
  assert.equal(await list.inForce(1), '3.0.0');
  assert.deepEqual(await list.states(1), ['3.1.0 proposed', '3.0.0 in force']);
  const approved = await list.publish(version('3.1.0'), 'lan', 2);
  assert.deepEqual([approved.kind, 'effectiveFrom' in approved && approved.effectiveFrom], ['approved', at(2)]);
  assert.deepEqual([await list.inForce(1), await list.inForce(2)], ['3.0.0', '3.1.0']);
  assert.equal((await list.publish(version('3.1.0'), 'mai', 3)).kind, 'refused', 'it is in force');
  const own = `insert into ruleset_events (ruleset_sha256, kind, actor, reason, effective_from, proposed_by) values ($1, 'approved', 'a', 'x', now(), 'a')`;
  await assert.rejects(list.database.query(own, [rulesetHash(shippedRuleset)]), { code: '23514' }, 'not even past this code');
  assert.equal(await firstBrokenAuditRow(list.database), null);
});

test('a version is one document for ever', async () => {
  const list = await aList();
  await list.publish(version('3.1.0'), 'mai', 0);
  const other = await list.publish(version('3.1.0', { baseScore: 400 }), 'lan', 0);
  assert.match('why' in other ? other.why : '', /another document/);
  for (const sql of ['update rulesets set document = document', 'delete from ruleset_events', 'truncate rulesets cascade']) {
    await assert.rejects(list.database.query(sql), { code: '42501' }, sql);
  }
});

test('an approved ruleset waits for its time, and a rollback drops what waits', async () => {
  const list = await aList();
  await list.inForce(0);
  for (const name of ['mai', 'lan']) await list.publish(version('3.1.0'), name, 1, name === 'mai' ? at(10) : null);
  assert.deepEqual([await list.inForce(9), await list.inForce(10)], ['3.0.0', '3.1.0']);
  assert.deepEqual(await list.states(9), ['3.1.0 scheduled', '3.0.0 in force']);
  for (const name of ['mai', 'lan']) await list.publish(version('3.2.0'), name, 11, at(20));
  assert.equal((await list.rollBack(12)).kind, 'rolled_back');
  assert.deepEqual([await list.inForce(12), await list.inForce(21)], ['3.0.0', '3.0.0']);
});

test('a rollback goes back one step at a time, never to what was rolled back from, and says when there is nothing left', async () => {
  const list = await aList();
  await list.inForce(0);
  for (const [hours, text] of [
    [1, '3.1.0'],
    [2, '3.2.0'],
  ] as const)
    for (const name of ['mai', 'lan']) await list.publish(version(text), name, hours);
  for (const [hours, expected] of [
    [3, '3.1.0'],
    [4, '3.0.0'],
  ] as const) {
    assert.equal((await list.rollBack(hours)).kind, 'rolled_back');
    assert.equal(await list.inForce(hours), expected);
  }
  assert.equal((await list.rollBack(5)).kind, 'refused');
  for (const name of ['mai', 'lan']) await list.publish(version('3.2.0'), name, 6);
  assert.equal(await list.inForce(6), '3.2.0', 'two people may bring it back');
});

test('a challenger runs until its time or until it is stopped, and one that replaces another replaces it', async () => {
  const list = await aList();
  const [first, second] = [version('4.0.0'), version('4.1.0')];
  const start = async (document: object, until: number) =>
    list.database.withTransaction(async (tx) => startShadow(tx, document, { ...by('mai'), at: at(1), until: at(until) }));
  await start(first, 5);
  assert.deepEqual([await list.challenger(1), await list.challenger(5)], [rulesetHash(first), undefined]);
  await start(second, 9);
  assert.equal(await list.challenger(5), rulesetHash(second));
  const stop = async () => list.database.withTransaction(async (tx) => stopShadow(tx, { ...by('mai'), at: at(6) }));
  assert.deepEqual([await stop(), await stop(), await list.challenger(6)], [true, false, undefined]);
});
