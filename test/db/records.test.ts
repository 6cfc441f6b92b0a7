// What was recorded stays as it was, what is one exists once, and what cannot be is refused by the database itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { documentKey } from '../../db/documents.ts';
import { audit } from '../../db/audit.ts';
import { grantConsent } from '../../db/consents.ts';
import type { ConsentKind } from '../../db/consents.ts';
import { recordOutcome, recordedOutcome } from '../../db/steps.ts';
import { decisionAbout } from '../support/decision-record.ts';
import { boxes, aWorld } from './world.ts';

const { database, store, merchantId, anApplication } = await aWorld();

async function aDecision(applicationId: string, round = 1): Promise<string> {
  return database.withTransaction(async (tx) => store.decisions.add(tx, { ...decisionAbout(applicationId), round }));
}

async function aConsent(applicationId: string, textVersion = '1', kind: ConsentKind = 'contract'): Promise<string> {
  const consent = { kind, textVersion, textSha256: 'x', language: 'vi', channel: 'checkout' } as const;
  return database.withTransaction(async (tx) => grantConsent(tx, { applicationId, ...consent }));
}

test('audit log, decisions, events and consents cannot be changed, removed or emptied', async () => {
  const applicationId = await anApplication();
  await aDecision(applicationId);
  await aConsent(applicationId);
  await database.withTransaction(async (tx) => audit(tx, { actor: 'a', action: 'b.c', applicationId, subject: 's' }));
  for (const table of ['audit_log', 'decisions', 'events', 'consents']) {
    for (const sql of [`update ${table} set id = 'x'`, `delete from ${table}`, `truncate ${table} cascade`]) {
      await assert.rejects(database.query(sql), { code: '42501', message: /append-only$/ }, sql);
    }
    assert.ok(((await database.query(`select 1 from ${table}`)).rowCount ?? 0) > 0);
  }
});

test('what is one exists once: the database refuses the second', async () => {
  const applicationId = await anApplication();
  const decisionId = await aDecision(applicationId);
  await assert.rejects(aDecision(applicationId), { code: '23505' }, 'one decision per round');
  assert.equal(await aConsent(applicationId), await aConsent(applicationId), 'one consent per text version');
  assert.notEqual(await aConsent(applicationId), await aConsent(applicationId, '2'));
  await database.withTransaction(async (tx) => {
    const first = await store.agreements.planAccount(tx, applicationId, 5_000_000);
    assert.equal((await store.agreements.planAccount(tx, applicationId, 5_000_000)).id, first.id, 'one account per application');
  });
  const offer = { applicationId, decisionId, limitVnd: 1, amountVnd: 1, product: 'p', content: {}, hash: 'h', expiresAt: new Date() };
  await database.withTransaction(async (tx) => store.offers.addOffer(tx, offer));
  await assert.rejects(
    database.withTransaction(async (tx) => store.offers.addOffer(tx, offer)),
    { code: '23505' },
    'one offer per hash',
  );
  const task = { applicationId, kind: 'decision', reasons: [], expiresAt: new Date() } as const;
  const open = async () => database.withTransaction(async (tx) => store.reviews.open(tx, task));
  assert.deepEqual(new Set(await Promise.all([open(), open(), open()])).size, 1, 'one open review task');
});

test('a credit report is asked for once per request id, and its first final answer stands', async () => {
  const applicationId = await anApplication();
  await aConsent(applicationId, '1', 'credit_bureau');
  const requestId = `${applicationId}:creditReport:1`;
  const wanted = { applicationId, requestId, maxAgeMs: 0, sharedMs: 0 };
  await database.withTransaction(async (tx) => {
    const first = await store.creditReports.plan(tx, wanted);
    assert.deepEqual(await store.creditReports.plan(tx, wanted), first);
    for (const outcome of ['PENDING', 'NO_HIT', 'PENDING', 'UNAVAILABLE'] as const) {
      await store.creditReports.answer(tx, { requestId, inquiryId: 'inq-1', outcome });
    }
  });
  assert.equal((await store.creditReports.latest(database, applicationId))?.outcome, 'NO_HIT');
  assert.equal((await database.query('select 1 from credit_reports where application_id = $1', [applicationId])).rowCount, 1);
});

test('no inquiry is even noted without the consent to it, of this application and no other', async () => {
  const [applicationId, other] = [await anApplication(), await anApplication()];
  const consents = [await aConsent(applicationId), await aConsent(other, '1', 'credit_bureau'), 'cst_none'];
  const wanted = { applicationId, requestId: 'r', maxAgeMs: 0, sharedMs: 0 };
  assert.equal(await database.withTransaction(async (tx) => store.creditReports.plan(tx, wanted)), null);
  for (const consentId of consents) {
    const sql = 'insert into credit_reports (id, application_id, request_id, consent_id) values ($1, $1, $1, $2)';
    await assert.rejects(database.query(sql, [applicationId, consentId]), { code: '23503' });
  }
});

