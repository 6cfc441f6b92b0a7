// What the customer saw is what is accepted, signed, approved and handed off; what comes to nothing leaves no paper in force.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../db/documents.ts';
import { grantConsent } from '../../db/consents.ts';
import type { End } from '../../activities/applications.ts';
import { rightCode } from './vendors.ts';
import { aWorld } from './world.ts';
import type { Applicant } from './applicant.ts';

const world = await aWorld();
const { activities, database, store, vendors } = world;
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();

async function one<Row extends Record<string, unknown>>(sql: string, applicant: Applicant): Promise<Row> {
  const { rows } = await database.query<Row>(sql, [applicant.applicationId]);
  assert.equal(rows.length, 1);
  return rows[0] ?? assert.fail();
}

test('an offer that does not stand cannot be accepted', async () => {
  const applicant = await (await world.anApplicant()).walksTo('acceptOffer');
  const acceptedAt = new Date().toISOString();
  await assert.rejects(activities.acceptOffer(applicant.ref('acceptOffer'), { offerHash: 'another', acceptedAt }), {
    type: 'INVARIANT_BROKEN',
  });
  await database.query(`update offers set expires_at = now() - interval '1 second' where application_id = $1`, [applicant.applicationId]);
  await assert.rejects(applicant.run('acceptOffer'), { type: 'INVARIANT_BROKEN' });
  assert.equal((await world.rowsOf(applicant.applicationId)).get('accounts')?.length, 0, 'no account is planned');
});

test('an offer that was accepted in time is accepted, however late the database hears of it', async () => {
  const applicant = await (await world.anApplicant()).walksTo('acceptOffer');
  const acceptedAt = new Date(Date.now() - 2_000).toISOString();
  await database.query(`update offers set expires_at = now() - interval '1 second' where application_id = $1`, [applicant.applicationId]);
  const decided = applicant.outcome('decide');
  const offerHash = decided.kind === 'approved' ? decided.offer.hash : assert.fail();
  assert.deepEqual(await activities.acceptOffer(applicant.ref('acceptOffer'), { offerHash, acceptedAt }), { kind: 'accepted' });
});

test('the numbers at WAY4 are fixed with the acceptance, and stand', async () => {
  const applicant = await (await world.anApplicant()).walksTo('createClient');
  const account = await store.agreements.requiredAccount(store, applicant.applicationId);
  assert.match(account.client_number, /^C\d{8}$/);
  assert.match(account.contract_number, /^TS\d{10}$/);
  const again = await store.withTransaction(async (tx) => store.agreements.planAccount(tx, applicant.applicationId, 99_000_000));
  assert.deepEqual([again.contract_number, again.limit_vnd], [account.contract_number, account.limit_vnd]);
});

test('the paper that is signed is the paper that was shown', async () => {
  const applicant = await (await world.anApplicant()).walksTo('sealContract');
  const { documentSha256 } = applicant.outcome('prepareContract');
  const shown = await one<{ document_id: string }>('select document_id from contracts where application_id = $1', applicant);
  const paper = await store.documents.read(store, shown.document_id);
  assert.equal(sha256(paper?.content ?? ''), documentSha256);
  const asked = vendors.timesAsked('seal');
  const signature = { documentSha256: 'of another paper', consentId: applicant.contractConsentId, signedAt: soon(), deadlineAt: soon() };
  await assert.rejects(activities.sealContract(applicant.ref('sealContract'), signature), { type: 'INVARIANT_BROKEN' });
  assert.equal(vendors.timesAsked('seal'), asked, 'nothing was sealed');
  await applicant.run('sealContract');
});

