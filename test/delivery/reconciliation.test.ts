// Reconciliation against a real database and a core that keeps real books: every break that is planted is found, and none that is not.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { firstBrokenAuditRow } from '../../db/audit.ts';
import { aHealthyLedger, runHandOff } from './support/ledger.ts';
import type { Ledger, Purchase } from './support/ledger.ts';
import { soon } from './support/soon.ts';

/** What a break is expected to say, and what is to be done about it. */
interface Expected {
  kind: string;
  against: 'core' | 'workflow';
  handling: 'repaired' | 'opened';
  ours: object | null;
  theirs: object | null;
}

interface Plant {
  promise: string;
  plant(ledger: Ledger, victim: Purchase): Promise<unknown>;
  expected: Expected;
}

const amountVnd = 100_000;
const core = { against: 'core', handling: 'opened' } as const;
const posted = { status: 'posted' };

const plants: Plant[] = [
  {
    promise: 'a posted purchase that WAY4 does not have is opened',
    plant: async ({ database }, { rrn }) => database.query('delete from sandbox.docs where rrn = $1', [rrn]),
    expected: { ...core, kind: 'missing_there', ours: { ...posted, amountVnd }, theirs: null },
  },
  {
    promise: 'a purchase of WAY4 that we never accepted is opened',
    plant: async (ledger) => ledger.bookAtCore('999999999999', amountVnd),
    expected: { ...core, kind: 'missing_here', ours: null, theirs: { ...posted, amountVnd, contractNumber: 'K-LEDGER' } },
  },
  {
    promise: 'another amount at WAY4 is opened',
    plant: async ({ database }, { rrn }) => database.query('update sandbox.docs set amount_vnd = amount_vnd + 1 where rrn = $1', [rrn]),
    expected: { ...core, kind: 'amount', ours: { amountVnd }, theirs: { amountVnd: amountVnd + 1 } },
  },
  {
    promise: 'a purchase that WAY4 refused and we call posted is opened',
    plant: async ({ database }, { rrn }) => database.query(`update sandbox.docs set resp_code = '51' where rrn = $1`, [rrn]),
    expected: { ...core, kind: 'state', ours: posted, theirs: { status: 'rejected' } },
  },
  {
    promise: 'a purchase that somebody reversed at WAY4 is opened',
    plant: async ({ database }, { rrn }) => database.query('update sandbox.docs set reversed_at = now() where rrn = $1', [rrn]),
    expected: { ...core, kind: 'state', ours: posted, theirs: { status: 'reversed' } },
  },
  {
    promise: 'a purchase on the contract of another customer is opened',
    plant: async ({ database }, { rrn }) => database.query(`update sandbox.docs set contract_number = 'K-OTHER' where rrn = $1`, [rrn]),
    expected: { ...core, kind: 'state', ours: { contractNumber: 'K-LEDGER' }, theirs: { contractNumber: 'K-OTHER' } },
  },
  {
    promise: 'a purchase that WAY4 booked twice is opened',
    plant: async ({ database }, { rrn }) => {
      await database.query('alter table sandbox.docs drop constraint docs_msg_code_rrn_source_contract_key');
      await database.query(
        `insert into sandbox.docs (msg_code, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code, auth_code)
         select msg_code, rrn, source_contract, contract_number, merchant_name, amount_vnd, resp_code, '000000' from sandbox.docs where rrn = $1`,
        [rrn],
      );
    },
    expected: { ...core, kind: 'duplicate', ours: posted, theirs: { ...posted, bookings: 2 } },
  },
  {
    promise: 'an accepted purchase that nobody moves any more is published again',
    plant: async (ledger) => ledger.aPurchase({ status: 'accepted', atCore: false }),
    expected: { ...core, kind: 'missing_there', handling: 'repaired', ours: { status: 'accepted', amountVnd }, theirs: null },
  },
  {
    promise: 'an accepted purchase that nobody moves any more is published again, though a message of anybody that names it is parked',
    plant: async (ledger) => {
      const { transactionId } = await ledger.aPurchase({ status: 'accepted', atCore: false });
      await ledger.database.query(
        `insert into parked_messages (message_id, transaction_id, reason, first_error, last_error, body) values ('m', $1, 'DISAGREES', 'x', 'x', '')`,
        [transactionId],
      );
    },
    expected: { ...core, kind: 'missing_there', handling: 'repaired', ours: { status: 'accepted', amountVnd }, theirs: null },
  },
  {
    promise: 'a purchase that WAY4 has and for which we have no outcome is published again, so that the pool asks by its RRN',
    plant: async (ledger) => ledger.aPurchase({ status: 'accepted' }),
    expected: { ...core, kind: 'state', handling: 'repaired', ours: { status: 'accepted' }, theirs: posted },
  },
  {
    promise: 'an application that never heard of its outcome is told again',
    plant: async (ledger) => ledger.aPurchase({ applicationStatus: 'settling' }),
    expected: { kind: 'state', against: 'workflow', handling: 'repaired', ours: posted, theirs: { applicationStatus: 'settling' } },
  },
  {
    promise: 'an application that was canceled though its purchase is posted is opened',
    plant: async (ledger) => ledger.aPurchase({ applicationStatus: 'canceled' }),
    expected: { kind: 'state', against: 'workflow', handling: 'opened', ours: posted, theirs: { applicationStatus: 'canceled' } },
  },
  {
    promise: 'an application that is completed without a transaction is opened',
    plant: async (ledger) => ledger.anApplication('completed'),
    expected: { kind: 'missing_here', against: 'workflow', handling: 'opened', ours: null, theirs: { applicationStatus: 'completed' } },
  },
];