test('what cannot be is refused: amounts of nothing, unknown words, ends without an outcome', async () => {
  const applicationId = await anApplication();
  const impossible = [
    `update applications set amount_vnd = 0 where id = '${applicationId}'`,
    `update applications set status = 'lost' where id = '${applicationId}'`,
    `insert into accounts (id, application_id, client_number, contract_number, limit_vnd) values ('a', '${applicationId}', 'c', 'd', -1)`,
    `insert into transactions (id, application_id, merchant_id, kind, intent_key, contract_number, amount_vnd, tries_left, status)
       values ('t', '${applicationId}', '${merchantId}', 'purchase', 'i', 'c', 1, 1, 'posted')`,
    `insert into transactions (id, application_id, merchant_id, kind, intent_key, contract_number, amount_vnd, tries_left, rrn)
       values ('t', '${applicationId}', '${merchantId}', 'purchase', 'i', 'c', 1, 1, '12345')`,
    `insert into otp_challenges (id, application_id, round, core_challenge_id, amount_vnd, contract_number, document_sha256, masked_phone,
       attempts, max_attempts, expires_at) values ('o', '${applicationId}', 1, 'c', 1, 'c', 'd', 'm', 6, 5, now())`,
  ];
  for (const sql of impossible) await assert.rejects(database.query(sql), { code: '23514' }, sql);
});

test('the outcome of a step is kept once and comes back parsed', async () => {
  const ref = { applicationId: await anApplication(), step: 'decide', round: 1 };
  const shape = z.object({ kind: z.literal('approved') });
  assert.equal(await recordedOutcome(database, ref, shape), undefined);
  const record = async (outcome: object) => database.withTransaction(async (tx) => recordOutcome(tx, ref, outcome));
  await record({ kind: 'approved' });
  await assert.rejects(record({ kind: 'declined' }), { code: '23505' });
  assert.deepEqual(await recordedOutcome(database, ref, shape), { kind: 'approved' });
  assert.equal(await recordedOutcome(database, { ...ref, round: 2 }, shape), undefined, 'another round is another piece of work');
  await assert.rejects(recordedOutcome(database, ref, z.object({ kind: z.literal('other') })), z.ZodError);
});

test('a photo from before there were object stores lies in its row and opens as before', async () => {
  const applicationId = await anApplication();
  const kept = await store.documents.keep({ applicationId, kind: 'selfie', mediaType: 'image/jpeg', content: Buffer.from('old') });
  await database.withTransaction(async (tx) => store.documents.add(tx, kept));
  await database.query(`update documents set object_store = null, content = (select content from objects where key = $2) where id = $1`, [
    kept.documentId,
    documentKey(kept.documentId),
  ]);
  await database.query('delete from objects where key = $1', [documentKey(kept.documentId)]);
  assert.equal((await store.documents.read(database, kept.documentId))?.content.toString(), 'old');
});

test('a photo in a store that is not configured is named as such, not taken for lost', async () => {
  const applicationId = await anApplication();
  const kept = await store.documents.keep({ applicationId, kind: 'selfie', mediaType: 'image/jpeg', content: Buffer.from('far') });
  await database.withTransaction(async (tx) => store.documents.add(tx, { ...kept, store: 's3' }));
  await assert.rejects(store.documents.read(database, kept.documentId), /object store s3, which is not configured/);
});

test('a photo whose bytes were changed, or that was moved from another row, does not open', async () => {
  const applicationId = await anApplication();
  const add = async (text: string) =>
    database.withTransaction(async (tx) =>
      store.documents.add(
        tx,
        await store.documents.keep({ applicationId, kind: 'selfie', mediaType: 'image/jpeg', content: Buffer.from(text) }),
      ),
    );
  const [mine, other] = [await add('mine'), await add('other')];
  assert.equal((await store.documents.read(database, mine.documentId))?.content.toString(), 'mine');
  const [mineAt, otherAt] = [documentKey(mine.documentId), documentKey(other.documentId)];
  await database.query('update objects set content = (select content from objects where key = $2) where key = $1', [mineAt, otherAt]);
  await assert.rejects(store.documents.read(database, mine.documentId));
  await database.query('update objects set content = set_byte(content, 30, get_byte(content, 30) # 1) where key = $1', [otherAt]);
  await assert.rejects(store.documents.read(database, other.documentId));
  await database.query('delete from objects where key = $1', [otherAt]);
  await assert.rejects(store.documents.read(database, other.documentId), /are gone/);
  assert.equal(await store.documents.read(database, 'doc_none'), null);
});

test('a customer is found by keyed hash, and the profile is nowhere in the clear', async () => {
  const profile = {
    fullName: 'Nguyễn Thị Đào',
    dateOfBirth: '1995-05-05',
    nationalId: '079195000123',
    phone: '+84900000123',
    gender: 'female',
    address: '1 Đường Thử',
    monthlyIncomeVnd: 15_000_000,
  } as const;
  const id = await database.withTransaction(async (tx) => {
    const known = await store.customers.add(tx, { phone: profile.phone });
    assert.equal(await store.customers.profile(tx, known), null, 'a phone number is no profile');
    const customerId = await store.customers.state(tx, 'command', profile);
    assert.equal(await store.customers.state(tx, 'command', profile), customerId, 'a repeat finds its row');
    return customerId;
  });
  assert.deepEqual(await store.customers.profile(database, id), profile);
  assert.equal(await store.customers.phone(database, id), profile.phone);
  const { rows } = await database.query('select id from customers where national_id_index = $1 and phone_index = $2', [
    boxes.index('national_id', profile.nationalId),
    boxes.index('phone', profile.phone),
  ]);
  assert.deepEqual(rows, [{ id }]);
  const { rows: stored } = await database.query<{ row: string; profile: Buffer }>(
    'select c::text as row, profile from customers c where id = $1',
    [id],
  );
  for (const value of [profile.fullName, profile.nationalId, profile.phone, profile.address]) {
    assert.ok(!stored[0]?.row.includes(value) && !stored[0]?.profile.includes(value), 'not even in part');
  }
});