test('a contract is sealed only with the consent that this customer gave to it', async () => {
  const [applicant, other] = [await (await world.anApplicant()).walksTo('sealContract'), await world.anApplicant()];
  const { documentSha256 } = applicant.outcome('prepareContract');
  const biometric = await store.consents.consentOf(store, applicant.applicationId, 'biometric');
  for (const consentId of [other.contractConsentId, biometric ?? '', 'cst_none']) {
    const signature = { documentSha256, consentId, signedAt: soon(), deadlineAt: soon() };
    await assert.rejects(activities.sealContract(applicant.ref('sealContract'), signature), { type: 'INVARIANT_BROKEN' });
  }
});

test('the sealed file, the signature, the message to the customer and the audit row come together', async () => {
  const applicant = await (await world.anApplicant()).walksTo('requestOtp');
  const { documentId, sha256: sealedSha256 } = applicant.outcome('sealContract');
  const contract = await one('select sealed_document_id, sealed_sha256, consent_id from contracts where application_id = $1', applicant);
  assert.deepEqual(contract, { sealed_document_id: documentId, sealed_sha256: sealedSha256, consent_id: applicant.contractConsentId });
  await one(`select 1 from notifications where application_id = $1 and template = 'contract_signed'`, applicant);
  const audited = await one<{ change: Record<string, unknown> }>(
    `select change from audit_log where application_id = $1 and action = 'contract.signed'`,
    applicant,
  );
  assert.equal(audited.change['sealedSha256'], sealedSha256);
});

test('a seal that fails is tried again, and the application stands where it stood', async () => {
  const applicant = await (await world.anApplicant()).walksTo('sealContract');
  vendors.trouble.set('seal', { kind: 'unavailable', times: 1 });
  await assert.rejects(applicant.run('sealContract'), { type: 'SEAL_UNAVAILABLE', nonRetryable: false });
  const { status } = await one('select status from applications where id = $1', applicant);
  assert.equal(status, 'awaiting_signature');
});

test('no OTP is sent for a contract that is not sealed', async () => {
  const applicant = await (await world.anApplicant()).walksTo('sealContract');
  const asked = vendors.timesAsked('requestOtp');
  await assert.rejects(applicant.run('requestOtp'), { type: 'INVARIANT_BROKEN' });
  assert.equal(vendors.timesAsked('requestOtp'), asked);
});

test('a purchase is handed off only after its OTP was verified, on exactly these terms', async () => {
  const applicant = await (await world.anApplicant()).walksTo('verifyOtp');
  const handOff = async () => activities.handOffTransaction(applicant.ref('handOffTransaction'));
  await assert.rejects(handOff(), { type: 'INVARIANT_BROKEN' });
  await applicant.run('verifyOtp');
  for (const changed of [`amount_vnd = amount_vnd + 1`, `document_sha256 = 'another'`, `contract_number = 'another'`]) {
    const kept = await one<{ amount_vnd: number; document_sha256: string; contract_number: string }>(
      'select amount_vnd, document_sha256, contract_number from otp_challenges where application_id = $1',
      applicant,
    );
    await database.query(`update otp_challenges set ${changed} where application_id = $1`, [applicant.applicationId]);
    await assert.rejects(handOff(), { type: 'INVARIANT_BROKEN' }, changed);
    await database.query(
      'update otp_challenges set amount_vnd = $2, document_sha256 = $3, contract_number = $4 where application_id = $1',
      [applicant.applicationId, kept.amount_vnd, kept.document_sha256, kept.contract_number],
    );
  }
  assert.equal((await world.rowsOf(applicant.applicationId)).get('transactions')?.length, 0);
  await handOff();
});

test('a purchase that was approved while a new code was being sent is handed off all the same', async () => {
  const applicant = await (await world.anApplicant()).walksTo('handOffTransaction');
  await activities.requestOtp(applicant.ref('requestOtp', 2), { deadlineAt: soon() });
  await applicant.run('handOffTransaction');
  assert.equal((await one('select status from applications where id = $1', applicant))['status'], 'settling');
});

