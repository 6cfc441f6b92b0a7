// The application row: every move is legal or refused, and each change of status is told once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advance, setAttention } from '../../db/applications.ts';
import type { Queryable } from '../../db/pool.ts';
import { listQueue, queueBounds, queueSizes } from '../../db/queues.ts';
import { searchApplications } from '../../db/search.ts';
import { listApplications } from '../../db/views.ts';
import { applicationStatuses, canBecome } from '../../domain/states.ts';
import type { ApplicationStatus } from '../../domain/states.ts';
import { aWorld, boxes } from './world.ts';

const { database, store, anApplication } = await aWorld();

async function rowOf(id: string) {
  const row = await store.applications.readApplication(database, id);
  assert.ok(row);
  return row;
}

async function eventsOf(id: string): Promise<string[]> {
  const { rows } = await database.query<{ type: string }>('select type from events where application_id = $1 order by version, id', [id]);
  return rows.map(({ type }) => type);
}

async function move(id: string, status: ApplicationStatus): Promise<void> {
  await database.withTransaction(async (tx) => advance(tx, id, { status, step: 'decision' }));
}

test('from every status to every other: a legal move is told by one event, an illegal one throws and changes nothing', async () => {
  const id = await anApplication();
  for (const from of applicationStatuses) {
    for (const to of applicationStatuses) {
      await database.query('update applications set status = $2 where id = $1', [id, from]);
      const [before, told] = [await rowOf(id), (await eventsOf(id)).length];
      if (canBecome(from, to)) {
        await move(id, to);
        assert.equal((await rowOf(id)).version, before.version + 1);
        assert.equal((await eventsOf(id)).length - told, from === to ? 0 : 1, `${from} → ${to}`);
      } else {
        await assert.rejects(move(id, to), { name: 'InvariantFailure', message: `an application never goes from ${from} to ${to}` });
        assert.deepEqual([await rowOf(id), (await eventsOf(id)).length], [before, told]);
      }
    }
  }
});

test('an event carries the version of its change, and names no person', async () => {
  const id = await anApplication();
  await move(id, 'in_progress');
  const { rows } = await database.query('select type, version, body from events where application_id = $1 order by version', [id]);
  const { merchant_reference: merchantReference, amount_vnd: amountVnd } = await rowOf(id);
  assert.deepEqual(rows, [
    { type: 'application.created', version: 1, body: { status: 'created', merchantReference, amountVnd } },
    { type: 'application.in_progress', version: 2, body: { status: 'in_progress', merchantReference, amountVnd } },
  ]);
});

test('twenty moves at once: each is one version, and the status is told once', async () => {
  const id = await anApplication();
  await Promise.all(Array.from({ length: 20 }, async () => move(id, 'in_progress')));
  assert.equal((await rowOf(id)).version, 21);
  assert.deepEqual(await eventsOf(id), ['application.created', 'application.in_progress']);
});

test('two ends at once: one of them is how it ended', async () => {
  const id = await anApplication();
  const ends = ['canceled', 'expired', 'declined', 'failed'] as const;
  const results = await Promise.allSettled(ends.map(async (end) => move(id, end)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.deepEqual(await eventsOf(id), ['application.created', `application.${(await rowOf(id)).status}`]);
});

test('while a step waits for staff no deadline runs: nobody reads one that is over, and it stands in no queue of runs that cannot go on', async () => {
  const id = await anApplication();
  const overdue = async () => {
    const { rows } = await listQueue(database, 'overdue', { ...queueBounds, limit: 100 });
    return rows.some((row) => row.id === id);
  };
  await database.query(`update applications set deadline_at = now() - interval '1 hour' where id = $1`, [id]);
  assert.equal(await overdue(), true);
  const attention = { activity: 'requestOtp', code: 'CARD_CORE_UNAVAILABLE', since: new Date().toISOString() };
  await database.withTransaction(async (tx) => setAttention(tx, id, attention));
  assert.deepEqual([await overdue(), (await rowOf(id)).deadline_at], [false, null]);
  await database.withTransaction(async (tx) => setAttention(tx, id, null));
  assert.equal(await overdue(), false);
});

test('a move whose transaction fails is told to nobody', async () => {
  const id = await anApplication();
  const work = database.withTransaction(async (tx) => {
    await advance(tx, id, { status: 'in_progress', step: 'identity' });
    throw new Error('no');
  });
  await assert.rejects(work);
  assert.deepEqual(await eventsOf(id), ['application.created']);
});

test('attention is shown until the application moves on', async () => {
  const id = await anApplication();
  const attention = { activity: 'decide', code: 'UNEXPECTED', since: new Date().toISOString() };
  await database.withTransaction(async (tx) => setAttention(tx, id, attention));
  assert.deepEqual((await rowOf(id)).attention, attention);
  await move(id, 'in_progress');
  assert.equal((await rowOf(id)).attention, null);
});

test('an unknown application cannot be moved', async () => {
  await assert.rejects(move('app_none', 'in_progress'), { name: 'InvariantFailure' });
});

test('whatever belongs to an application is found by an index on its id, which leaves no row out', async () => {
  const { rows } = await database.query(
    `select c.conrelid::regclass || '.' || a.attname as without_index from pg_constraint c
     join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
     where c.contype = 'f' and c.confrelid = 'applications'::regclass
       and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = a.attnum and i.indpred is null)`,
  );
  assert.deepEqual(rows, []);
});

test('what staff look for is found by index, however many applications there are', async () => {
  const looks: Record<string, (db: Queryable) => Promise<unknown>> = {
    queues: async (db) => queueSizes(db, queueBounds),
    id: async (db) => searchApplications(db, boxes, { by: 'id', value: 'app_none' }, 50),
    phone: async (db) => searchApplications(db, boxes, { by: 'phone', value: '+84900000001' }, 50),
    newest: async (db) => listApplications(db, { limit: 50 }),
  };
  for (const [what, look] of Object.entries(looks)) {
    const plan = await planOf(look);
    assert.doesNotMatch(plan, /Seq Scan on applications/, what);
    if (what === 'id' || what === 'phone') assert.match(plan, /applications_(pkey|customer_id_key)/, what);
  }
});

/** How PostgreSQL looks where a table is too large to be read whole. */
async function planOf(look: (db: Queryable) => Promise<unknown>): Promise<string> {
  const plan: string[] = [];
  await database.withTransaction(async (tx) => {
    await tx.query('set local enable_seqscan = off');
    await look({
      async query(sql, values) {
        const { rows } = await tx.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values);
        plan.push(...rows.map((row) => row['QUERY PLAN']));
        return { rows: [], rowCount: 0 };
      },
    });
  });
  return plan.join('\n');
}
