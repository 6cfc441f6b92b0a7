// Comparisons one after the other, at once, and over periods that purchases have left: a break keeps one row and one question, and what is
// open is compared however old it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ComparisonRuns } from '../../db/reconciliation-stage.ts';
import { VendorFailure } from '../../domain/failures.ts';
import { aHealthyLedger } from './support/ledger.ts';
import type { Ledger } from './support/ledger.ts';

const amountVnd = 100_000;
const dayMs = 24 * 3_600_000;

test('while a purchase that was published again is under way, its break stays one row, and nothing is published a second time', async (t) => {
  const ledger = await aHealthyLedger(t);
  const { transactionId } = await ledger.aPurchase({ status: 'accepted', atCore: false });
  assert.equal((await ledger.reconcile()).repaired, 1);
  await ledger.database.query('update outbox set published_at = now() where published_at is null'); // a moment ago
  const moving = await ledger.reconcile();
  assert.deepEqual([moving.breaks, moving.compared.moving, moving.cleared], [[], 1, 0]);
  await settleAtLast(ledger, transactionId);
  assert.equal((await ledger.reconcile({ quietMs: 0 })).open, 1, 'posted, and WAY4 has nothing');
  const { rows } = await ledger.database.query('select times_seen from reconciliation_breaks where transaction_id = $1', [transactionId]);
  assert.deepEqual(rows, [{ times_seen: 2 }]);
  const { rowCount } = await ledger.database.query('select 1 from outbox where transaction_id = $1', [transactionId]);
  assert.equal(rowCount, 2);
});

test('an accepted purchase is compared for as long as it is open, however old it is', async (t) => {
  const ledger = await aHealthyLedger(t);
  for (const atCore of [true, false, true]) await ledger.aPurchase({ status: 'accepted', atCore, agoMs: 40 * dayMs });
  await ledger.database.query(`update sandbox.docs set created_at = now() - interval '40 days' where rrn = any($1)`, [
    rrnsOf(ledger).slice(-3),
  ]);
  const { found, repaired } = await ledger.reconcile();
  assert.deepEqual([found, repaired], [{ state: 2, missing_there: 1 }, 3]);
});

test('a break that left the period is looked at again in every run, and cleared when the books agree', async (t) => {
  const ledger = await aHealthyLedger(t);
  const [victim] = ledger.purchases;
  const orphan = await ledger.anApplication('completed');
  await ledger.database.query('update sandbox.docs set amount_vnd = amount_vnd + 1 where rrn = $1', [victim?.rrn]);
  await ledger.bookAtCore('000000000007', amountVnd);
  assert.equal((await ledger.reconcile()).open, 3);
  const later = { periodMs: 1_000, clockSkewMs: 0 };
  const still = await ledger.reconcile(later);
  assert.deepEqual([still.found, still.open, still.cleared], [{ amount: 1, missing_here: 2 }, 3, 0]);
  await ledger.database.query('update sandbox.docs set amount_vnd = amount_vnd - 1 where rrn = $1', [victim?.rrn]);
  await ledger.database.query(`delete from sandbox.docs where rrn = '000000000007'`);
  await ledger.database.query(`update applications set status = 'failed' where id = $1`, [orphan]);
  const dry = await ledger.reconcile({ ...later, dryRun: true });
  assert.deepEqual([dry.open, dry.cleared], [0, 0]);
  const agreed = await ledger.reconcile(later);
  assert.deepEqual([agreed.open, agreed.cleared, await openTasks(ledger)], [0, 3, 0]);
});

test('a break that staff have explained needs nobody any more, until the books differ in another way', async (t) => {
  const ledger = await aHealthyLedger(t);
  await ledger.bookAtCore('999999999999', amountVnd);
  assert.equal((await ledger.reconcile()).open, 1);
  await ledger.database.query(`update review_tasks set answer = 'explained', answered_by = 'staff:mai', answered_at = now()`);
  for (const dryRun of [true, false]) {
    const { open, explained } = await ledger.reconcile({ dryRun });
    assert.deepEqual([open, explained, await openTasks(ledger)], [0, 1, 0]);
  }
  await ledger.database.query(`update sandbox.docs set amount_vnd = amount_vnd + 1 where rrn = '999999999999'`);
  for (const dryRun of [true, false]) {
    const { open, explained } = await ledger.reconcile({ dryRun });
    assert.deepEqual([open, explained, await openTasks(ledger)], [1, 0, dryRun ? 0 : 1]);
  }
});

