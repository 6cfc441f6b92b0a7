// What reviewers and operations are promised about the questions that are put to them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDecisions } from '../../db/decisions.ts';
import { clearBreaks, handleBreak, readUnseenBreaks } from '../../db/breaks.ts';
import { noteBreaches } from '../../db/review-queue.ts';
import { openReviewTask } from '../../db/reviews.ts';
import type { Break } from '../../domain/reconciliation.ts';
import type { StaffRole } from '../../domain/staff.ts';
import { decisionAbout } from '../support/decision-record.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, bodyOf, post } from './world.ts';

const world = await aWorld();
const { app, database, sent } = world;
const [mai, lan] = [await asStaff('mai', 'reviewer'), await asStaff('lan', 'reviewer')];
const binh = await asStaff('binh', 'operations');

async function aTask(kind: 'identity' | 'decision' = 'decision') {
  const { applicationId } = await aCheckout(world);
  const expiresAt = new Date(Date.now() + 172_800_000);
  const task = { applicationId, kind, reasons: ['THIN_FILE'], expiresAt } as const;
  return { applicationId, taskId: await database.withTransaction(async (tx) => openReviewTask(tx, task)) };
}

const act = async (path: string, body: unknown, headers: Record<string, string>) =>
  app.request(`/ops/v1/reviews/${path}`, post(body, { 'idempotency-key': crypto.randomUUID(), ...headers }));
const read = async (path: string, headers = mai) => bodyOf(app.request(`/ops/v1/reviews${path}`, { headers }));
const codeOf = async (reply: Promise<Response>) => [(await reply).status, (await bodyOf(reply))['code']];

async function auditOf(subject: string): Promise<Record<string, unknown>[]> {
  return (await database.query('select actor, action, reason, change from audit_log where subject = $1 order by seq', [subject])).rows;
}

test('200 with the open questions, their allowed answers, and when they are due: before the application expires', async () => {
  const { taskId, applicationId } = await aTask('identity');
  const task = (await read('?kind=identity')).data.find(({ id }) => id === taskId);
  assert.ok(task);
  const { kind, allowed, due_at: dueAt, application_id: of } = Object(task);
  assert.deepEqual([kind, allowed, of], ['identity', ['approve', 'decline', 'ask_again'], applicationId]);
  assert.ok(Math.abs(Date.parse(dueAt) - Date.now() - 8 * 3_600_000) < 60_000);
});

test('a claimed task is answered by nobody else, until it is released or its lease is over', async () => {
  const { taskId } = await aTask();
  assert.equal((await act(`${taskId}/claim`, {}, mai)).status, 200);
  assert.equal((await act(`${taskId}/claim`, {}, mai)).status, 200, 'one keeps it longer by claiming it again');
  assert.deepEqual(await codeOf(act(`${taskId}/claim`, {}, lan)), [409, 'REVIEW_CLAIMED']);
  const answer = { answer: 'approve', reason: 'known to us' };
  assert.deepEqual(await codeOf(act(taskId, answer, lan)), [409, 'REVIEW_CLAIMED']);
  assert.deepEqual(await codeOf(act(`${taskId}/release`, {}, lan)), [409, 'REVIEW_NOT_CLAIMED']);
  await database.query(`update review_tasks set claimed_until = clock_timestamp() where id = $1`, [taskId]);
  assert.equal((await act(`${taskId}/claim`, {}, lan)).status, 200);
  assert.equal((await act(`${taskId}/release`, {}, lan)).status, 200);
  assert.equal((await act(taskId, answer, mai)).status, 202);
});

test('403 for a claim by somebody who may not answer the question: nobody else is kept from it', async () => {
  const { taskId } = await aTask();
  assert.deepEqual(await codeOf(act(`${taskId}/claim`, {}, binh)), [403, 'ROLE_MISSING']);
  assert.equal((await act(`${taskId}/claim`, {}, mai)).status, 200);
});

test('of twenty who claim a task at once one gets it', async () => {
  const { taskId } = await aTask();
  const claims = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => act(`${taskId}/claim`, {}, await asStaff(`agent-${index}`, 'reviewer'))),
  );
  assert.equal(claims.filter(({ status }) => status === 200).length, 1);
});

