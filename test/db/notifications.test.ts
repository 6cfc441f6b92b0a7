// Messages to customers: each is written once, sent by one sender at a time, tried again with growing pauses, and in the end given up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notificationLimits } from '../../config/limits.ts';
import { addNotification, claimNotifications, markFailedTry, markSent } from '../../db/notifications.ts';
import { VendorFailure } from '../../domain/failures.ts';
import type { NotificationTemplate } from '../../domain/notifications.ts';
import type { SmsMessage } from '../../domain/ports.ts';
import type { Log } from '../../workers/log.ts';
import { sendDue } from '../../workers/notifications.ts';
import { aWorld } from './world.ts';

const { database, store, anApplication } = await aWorld();

async function aMessage(template: NotificationTemplate = 'contract_signed'): Promise<string> {
  const applicationId = await anApplication();
  await database.withTransaction(async (tx) => addNotification(tx, { applicationId, template, params: { contractNumber: 'TS1' } }));
  const { rows } = await database.query<{ id: string }>('select id from notifications where application_id = $1', [applicationId]);
  return rows[0]?.id ?? assert.fail();
}

/** `due_ms` and `now_ms` are by the clock of the database. */
async function stateOf(id: string) {
  const { rows } = await database.query<{ status: string; attempts: number; last_error: string | null; due_ms: number; now_ms: number }>(
    `select status, attempts, last_error, (extract(epoch from available_at) * 1000)::float8 as due_ms,
            (extract(epoch from now()) * 1000)::float8 as now_ms
     from notifications where id = $1`,
    [id],
  );
  return rows[0] ?? assert.fail();
}

const everythingDue = async () => database.query(`update notifications set available_at = now() where status = 'due'`);
const nothingDue = async () => database.query(`delete from notifications`);

/** A sender with a gateway that does what it is told. */
function aSender(answer: (message: SmsMessage) => Promise<'accepted' | 'duplicate'> = async () => 'accepted') {
  const sent: SmsMessage[] = [];
  const gateway = {
    send: async (message: SmsMessage) => {
      sent.push(message);
      return answer(message);
    },
  };
  const logged: unknown[] = [];
  const note: Log['warn'] = (event, fields) => void logged.push({ event, ...fields });
  const log: Log = { info: note, warn: note, error: note };
  return {
    sent,
    logged,
    deps: { database, customers: store.customers, gateway, log, linkOf: (id: string) => `https://pay.example/c#${id}` },
  };
}

test('one message per application and template, however often it is asked for', async () => {
  const applicationId = await anApplication();
  const add = async () =>
    database.withTransaction(async (tx) => addNotification(tx, { applicationId, template: 'purchase_booked', params: {} }));
  await Promise.all([add(), add(), add()]);
  await add();
  assert.equal((await database.query('select 1 from notifications where application_id = $1', [applicationId])).rowCount, 1);
  await nothingDue();
});

test('ten senders at once never take the same message', async () => {
  const ids = await Promise.all(Array.from({ length: 30 }, async () => aMessage()));
  const claims = await Promise.all(Array.from({ length: 10 }, async () => claimNotifications(database, 7, 30_000)));
  const taken = claims.flat().map(({ id }) => id);
  assert.equal(new Set(taken).size, taken.length);
  assert.deepEqual(new Set(taken), new Set(ids));
  await nothingDue();
});

test('a sender that died gives its message back when its lease ends, not before', async () => {
  const id = await aMessage();
  assert.equal((await claimNotifications(database, 10, 30_000)).length, 1);
  assert.equal((await claimNotifications(database, 10, 30_000)).length, 0);
  await database.query(`update notifications set available_at = available_at - interval '30 seconds' where id = $1`, [id]);
  const again = await claimNotifications(database, 10, 30_000);
  assert.deepEqual(
    again.map((message) => [message.id, message.attempts]),
    [[id, 2]],
  );
  await nothingDue();
});

test('a message is sent to its customer under its own id, and then never again', async () => {
  const id = await aMessage();
  const { sent, deps } = aSender();
  assert.equal(await sendDue(deps), false);
  await everythingDue();
  await sendDue(deps);
  assert.deepEqual(sent, [
    { requestId: id, phone: '+84900000001', text: 'Trasau: Ban da ky hop dong TS1. Ban sao luu trong muc Hop dong cua ban.' },
  ]);
  assert.equal((await stateOf(id)).status, 'sent');
  await nothingDue();
});

test('a gateway that is down is tried again with pauses that double, and staff see it when the tries are spent', async () => {
  const id = await aMessage();
  const { sent, deps, logged } = aSender(async () => Promise.reject(new VendorFailure('sms', 'unavailable', 'HTTP_503')));
  for (let attempt = 1; attempt < notificationLimits.maxAttempts; attempt += 1) {
    const { now_ms: beforeMs } = await stateOf(id);
    await sendDue(deps);
    const { status, due_ms: dueMs, now_ms: afterMs, attempts, last_error: lastError } = await stateOf(id);
    assert.deepEqual([status, attempts, lastError], ['due', attempt, 'SMS_UNAVAILABLE']);
    const wanted = notificationLimits.backoffMs * 2 ** (attempt - 1);
    assert.ok(dueMs >= beforeMs + wanted && dueMs <= afterMs + wanted, `${dueMs - afterMs} ms after try ${attempt}, wanted ${wanted}`);
    await everythingDue();
  }
  await sendDue(deps);
  assert.equal((await stateOf(id)).status, 'failed');
  await everythingDue();
  await sendDue(deps);
  assert.equal(sent.length, notificationLimits.maxAttempts);
  assert.equal(logged.length, notificationLimits.maxAttempts);
  assert.doesNotMatch(JSON.stringify(logged), /84900000001/, 'no log names the customer');
  await nothingDue();
});

test('a message that the gateway refuses for good is not sent again', async () => {
  const id = await aMessage();
  const { deps } = aSender(async () => Promise.reject(new VendorFailure('sms', 'rejected', '99')));
  await sendDue(deps);
  const { status, last_error: lastError } = await stateOf(id);
  assert.deepEqual([status, lastError], ['failed', 'SMS_REJECTED']);
  await nothingDue();
});

test('one message that cannot be sent holds up no other', async () => {
  const [bad, good] = [await aMessage(), await aMessage()];
  const { deps } = aSender(async ({ requestId }) => (requestId === bad ? Promise.reject(new Error('x')) : 'accepted'));
  await sendDue(deps);
  assert.deepEqual([(await stateOf(bad)).status, (await stateOf(good)).status], ['due', 'sent']);
  await nothingDue();
});

test('a sender that was overtaken cannot undo what the other one sent', async () => {
  const id = await aMessage();
  await claimNotifications(database, 1, 0);
  await markSent(database, id);
  await markFailedTry(database, id, 'SMS_UNAVAILABLE', null);
  const { status, last_error: lastError } = await stateOf(id);
  assert.deepEqual([status, lastError], ['sent', null]);
  await nothingDue();
});

test('a full batch asks for another one at once', async () => {
  for (let n = 0; n < notificationLimits.batch; n += 1) await aMessage();
  const { sent, deps } = aSender();
  assert.equal(await sendDue(deps), true);
  assert.equal(await sendDue(deps), false);
  assert.equal(sent.length, notificationLimits.batch);
});