test('of runs at once one compares and the others say so; a break has one row, one question and one audit entry', async (t) => {
  const ledger = await aHealthyLedger(t);
  await ledger.bookAtCore('999999999999', amountVnd);
  const { transactionId } = await ledger.aPurchase({ status: 'accepted', atCore: false });
  const runs = await Promise.allSettled(Array.from({ length: 4 }, async () => ledger.reconcile()));
  const refused = runs.flatMap((run) => (run.status === 'rejected' ? [run.reason] : []));
  assert.ok(refused.length > 0 && refused.every((reason) => reason instanceof ComparisonRuns));
  await Promise.all([ledger.reconcile(), ledger.reconcile({ dryRun: true })]);
  assert.equal(await openTasks(ledger), 1, 'a repair that had no time yet is no question');
  const count = async (text: string) => (await ledger.database.query(text)).rowCount;
  assert.equal(await count('select 1 from reconciliation_breaks'), 2);
  assert.equal(await count(`select 1 from audit_log where actor = 'system:reconciliation'`), 2);
  assert.equal(await count(`select 1 from outbox where transaction_id = '${transactionId}'`), 2);
});

test('a purchase that WAY4 booked late and had booked before the period is found to be booked twice', async (t) => {
  const ledger = await aHealthyLedger(t);
  const { rrn } = await ledger.aPurchase({ agoMs: 7 * dayMs });
  await ledger.database.query(`update sandbox.docs set created_at = now() - interval '7 days' where rrn = $1`, [rrn]);
  assert.deepEqual((await ledger.reconcile()).breaks, []);
  await ledger.database.query('alter table sandbox.docs drop constraint docs_msg_code_rrn_source_contract_key');
  await ledger.database.query(
    `insert into sandbox.docs (msg_code, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code, auth_code)
     select msg_code, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code, '000000' from sandbox.docs where rrn = $1`,
    [rrn],
  );
  assert.deepEqual((await ledger.reconcile()).found, { duplicate: 1 });
});

test('a purchase accepted before the period, posted in it and not at WAY4 is found, and one that WAY4 booked before the period is not a break', async (t) => {
  const ledger = await aHealthyLedger(t);
  const late = { agoMs: 1_800_000, acceptedAgoMs: 3 * dayMs };
  const lost = await ledger.aPurchase(late);
  const old = await ledger.aPurchase(late);
  await ledger.aPurchase(late);
  await ledger.database.query(`update sandbox.docs set created_at = now() - interval '3 days' where rrn = $1`, [old.rrn]);
  assert.deepEqual((await ledger.reconcile()).breaks, []);
  await ledger.database.query('delete from sandbox.docs where rrn = $1', [lost.rrn]);
  const { breaks } = await ledger.reconcile();
  assert.deepEqual(
    breaks.map(({ kind, reference }) => [kind, reference]),
    [['missing_there', lost.rrn]],
  );
});

test('books that differ as a whole are not turned into tasks without end: a run takes on what it may and counts the rest, and the next goes on', async (t) => {
  const ledger = await aHealthyLedger(t);
  await ledger.aPurchase();
  await ledger.database.query('delete from sandbox.docs');
  const few = { maxBreaks: 1, reportBreaks: 1 };
  for (const left of [2, 1, 0]) {
    const run = await ledger.reconcile(few);
    assert.deepEqual([run.breaks.length, run.found, run.left, run.open], [1, { missing_there: 3 }, left, 3]);
    assert.equal(await openTasks(ledger), 3 - left);
  }
  await ledger.bookAtCore('000000000007', amountVnd);
  const dry = await ledger.reconcile({ maxBreaks: 0, dryRun: true });
  assert.deepEqual([dry.found, dry.left, dry.open], [{ missing_here: 1, missing_there: 3 }, 1, 4]);
});

test('a run does not end because WAY4 was away for a moment, but it does when WAY4 stays away', async (t) => {
  const ledger = await aHealthyLedger(t);
  await ledger.bookAtCore('999999999999', amountVnd);
  await ledger.sandbox.fault({ vendor: 'way4', operation: 'listPurchases', fault: 'throttle', times: 2 });
  assert.deepEqual((await ledger.reconcile()).found, { missing_here: 1 });
  await ledger.sandbox.fault({ vendor: 'way4', operation: 'listPurchases', fault: 'throttle', times: 3 });
  await assert.rejects(ledger.reconcile(), VendorFailure);
});

async function settleAtLast({ database }: Ledger, transactionId: string): Promise<void> {
  await database.query(`update transactions set status = 'posted', settled_at = now() where id = $1`, [transactionId]);
  await database.query(`update applications set status = 'completed' where id = (select application_id from transactions where id = $1)`, [
    transactionId,
  ]);
}

function rrnsOf({ purchases }: Ledger): string[] {
  return purchases.map(({ rrn }) => rrn);
}

async function openTasks({ database }: Ledger): Promise<number | null> {
  return (await database.query('select 1 from review_tasks where answer is null')).rowCount;
}