test('a task that is given to somebody else is in both lists, with the reason in the audit log', async () => {
  const { taskId } = await aTask();
  await act(`${taskId}/claim`, {}, mai);
  const reply = await act(`${taskId}/reassign`, { to: 'lan', reason: 'mai is on leave' }, binh);
  assert.equal((await bodyOf(reply))['claimed_by'], 'staff:lan');
  const [lost] = (await read('?mine=true', mai)).data.filter(({ id }) => id === taskId);
  assert.deepEqual([Object(lost).moved_to, Object(lost).moved_by], ['staff:lan', 'staff:binh']);
  const [got] = (await read('?mine=true', lan)).data.filter(({ id }) => id === taskId);
  assert.equal(Object(got).moved_to, null);
  assert.deepEqual((await auditOf(taskId)).at(-1), {
    actor: 'staff:binh',
    action: 'review.reassigned',
    reason: 'mai is on leave',
    change: { from: 'staff:mai', to: 'staff:lan' },
  });
  assert.equal((await act(`${taskId}/reassign`, { to: 'lan' }, binh)).status, 422, 'not without a reason');
});

test('a task that is handed up is in that queue, nobody works on it any more, and the reason is in the audit log', async () => {
  const { taskId } = await aTask();
  await act(`${taskId}/claim`, {}, mai);
  const reply = await bodyOf(act(`${taskId}/escalate`, { queue: 'senior', reason: 'above what I may decide' }, mai));
  assert.deepEqual([reply['queue'], reply['claimed_by']], ['senior', null]);
  const found = async (queue: string) => (await read(`?queue=${queue}`)).data.some(({ id }) => id === taskId);
  assert.deepEqual([await found('senior'), await found('standard')], [true, false]);
  const { actor, action, reason, change } = (await auditOf(taskId)).at(-1) ?? {};
  assert.deepEqual([actor, action, reason], ['staff:mai', 'review.escalated', 'above what I may decide']);
  assert.deepEqual(change, { from: 'staff:mai', to: null, queue: 'senior' });
  assert.equal((await act(`${taskId}/escalate`, { queue: 'senior' }, mai)).status, 422, 'not without a reason');
});

test('a task that is put off leaves the list and comes back by itself, never later than it is due', async () => {
  const { taskId } = await aTask();
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  const snooze = async (until: string, headers = mai) => act(`${taskId}/snooze`, { until, reason: 'the shop calls back' }, headers);
  assert.equal((await bodyOf(snooze(inAnHour)))['snoozed_until'], inAnHour);
  const listed = async (more = '') => (await read(`?limit=100${more}`)).data.some(({ id }) => id === taskId);
  assert.deepEqual([await listed(), await listed('&asleep=true')], [false, true]);
  await database.query(`update review_tasks set snoozed_until = clock_timestamp() where id = $1`, [taskId]);
  assert.equal(await listed(), true);
  assert.deepEqual(await codeOf(snooze(new Date(Date.now() + 9 * 3_600_000).toISOString())), [409, 'DEADLINE_NOT_ALLOWED']);
  assert.deepEqual(await codeOf(snooze('2020-01-01T00:00:00Z')), [409, 'DEADLINE_NOT_ALLOWED']);
  await act(`${taskId}/claim`, {}, lan);
  assert.deepEqual(await codeOf(snooze(inAnHour)), [409, 'REVIEW_CLAIMED']);
});