test('a hand-off asked for again, in another round even, is the first transaction and its one message', async () => {
  const applicant = await (await world.anApplicant()).walksTo('finish');
  const first = applicant.outcome('handOffTransaction');
  assert.deepEqual(await activities.handOffTransaction(applicant.ref('handOffTransaction', 2)), first);
  const rows = await world.rowsOf(applicant.applicationId);
  assert.deepEqual([rows.get('transactions')?.length, rows.get('outbox')?.length], [1, 1]);
  assert.equal(await activities.readSettlement(first), null, 'no outcome yet');
});

test('an end other than completed makes the paper void, and completed leaves it in force', async () => {
  const ends: [End, Parameters<Applicant['walksTo']>[0], boolean][] = [
    [{ status: 'completed', reasons: [] }, 'finish', false],
    [{ status: 'failed', reasons: ['PURCHASE_REJECTED'] }, 'finish', true],
    [{ status: 'canceled', reasons: ['CANCELED_BY_CUSTOMER'], canceledBy: 'customer', actor: 'customer' }, 'requestOtp', true],
    [{ status: 'expired', reasons: ['SIGNATURE_EXPIRED'] }, 'sealContract', true],
  ];
  for (const [end, step, isVoid] of ends) {
    const applicant = await (await world.anApplicant()).walksTo(step);
    await activities.finish(applicant.ref('finish'), end);
    const contract = await one<{ voided_at: Date | null }>('select voided_at from contracts where application_id = $1', applicant);
    assert.equal(contract.voided_at !== null, isVoid, end.status);
    const application = await one('select status, step, reasons, canceled_by from applications where id = $1', applicant);
    assert.deepEqual(application, { status: end.status, step: 'end', reasons: end.reasons, canceled_by: end.canceledBy ?? null });
    const template = end.status === 'completed' ? 'purchase_booked' : 'application_ended';
    await one(`select 1 from notifications where application_id = $1 and template = '${template}'`, applicant);
    const audited = await one(`select actor from audit_log where application_id = $1 and action = 'application.${end.status}'`, applicant);
    assert.equal(audited['actor'], end.actor ?? 'system:workflow');
  }
});

test('staff see what waits for them, and a step that goes on clears it', async () => {
  const applicant = await (await world.anApplicant()).walksTo('createClient');
  const attention = { activity: 'createClient', code: 'CARD_CORE_UNAVAILABLE', since: new Date().toISOString() };
  await activities.markAttention(applicant.ref('markAttention', 1), attention);
  assert.deepEqual((await one('select attention from applications where id = $1', applicant))['attention'], attention);
  await activities.markAttention(applicant.ref('markAttention', 2), null);
  assert.equal((await one('select attention from applications where id = $1', applicant))['attention'], null);
});

test('a consent given again is the first one, with its time', async () => {
  const applicant = await world.anApplicant();
  const text = { textVersion: '1', textSha256: 'text', language: 'vi', channel: 'checkout' } as const;
  const again = await store.withTransaction(async (tx) =>
    grantConsent(tx, { applicationId: applicant.applicationId, kind: 'contract', ...text }),
  );
  assert.equal(again, applicant.contractConsentId);
});

test('nothing that names the customer stands in the clear anywhere in the database', async () => {
  const applicant = await (await world.anApplicant()).walksTo('finish');
  await applicant.run('finish');
  const { profile } = applicant;
  const { rows: tables } = await database.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'public'`);
  assert.ok(tables.length > 20);
  for (const { name } of tables) {
    const { rows } = await database.query<{ row: string }>(`select t::text as row from ${name} t`);
    const text = rows.map(({ row }) => row).join('\n');
    for (const value of [profile.fullName, profile.nationalId, profile.phone, profile.phone.slice(3), profile.address]) {
      const hidden = Buffer.from(value).toString('hex'); // a bytea is shown in hex
      assert.ok(!text.includes(value) && !text.includes(hidden), name);
    }
    // Six digits may stand in a hash by chance, but not by themselves.
    assert.doesNotMatch(text, new RegExp(`(?<![0-9a-z])${rightCode}(?![0-9a-z])`), name);
  }
});