for (const { promise, plant, expected } of plants) {
  test(`${promise}, and nothing else is reported`, async (t) => {
    const ledger = await aHealthyLedger(t);
    assert.deepEqual((await ledger.reconcile()).breaks, [], 'books that agree have no break');
    await plant(ledger, ledger.purchases[0] ?? assert.fail());
    const looked = await ledger.reconcile({ dryRun: true });
    assert.deepEqual(
      looked.breaks.map(({ handling }) => handling),
      ['found'],
    );
    const { breaks, open } = await ledger.reconcile();
    assert.deepEqual(
      breaks.map(({ kind, against, handling, ours, theirs }) => ({ kind, against, handling, ours, theirs })),
      [expected],
    );
    assert.equal(open, expected.handling === 'repaired' ? 0 : 1);
    const { rows } = await ledger.database.query<{ actor: string }>(`select actor from audit_log where subject = $1`, [
      breaks[0]?.reference,
    ]);
    assert.deepEqual(rows, [{ actor: 'system:reconciliation' }]);
    assert.equal(await firstBrokenAuditRow(ledger.database), null);
  });
}

test('a repair writes one message or one notice, however often the books are compared', async (t) => {
  const ledger = await aHealthyLedger(t);
  const waiting = await ledger.aPurchase({ status: 'accepted', atCore: false });
  const unheard = await ledger.aPurchase({ applicationStatus: 'settling' });
  const first = await ledger.reconcile();
  assert.deepEqual(
    first.breaks.map(({ handling }) => handling),
    ['repaired', 'repaired'],
  );
  for (let again = 0; again < 3; again += 1) await ledger.reconcile();
  const written = async (table: string, id: string) =>
    (await ledger.database.query(`select 1 from ${table} where transaction_id = $1`, [id])).rowCount;
  assert.equal(await written('outbox', waiting.transactionId), 2);
  assert.equal(await written('outcome_notices', unheard.transactionId), 1);
});

test('a break is one row for as long as it lasts, a repair that did not help waits for a person, and both end when the books agree', async (t) => {
  const ledger = await aHealthyLedger(t);
  const unheard = await ledger.aPurchase({ applicationStatus: 'settling' });
  await ledger.database.query('update sandbox.docs set amount_vnd = amount_vnd + 1 where rrn = $1', [ledger.purchases[0]?.rrn]);
  assert.equal((await ledger.reconcile()).open, 1);
  await ledger.database.query('delete from outcome_notices'); // told, and nobody listened
  const resting = await ledger.reconcile();
  assert.deepEqual([resting.repaired, resting.open], [1, 1], 'a repair has its time before anybody is asked');
  const second = await ledger.reconcile({ quietMs: 0 });
  assert.deepEqual([second.breaks.map(({ handling }) => handling), second.open], [['open', 'open'], 2]);
  await ledger.database.query(`update applications set status = 'completed' where id = $1`, [unheard.applicationId]);
  await ledger.database.query('update sandbox.docs set amount_vnd = amount_vnd - 1 where rrn = $1', [ledger.purchases[0]?.rrn]);
  const third = await ledger.reconcile();
  assert.deepEqual([third.breaks, third.open, third.cleared], [[], 0, 2]);
  const { rows } = await ledger.database.query<{ times_seen: number }>('select times_seen from reconciliation_breaks');
  assert.deepEqual(
    rows.map(({ times_seen }) => times_seen),
    [3, 3],
  );
});

