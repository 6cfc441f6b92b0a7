// What staff get who send the very same again: the first answer, whatever has come of it since, and never a second act.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandBusy, CommandRefused } from '../../adapters/temporal/command-errors.ts';
import { planAccount } from '../../db/agreements.ts';
import { answerReviewTask, openReviewTask } from '../../db/reviews.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, anOrder, bodyOf, post, view } from './world.ts';

const world = await aWorld();
const { app, database, sent } = world;
const mai = await asStaff('mai', 'support', 'operations', 'reviewer');
const lan = await asStaff('lan', 'operations', 'reviewer');
const aKey = () => ({ ...mai, 'idempotency-key': crypto.randomUUID() });

const act = async (path: string, body: unknown, headers: Record<string, string>) => app.request(`/ops/v1${path}`, post(body, headers));
const decide = async (id: string, verb: 'confirm' | 'refuse') => act(`/approvals/${id}/${verb}`, { reason: 'looked at it' }, lan);
const cancel = async (applicationId: string, headers: Record<string, string>) =>
  act(`/applications/${applicationId}/cancel`, { reason: 'the customer called' }, headers);
const codeOf = async (reply: Promise<Response>) => [(await reply).status, (await bodyOf(reply))['code']];
const approvalOf = async (reply: Promise<Response>) => {
  const { status } = await reply;
  const { id, outcome, result } = Object((await bodyOf(reply))['approval']);
  return { status, id, outcome, result };
};

async function actions(applicationId: string): Promise<string[]> {
  const { rows } = await database.query<{ action: string }>('select action from audit_log where application_id = $1 order by seq', [
    applicationId,
  ]);
  return rows.map(({ action }) => action);
}

/** An application that the bank may know. */
async function anAccepted(): Promise<string> {
  const { applicationId } = await aCheckout(world);
  await database.withTransaction(async (tx) => planAccount(tx, applicationId, 5_000_000));
  return applicationId;
}

async function aTask(amountVnd = 3_000_000): Promise<{ applicationId: string; taskId: string }> {
  const { applicationId } = await aCheckout(world, anOrder({ amount: { value: amountVnd, currency: 'VND' } }));
  const task = { applicationId, kind: 'decision', reasons: [], expiresAt: new Date(Date.now() + 86_400_000) } as const;
  return { applicationId, taskId: await database.withTransaction(async (tx) => openReviewTask(tx, task)) };
}

test('a repeat of a cancel that another person refused gets that request, and nothing is asked anew', async () => {
  const [applicationId, key] = [await anAccepted(), aKey()];
  const first = await approvalOf(cancel(applicationId, key));
  await decide(first.id, 'refuse');
  assert.deepEqual(await approvalOf(cancel(applicationId, key)), { ...first, outcome: 'refused' });
  assert.deepEqual(await actions(applicationId), ['approval.asked', 'approval.refused']);
  assert.notEqual((await approvalOf(cancel(applicationId, aKey()))).id, first.id, 'a new key asks anew');
});

test('a repeat of a cancel that is done and over gets that request, and the audit log calls nothing refused', async () => {
  const [applicationId, key] = [await anAccepted(), aKey()];
  const first = await approvalOf(cancel(applicationId, key));
  await decide(first.id, 'confirm');
  await world.move(applicationId, { status: 'canceled', step: 'end' });
  const before = sent.length;
  const again = cancel(applicationId, key);
  assert.deepEqual(await approvalOf(again), { ...first, outcome: 'confirmed', result: 'done' });
  assert.equal(sent.length, before);
  assert.deepEqual(await actions(applicationId), ['approval.asked', 'approval.confirmed', 'approval.done']);
  assert.deepEqual((await bodyOf(cancel(applicationId, key)))['awaits'], 'nobody');
});

