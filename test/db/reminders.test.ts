// A customer whose time runs out is told so once, from the row that holds the deadline.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advance, moveDeadline, setAttention } from '../../db/applications.ts';
import { writeReminders } from '../../db/reminders.ts';
import { aWorld } from './world.ts';

const { database, anApplication } = await aWorld();
const hour = 3_600_000;
const remind = async () => writeReminders(database, { leadMs: 4 * hour, sameMs: 60_000, limit: 100 });
const inHours = (hours: number): Date => new Date(Date.now() + hours * hour);

async function remindersOf(applicationId: string): Promise<number> {
  const sql = `select 1 from notifications where application_id = $1 and template = 'deadline_near'`;
  return (await database.query(sql, [applicationId])).rowCount ?? 0;
}

test('one reminder for each deadline, however many look at once, and another when the deadline was moved', async () => {
  const applicationId = await anApplication(); // its deadline is in an hour
  await Promise.all(Array.from({ length: 8 }, remind));
  await remind();
  assert.equal(await remindersOf(applicationId), 1);
  await database.withTransaction(async (tx) => moveDeadline(tx, applicationId, inHours(20)));
  await remind();
  assert.equal(await remindersOf(applicationId), 1);
  await database.withTransaction(async (tx) => moveDeadline(tx, applicationId, inHours(3)));
  await remind();
  assert.equal(await remindersOf(applicationId), 2);
});

test('a wait whose steps write its deadline seconds apart is one deadline to the customer', async () => {
  const applicationId = await anApplication();
  for (const hours of [2, 2 + 10 / 3_600, 2 - 10 / 3_600]) {
    await database.withTransaction(async (tx) => moveDeadline(tx, applicationId, inHours(hours)));
    await remind();
  }
  assert.equal(await remindersOf(applicationId), 1);
  await database.withTransaction(async (tx) => moveDeadline(tx, applicationId, inHours(1)));
  await remind();
  assert.equal(await remindersOf(applicationId), 2, 'an earlier one is another one');
});

test('nobody is reminded of what is far away, over, for staff to do, or waits for nobody', async () => {
  const quiet: [why: string, change: (id: string) => Promise<void>][] = [
    ['far away', async (id) => database.withTransaction(async (tx) => moveDeadline(tx, id, inHours(5)))],
    ['over', async (id) => database.withTransaction(async (tx) => moveDeadline(tx, id, inHours(-1)))],
    [
      'a step waits for staff',
      async (id) => database.withTransaction(async (tx) => setAttention(tx, id, { activity: 'a', code: 'C', since: '' })),
    ],
    [
      'in review',
      async (id) =>
        database.withTransaction(async (tx) => {
          await advance(tx, id, { status: 'in_progress', step: 'identity' });
          await advance(tx, id, { status: 'in_review', step: 'identity', deadlineAt: inHours(1).toISOString() });
        }),
    ],
    ['ended', async (id) => database.withTransaction(async (tx) => advance(tx, id, { status: 'canceled', step: 'end' }))],
  ];
  for (const [why, change] of quiet) {
    const applicationId = await anApplication();
    await change(applicationId);
    await remind();
    assert.equal(await remindersOf(applicationId), 0, why);
  }
});