test('notes stand with the evidence in their order, are never changed, and neither log nor audit holds what they say', async () => {
  const { taskId } = await aTask();
  for (const text of ['Called Nguyễn Thị Đào at noon', 'She sends her payslip'])
    assert.equal((await act(`${taskId}/notes`, { text }, mai)).status, 201);
  const { evidence } = await bodyOf(app.request(`/ops/v1/reviews/${taskId}`, { headers: lan }));
  const notes = Object(evidence).notes as { actor: string; text: string }[]; // the shape that the route promises
  assert.deepEqual(
    notes.map(({ actor, text }) => [actor, text]),
    [
      ['staff:mai', 'Called Nguyễn Thị Đào at noon'],
      ['staff:mai', 'She sends her payslip'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(await auditOf(taskId)), /noon|payslip/);
  const stored = await database.query<{ row: string }>('select n::text as row from review_notes n where task_id = $1', [taskId]);
  assert.ok(stored.rows.every(({ row }) => !Buffer.from(row.replace(/.*x/, ''), 'hex').includes('noon')));
  await assert.rejects(database.query('delete from review_notes where task_id = $1', [taskId]));
  assert.deepEqual(await codeOf(act('rvt_00000000000000000000000000/notes', { text: 'nobody' }, mai)), [404, 'NOT_FOUND']);
});

test('of very many notes the newest are shown', async () => {
  const { taskId } = await aTask();
  for (let n = 1; n <= 101; n += 1) await act(`${taskId}/notes`, { text: `note ${n}` }, mai);
  const { evidence } = await read(`/${taskId}`);
  const texts = (Object(evidence).notes as { text: string }[]).map(({ text }) => text); // the shape that the route promises
  assert.deepEqual([texts.length, texts[0], texts.at(-1)], [100, 'note 2', 'note 101']);
});

test('412 for an answer to an older version of the task, and nothing is sent', async () => {
  const { taskId } = await aTask();
  const before = sent.length;
  const etag = (await app.request(`/ops/v1/reviews/${taskId}`, { headers: mai })).headers.get('etag') ?? '';
  await act(`${taskId}/claim`, {}, mai);
  const answer = { answer: 'approve', reason: 'known to us' };
  assert.deepEqual(await codeOf(act(taskId, answer, { ...mai, 'if-match': etag })), [412, 'VERSION_MISMATCH']);
  assert.deepEqual(await codeOf(act(`${taskId}/claim`, {}, { ...mai, 'if-match': 'nonsense' })), [412, 'VERSION_MISMATCH']);
  assert.equal(sent.length, before);
  assert.equal((await act(taskId, answer, { ...mai, 'if-match': '"2"' })).status, 202);
});

test('202 for an answer: the workflow is told who, and the reason stands in the audit log', async () => {
  const { taskId } = await aTask('identity');
  const reply = await act(taskId, { answer: 'ask_again', reason: 'the photo is too dark' }, mai);
  assert.equal(reply.status, 202);
  const requestId = reply.headers.get('request-id');
  assert.deepEqual(sent.at(-1)?.args.at(-1), { taskId, answer: 'askAgain', actor: 'staff:mai', requestId });
  assert.deepEqual(await auditOf(taskId), [
    { actor: 'staff:mai', action: 'review.answered', reason: 'the photo is too dark', change: { answer: 'askAgain' } },
  ]);
});

test('a limit is granted up to what the ruleset derived, only with an approval of a decision, and by one reviewer up to ten million dong', async () => {
  const { taskId, applicationId } = await aTask();
  const approve = (value: number) => act(taskId, { answer: 'approve', reason: 'less is enough', limit: { value, currency: 'VND' } }, mai);
  assert.deepEqual(await codeOf(approve(3_000_000)), [409, 'LIMIT_NOT_ALLOWED'], 'nothing was derived');
  const referred = { ...decisionAbout(applicationId), outcome: 'referred', limitVnd: 12_000_000 } as const;
  await database.withTransaction(async (tx) => createDecisions(world.deps.boxes).add(tx, referred));
  assert.deepEqual(await codeOf(approve(12_000_001)), [409, 'LIMIT_NOT_ALLOWED']);
  const before = sent.length;
  const asked = Object((await bodyOf(approve(10_000_001)))['approval']);
  assert.deepEqual([asked.request, sent.length], [{ taskId, limitVnd: 10_000_001 }, before], 'it waits for another reviewer');
  assert.equal((await bodyOf(approve(10_000_000)))['approval'], null);
  assert.equal(Object(sent.at(-1)?.args.at(-1)).limitVnd, 10_000_000);
});

test('200 with the evidence, and the look in the audit log', async () => {
  const { taskId, applicationId } = await aTask('identity');
  const content = Buffer.from('a photo');
  const { documentId } = await database.withTransaction(async (tx) =>
    world.deps.documents.add(tx, await world.deps.documents.keep({ applicationId, kind: 'selfie', mediaType: 'image/jpeg', content })),
  );
  const { evidence } = await read(`/${taskId}`);
  assert.deepEqual(Object(evidence).documents[0].id, documentId);
  assert.deepEqual(Object(evidence).break, null);
  assert.equal((await auditOf(taskId)).at(-1)?.['action'], 'review.evidence_view');
});

test('a task that is overdue says so once in the audit log', async () => {
  const { taskId } = await aTask();
  await database.query(`update review_tasks set due_at = now() - interval '1 minute' where id = $1`, [taskId]);
  const note = async () => database.withTransaction(async (tx) => noteBreaches(tx, 100));
  assert.equal(await note(), 1);
  assert.equal(await note(), 0);
  assert.deepEqual(
    (await auditOf(taskId)).map(({ action }) => action),
    ['review.overdue'],
  );
});

const anyBreak: Break = {
  kind: 'amount',
  against: 'core',
  reference: '000000000042',
  transactionId: null,
  applicationId: null,
  ours: { amountVnd: 1 },
  theirs: { amountVnd: 2 },
  repair: null,
  occurredAt: new Date(),
};
const found = async (broken: Break = anyBreak) =>
  database.withTransaction(async (tx) => handleBreak(tx, broken, { quietMs: 0, takesNew: true }));

async function breakTask(reference: string): Promise<string | undefined> {
  const { rows } = await database.query<{ id: string }>(
    `select r.id from review_tasks r join reconciliation_breaks b on b.id = r.break_id where b.reference = $1 and r.answer is null`,
    [reference],
  );
  assert.ok(rows.length <= 1, 'one open question for one break');
  return rows[0]?.id;
}

test('a break of the books is a question to operations, though no application waits for it', async () => {
  await found();
  await found();
  const taskId = (await breakTask(anyBreak.reference)) ?? assert.fail();
  const { evidence, allowed } = await read(`/${taskId}`);
  assert.deepEqual(allowed, ['corrected', 'explained']);
  assert.deepEqual([Object(evidence).break.ours, Object(evidence).break.theirs], [{ amountVnd: 1 }, { amountVnd: 2 }]);
  const answer = { answer: 'corrected', reason: 'WAY4 has booked the difference' };
  assert.deepEqual(await codeOf(act(taskId, answer, mai)), [403, 'ROLE_MISSING']);
  assert.deepEqual(await codeOf(act(taskId, { ...answer, answer: 'approve' }, binh)), [409, 'ANSWER_NOT_ALLOWED']);
  const before = sent.length;
  const same = { ...binh, 'idempotency-key': 'corrected' };
  assert.equal((await act(taskId, answer, same)).status, 202);
  assert.equal((await act(taskId, answer, same)).status, 202, 'a repeat changes nothing');
  assert.deepEqual(await codeOf(act(taskId, answer, binh)), [409, 'REVIEW_ANSWERED'], 'under another key it is another answer');
  assert.equal(sent.length, before, 'no workflow is told');
  const [row, ...more] = (await auditOf(taskId)).filter(({ action }) => action === 'review.answered');
  assert.deepEqual([row?.['actor'], row?.['reason'], more.length], ['staff:binh', 'WAY4 has booked the difference', 0]);
});

test('a break that is called corrected and is not is asked about again; one that is explained is not; one that is gone is withdrawn', async () => {
  await found();
  const again = (await breakTask(anyBreak.reference)) ?? assert.fail('the books still differ');
  const explain = async () => (await act(again, { answer: 'explained', reason: 'a fee that the bank keeps' }, binh)).status;
  const answers = await Promise.all(Array.from({ length: 20 }, explain));
  assert.deepEqual(
    answers.toSorted((left, right) => left - right),
    [202, ...Array.from({ length: 19 }, () => 409)],
    'of twenty answers at once one is heard',
  );
  await found();
  assert.equal(await breakTask(anyBreak.reference), undefined);
  const gone = { ...anyBreak, reference: '000000000043' };
  await found(gone);
  const taskId = (await breakTask(gone.reference)) ?? assert.fail();
  const open = await readUnseenBreaks(database, { afterId: 0, before: new Date(Date.now() + 1_000), limit: 100 });
  const ids = open.filter(({ reference }) => reference === gone.reference).map((each) => each.id);
  await database.withTransaction(async (tx) => clearBreaks(tx, ids));
  assert.deepEqual(
    [(await read(`/${taskId}`))['answer'], (await read(`/${taskId}`))['answered_by']],
    ['withdrawn', 'system:reconciliation'],
  );
});

test('404 for a task that does not exist, whatever one wants of it', async () => {
  const id = 'rvt_01kahv3h8wf3rb0vd3x7m8k2qe';
  const roles: StaffRole[] = ['reviewer', 'operations'];
  const all = await asStaff('all', ...roles);
  assert.equal((await app.request(`/ops/v1/reviews/${id}`, { headers: all })).status, 404);
  for (const path of [`${id}/claim`, `${id}/release`, 'nonsense/claim']) assert.equal((await act(path, {}, all)).status, 404);
  assert.equal((await act(`${id}/reassign`, { to: 'lan', reason: 'mai is ill' }, all)).status, 404);
  assert.equal((await act(id, { answer: 'approve', reason: 'fine' }, all)).status, 404);
});