test('purchases that reconciliation publishes again are settled and booked once, also the one that WAY4 had booked already', async (t) => {
  const ledger = await aHealthyLedger(t);
  const revived = [await ledger.aPurchase({ status: 'accepted' }), await ledger.aPurchase({ status: 'accepted', atCore: false })];
  assert.equal((await ledger.reconcile()).open, 0);
  await runHandOff(ledger);
  const statuses = async () => {
    const ids = revived.map(({ transactionId }) => transactionId);
    const { rows } = await ledger.database.query<{ status: string }>('select status from transactions where id = any($1)', [ids]);
    return rows.map(({ status }) => status);
  };
  await soon(async () => assert.deepEqual(await statuses(), ['posted', 'posted']));
  const { purchases } = await ledger.sandbox.state();
  for (const { rrn } of revived) assert.equal(purchases.filter((each) => each.rrn === rrn && each.outcome === 'posted').length, 1);
  const { breaks, cleared } = await ledger.reconcile({ quietMs: 0 });
  assert.deepEqual([breaks.map(({ kind, against }) => `${kind} ${against}`), cleared], [[], 2]);
});

test('what is just happening is left alone', async (t) => {
  const ledger = await aHealthyLedger(t);
  await ledger.aPurchase({ status: 'accepted', atCore: false, agoMs: 0 });
  await ledger.aPurchase({ applicationStatus: 'settling', agoMs: 0 });
  const { breaks, compared } = await ledger.reconcile();
  assert.deepEqual([breaks, compared.moving, compared.transactions, compared.documents], [[], 2, 5, 4]);
});

test('a purchase of last week that WAY4 lists today is recognised', async (t) => {
  const ledger = await aHealthyLedger(t);
  await ledger.aPurchase({ agoMs: 7 * 24 * 3_600_000 });
  assert.deepEqual((await ledger.reconcile()).breaks, []);
});

test('without WAY4 nothing is concluded: no break is opened and none is cleared', async (t) => {
  const ledger = await aHealthyLedger(t);
  await ledger.aPurchase({ status: 'accepted', atCore: false });
  await ledger.reconcile();
  await ledger.sandbox.fault({ vendor: 'way4', operation: 'listPurchases', fault: 'garbage' });
  await assert.rejects(ledger.reconcile());
  const { rows } = await ledger.database.query('select 1 from reconciliation_breaks where cleared_at is null');
  assert.equal(rows.length, 1);
});

test('the command prints one report as JSON; its exit code says whether a person is needed', async (t) => {
  const ledger = await aHealthyLedger(t);
  const entry = fileURLToPath(new URL('../../workers/reconcile.ts', import.meta.url));
  const run = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const env = { PATH: '', DATABASE_URL: ledger.databaseUrl, WAY4_URL: ledger.sandbox.way4Url };
      execFile(process.execPath, [entry, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });
  const agreed = await run();
  assert.deepEqual([agreed.code, Object(JSON.parse(agreed.stdout)).breaks], [0, []]);
  await ledger.bookAtCore('999999999999', amountVnd);
  const looked = await run('--dry-run', '--hours', '24');
  assert.deepEqual([looked.code, Object(JSON.parse(looked.stdout)).breaks[0].kind], [1, 'missing_here']);
  assert.equal((await run()).code, 1);
  for (const args of [['--hours', '0'], ['--hours', '9999'], ['--hours', 'x'], ['--everything'], ['now']]) {
    const { code, stderr, stdout } = await run(...args);
    const says = args[0] === '--hours' ? '--hours must be a whole number from 1 to 744' : (args[0] ?? '');
    assert.deepEqual([code, stdout, stderr.startsWith('Compares'), stderr.includes('--dry-run')], [2, '', false, true], args.join(' '));
    assert.ok(stderr.split('\n\n')[0]?.includes(says), stderr);
  }
  await ledger.sandbox.fault({ vendor: 'way4', operation: 'listPurchases', fault: 'garbage' });
  const failed = await run();
  assert.deepEqual([failed.code, failed.stdout], [2, '']);
  assert.match(failed.stderr, /nothing was concluded/);
});
