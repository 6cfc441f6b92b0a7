// What is asked for a review task is done once, however often it is sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstBrokenAuditRow } from '../../db/audit.ts';
import { openReviewTask } from '../../db/reviews.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, bodyOf, post } from './world.ts';

const world = await aWorld();
const { app, database } = world;
const mai = await asStaff('mai', 'reviewer', 'operations');
const aKey = () => ({ 'idempotency-key': crypto.randomUUID() });

async function aTask(): Promise<string> {
  const { applicationId } = await aCheckout(world);
  const task = { applicationId, kind: 'decision', reasons: ['THIN_FILE'], expiresAt: new Date(Date.now() + 172_800_000) } as const;
  return database.withTransaction(async (tx) => openReviewTask(tx, task));
}

const act = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.request(`/ops/v1/reviews/${path}`, post(body, { ...mai, ...headers }));

/** Everything that a move or a note writes. */
async function written(taskId: string): Promise<{ version: number; moves: number; notes: number; lines: number }> {
  const { rows } = await database.query<{ version: number; moves: number; notes: number; lines: number }>(
    `select version, (select count(*) from review_moves where task_id = $1) as moves, (select count(*) from review_notes where task_id = $1) as notes,
       (select count(*) from audit_log where subject = $1) as lines from review_tasks where id = $1`,
    [taskId],
  );
  return rows[0] ?? { version: 0, moves: 0, notes: 0, lines: 0 };
}

const reason = 'mai is on leave';
const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const moves = { reassign: { to: 'lan', reason }, escalate: { queue: 'senior', reason }, snooze: { until: inAnHour, reason } };

test('two hundred of the same move at once are one, and each is told how the task is then', async () => {
  for (const [verb, body] of Object.entries(moves)) {
    const taskId = await aTask();
    const [same, before] = [aKey(), await written(taskId)];
    const replies = await Promise.all(
      Array.from({ length: 200 }, async () => act(`${taskId}/${verb}`, body, { ...same, 'if-match': '"1"' })),
    );
    for (const reply of replies) assert.deepEqual([reply.status, reply.headers.get('etag')], [200, '"2"'], verb);
    assert.deepEqual(await written(taskId), { version: before.version + 1, moves: 1, notes: 0, lines: before.lines + 1 }, verb);
  }
});

test('a move to where the task is already changes nothing, whoever asks under whichever key', async () => {
  for (const [verb, body] of Object.entries(moves)) {
    const taskId = await aTask();
    await act(`${taskId}/${verb}`, body, aKey());
    const before = await written(taskId);
    const replies = await Promise.all(Array.from({ length: 20 }, async () => act(`${taskId}/${verb}`, body, aKey())));
    for (const reply of replies) assert.equal(reply.status, 200, verb);
    assert.deepEqual(await written(taskId), before, verb);
  }
});

test('who claims a task again keeps it longer, and nothing else is written', async () => {
  const taskId = await aTask();
  const untilOf = async () => Date.parse(String((await bodyOf(act(`${taskId}/claim`, {})))['claimed_until']));
  const first = await untilOf();
  const before = await written(taskId);
  assert.ok((await untilOf()) > first);
  assert.deepEqual(await written(taskId), before);
});

test('one note for one key, and another one for another', async () => {
  const taskId = await aTask();
  const [same, text] = [aKey(), 'called the customer, no answer'];
  const replies = await Promise.all(Array.from({ length: 50 }, async () => act(`${taskId}/notes`, { text }, same)));
  for (const { status } of replies) assert.equal(status, 201);
  assert.equal((await written(taskId)).notes, 1);
  await act(`${taskId}/notes`, { text }, aKey());
  assert.equal((await written(taskId)).notes, 2);
});

test('400 without a key, 422 for a key of something else, and a move that was refused does not spend its key', async () => {
  const taskId = await aTask();
  const [before, same] = [await written(taskId), aKey()];
  for (const [verb, body] of [...Object.entries(moves), ['notes', { text: 'no answer' }] as const])
    assert.equal((await bodyOf(act(`${taskId}/${verb}`, body)))['code'], 'IDEMPOTENCY_KEY_MISSING', verb);
  assert.equal((await act(`${taskId}/reassign`, moves.reassign, { ...same, 'if-match': '"9"' })).status, 412);
  assert.equal((await act(`${taskId}/reassign`, { to: 'binh', reason }, same)).status, 422);
  assert.deepEqual(await written(taskId), before);
  assert.equal((await bodyOf(act(`${taskId}/reassign`, moves.reassign, { ...same, 'if-match': '"1"' })))['claimed_by'], 'staff:lan');
  assert.equal(await firstBrokenAuditRow(database), null);
});
