// What staff cause stands in the audit log with their name and their reason, in the commit of what they caused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aWorld } from './world.ts';
import type { Applicant } from './applicant.ts';

const world = await aWorld();
const { activities, database, store } = world;
const deadlineAt = '2030-01-01T00:00:00.000Z';

/** As the api does before it sends a command: the reason goes into the audit log, the request id into the command. */
async function asked({ applicationId }: Applicant, requestId: string) {
  const entry = { actor: 'staff:mai', action: 'asked', applicationId, subject: applicationId, reason: 'the customer called', requestId };
  await database.withTransaction(async (tx) => store.audit(tx, entry));
  return { actor: 'staff:mai', requestId };
}

async function lastAudit({ applicationId }: Applicant) {
  const { rows } = await database.query(
    'select actor, action, reason, change, request_id from audit_log where application_id = $1 order by seq desc limit 1',
    [applicationId],
  );
  return rows[0];
}

test('a customer who is asked again stands where they can answer, is told why, and the open question is withdrawn', async () => {
  const applicant = await (await world.anApplicant()).walksTo('decide');
  const { applicationId } = applicant;
  const task = { applicationId, kind: 'identity', reasons: [], expiresAt: new Date(deadlineAt) } as const;
  const taskId = await database.withTransaction(async (tx) => store.reviews.open(tx, task));
  const by = await asked(applicant, 'req_again');
  const input = { step: 'identity', reason: 'IDENTITY_POOR_PHOTO', deadlineAt, ...by } as const;
  await activities.askAgain(applicant.ref('askAgain'), input);
  await activities.askAgain(applicant.ref('askAgain'), input);
  const application = await store.applications.readApplication(store, applicationId);
  assert.deepEqual([application?.status, application?.step, application?.reasons], ['in_progress', 'identity', ['IDENTITY_POOR_PHOTO']]);
  assert.equal(application?.deadline_at?.toISOString(), deadlineAt);
  assert.equal(await store.reviews.answerTo(store, applicationId, taskId), 'withdrawn');
  assert.deepEqual(await lastAudit(applicant), {
    actor: 'staff:mai',
    action: 'application.asked_again',
    reason: 'the customer called',
    change: { step: 'identity', reason: 'IDENTITY_POOR_PHOTO' },
    request_id: 'req_again',
  });
});

test('a deadline is moved with its reason, and a commit that is lost moves it once', async () => {
  const applicant = await (await world.anApplicant()).walksTo('verifyIdentity');
  const by = await asked(applicant, 'req_time');
  world.faultNextCommit('answerLost');
  await assert.rejects(activities.extendDeadline(applicant.ref('extendDeadline'), { deadlineAt, ...by }));
  await activities.extendDeadline(applicant.ref('extendDeadline'), { deadlineAt, ...by });
  const application = await store.applications.readApplication(store, applicant.applicationId);
  assert.equal(application?.deadline_at?.toISOString(), deadlineAt);
  const rows = (await world.rowsOf(applicant.applicationId)).get('audit_log') ?? [];
  assert.equal(rows.filter((row) => row.includes('deadline_extended')).length, 1);
});

test('attention is raised once in the audit log, even when the answer to its commit is lost', async () => {
  const applicant = await world.anApplicant();
  const attention = { activity: 'createClient', code: 'CARD_CORE_REJECTED', since: deadlineAt };
  world.faultNextCommit('answerLost');
  await assert.rejects(activities.markAttention(applicant.ref('markAttention'), attention));
  await activities.markAttention(applicant.ref('markAttention'), attention);
  const rows = (await world.rowsOf(applicant.applicationId)).get('audit_log') ?? [];
  assert.equal(rows.filter((row) => row.includes('attention_raised')).length, 1);
});

test('a cancel, a retry and a code that staff ask for name them and their reason', async () => {
  const applicant = await (await world.anApplicant()).walksTo('requestOtp');
  const by = await asked(applicant, 'req_otp');
  await activities.requestOtp(applicant.ref('requestOtp'), { deadlineAt, by });
  const { actor, action, reason } = { ...(await lastAudit(applicant)) };
  assert.deepEqual([actor, action, reason], ['staff:mai', 'otp.resent', 'the customer called']);
  await activities.markAttention(applicant.ref('markAttention'), null, by);
  assert.deepEqual({ ...(await lastAudit(applicant)) }['reason'], 'the customer called');
  const end = { status: 'canceled', reasons: ['CANCELED_BY_STAFF'], canceledBy: 'operations', ...by, approvedBy: 'staff:lan' } as const;
  await activities.finish(applicant.ref('finish'), { ...end, reasons: [...end.reasons] });
  const row = { ...(await lastAudit(applicant)) };
  assert.deepEqual([row['actor'], row['reason']], ['staff:mai', 'the customer called']);
  assert.deepEqual(row['change'], { reasons: ['CANCELED_BY_STAFF'], approvedBy: 'staff:lan' });
});
