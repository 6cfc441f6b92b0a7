// The audit log proves itself: a row that was changed, removed or slipped in shows, and says where.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit, firstBrokenAuditRow } from '../../db/audit.ts';
import type { Queryable, Tx } from '../../db/pool.ts';
import { aWorld } from './world.ts';

const { database, anApplication } = await aWorld();
const applicationId = await anApplication();

const entry = (n: number) => ({
  actor: 'staff:mai',
  action: 'application.canceled',
  applicationId,
  subject: applicationId,
  reason: `reason ${n}`,
  change: { n, nested: { z: [1, 2.5, null], a: 'đ' }, left: undefined },
});

async function write(n: number): Promise<void> {
  await database.withTransaction(async (tx) => audit(tx, entry(n)));
}

/** Runs SQL as a superuser who switched the guards off, and takes it back afterwards. */
async function tampered<T>(sql: string, look: (tx: Tx) => Promise<T>): Promise<T> {
  const takeBack = new Error('take it back');
  let seen: { value: T } | undefined;
  const work = database.withTransaction(async (tx) => {
    await tx.query('alter table audit_log disable trigger all');
    await tx.query(sql);
    seen = { value: await look(tx) };
    throw takeBack;
  });
  await assert.rejects(work, takeBack);
  return seen ? seen.value : assert.fail('nothing was looked at');
}

test('entries written by forty writers at once form one whole chain', async () => {
  await Promise.all(Array.from({ length: 40 }, async (_, n) => write(n)));
  assert.equal(await firstBrokenAuditRow(database), null);
  const { rows } = await database.query('select count(*) as rows, count(distinct previous_hash) as links from audit_log');
  assert.deepEqual(rows, [{ rows: 40, links: 39 }], 'no two rows follow the same one');
});

test('any changed column of any row is found, at that row', async () => {
  const changes = {
    actor: `'staff:other'`,
    action: `'application.completed'`,
    at: `at + interval '1 millisecond'`,
    subject: `'other'`,
    reason: 'null',
    change: `'{"n": 0}'`,
    request_id: `'req_other'`,
    application_id: 'null',
    previous_hash: `'x'`,
    hash: `'x'`,
    id: `'aud_other'`,
  };
  for (const [column, value] of Object.entries(changes)) {
    const found = await tampered(`update audit_log set ${column} = ${value} where seq = 7`, firstBrokenAuditRow);
    assert.equal(found, 7, column);
  }
});

test('a removed row, a removed beginning, a slipped-in row and two that changed places are found', async () => {
  assert.equal(await tampered('delete from audit_log where seq = 7', firstBrokenAuditRow), 8);
  assert.equal(await tampered('delete from audit_log where seq <= 7', firstBrokenAuditRow), 8);
  const slippedIn = `insert into audit_log (id, actor, action, subject, hash) values ('aud_x', 'staff:mai', 'a.b', 's', 'h')`;
  assert.ok(((await tampered(slippedIn, firstBrokenAuditRow)) ?? 0) > 40);
  const swapped = `update audit_log set id = 'aud_' || id where seq in (7, 8);
    update audit_log a set (id, reason, change, hash, previous_hash, at) = (select b.id || 'x', b.reason, b.change, b.hash, b.previous_hash, b.at from audit_log b where b.seq = 15 - a.seq) where seq in (7, 8)`;
  assert.equal(await tampered(swapped, firstBrokenAuditRow), 7);
});

test('an entry whose change is taken back is gone with it', async () => {
  const { rows: before } = await database.query('select count(*) as rows from audit_log');
  const work = database.withTransaction(async (tx) => {
    await audit(tx, entry(99));
    throw new Error('no');
  });
  await assert.rejects(work, { message: 'no' });
  assert.deepEqual((await database.query('select count(*) as rows from audit_log')).rows, before);
  await write(100);
  assert.equal(await firstBrokenAuditRow(database), null, 'the gap in the numbers breaks nothing');
});

test('a log longer than one page is walked to its end', async () => {
  const { rows } = await database.query<{ last: number; rows: number }>('select max(seq) as last, count(*) as rows from audit_log');
  const { last, rows: length } = rows[0] ?? assert.fail();
  for (const pageRows of [1, 7, length - 1, length, length + 1]) {
    const walk = async (db: Queryable) => firstBrokenAuditRow(db, pageRows);
    assert.equal(await walk(database), null);
    assert.equal(await tampered(`update audit_log set actor = 'x' where seq = ${last}`, walk), last, `pages of ${pageRows}`);
  }
});