test('twenty of the same cancel at once, while another person refuses it, are one request', async () => {
  const [applicationId, key] = [await anAccepted(), aKey()];
  const [first] = [await approvalOf(cancel(applicationId, key))];
  const [, ...all] = await Promise.all([
    decide(first.id, 'refuse'),
    ...Array.from({ length: 20 }, async () => approvalOf(cancel(applicationId, key))),
  ]);
  assert.deepEqual(new Set(all.map(({ id }) => id)), new Set([first.id]));
});

test('a repeat of an approval above ten million dong that another reviewer refused gets that request', async () => {
  const [{ taskId, applicationId }, key] = [await aTask(12_000_000), aKey()];
  const approve = async (headers = key) => act(`/reviews/${taskId}`, { answer: 'approve', reason: 'known to us' }, headers);
  const first = await approvalOf(approve());
  await decide(first.id, 'refuse');
  assert.deepEqual(await approvalOf(approve()), { ...first, outcome: 'refused' });
  assert.deepEqual(await actions(applicationId), ['approval.asked', 'approval.refused']);
});

test('409 for a second answer to a task under a new key, also by the same person and with the same word; the same key gets the first answer', async () => {
  const [{ taskId, applicationId }, key] = [await aTask(), aKey()];
  const answer = async (headers: Record<string, string>, more = {}) =>
    act(`/reviews/${taskId}`, { answer: 'approve', reason: 'known to us', ...more }, headers);
  assert.equal((await answer(key)).status, 202);
  await database.withTransaction(async (tx) => answerReviewTask(tx, taskId, 'approve', 'staff:mai'));
  const before = sent.length;
  const other = { limit: { value: 4_000_000, currency: 'VND' } };
  assert.deepEqual(await codeOf(answer({ ...aKey(), 'if-match': '"1"' }, other)), [409, 'REVIEW_ANSWERED']);
  assert.deepEqual(await codeOf(answer(aKey())), [409, 'REVIEW_ANSWERED']);
  assert.equal(sent.length, before, 'nothing was sent');
  world.answer('decideReview', async () => Promise.reject(new CommandRefused('WRONG_STATE', 'offer_ready', undefined)));
  const again = answer({ ...key, 'if-match': '"1"' });
  assert.deepEqual([(await again).status, (await bodyOf(again))['answer']], [202, 'approve'], 'also where Temporal has forgotten it');
  assert.equal(sent.at(-1)?.args[1], sent.at(before - 1)?.args[1], 'the same command');
  assert.deepEqual(await actions(applicationId), ['review.answered']);
  world.answer('decideReview', async () => view);
});

test('412 for a repeat of what was refused, once the application is another; until then it is taken', async () => {
  const busy = { reason: 'WAY4 is back' };
  const retry = async (applicationId: string, headers: Record<string, string>) =>
    act(`/applications/${applicationId}/retry`, busy, headers);
  const refuses = async (): Promise<never> => Promise.reject(new CommandBusy('too many'));
  const [moved, same] = [(await aCheckout(world)).applicationId, (await aCheckout(world)).applicationId];
  const keys = { moved: { ...aKey(), 'if-match': '"1"' }, same: { ...aKey(), 'if-match': '"1"' } };
  world.answer('retryStep', refuses);
  assert.equal((await retry(moved, keys.moved)).status, 429);
  assert.equal((await retry(same, keys.same)).status, 429);
  world.answer('retryStep', async () => view);
  await world.move(moved, { status: 'in_progress', step: 'identity' });
  const before = sent.length;
  assert.deepEqual(await codeOf(retry(moved, keys.moved)), [412, 'VERSION_MISMATCH']);
  assert.equal(sent.length, before);
  assert.equal((await retry(same, keys.same)).status, 202);
  assert.equal((await retry(same, { ...aKey(), 'if-match': '"2"' })).status, 412, 'it took the version again');
  assert.equal((await retry(same, keys.same)).status, 202, 'and what was taken stays so');
  const lines = ['asked', 'asked.refused', 'asked.taken'].map((line) => `application.retry_${line}`);
  assert.deepEqual(await actions(same), [...lines, 'application.retry_asked.refused'], 'the last is that of the other key');
});
