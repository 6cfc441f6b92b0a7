import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CoreDocument } from './ports.ts';
import { findBreaks } from './reconciliation.ts';
import type { Books, Break, ReconciledTransaction } from './reconciliation.ts';

const acceptedAt = new Date('2026-11-23T08:00:00Z');

function aTransaction(n: number, change: Partial<ReconciledTransaction> = {}): ReconciledTransaction {
  return {
    transactionId: `txn_${n}`,
    applicationId: `app_${n}`,
    rrn: String(n).padStart(12, '0'),
    contractNumber: `K${n}`,
    amountVnd: 100_000 + n,
    status: 'posted',
    acceptedAt,
    applicationStatus: 'completed',
    attention: false,
    moving: false,
    parked: false,
    untold: false,
    ...change,
  };
}

function documentOf({ rrn, contractNumber, amountVnd }: ReconciledTransaction, change: Partial<CoreDocument> = {}): CoreDocument {
  return { rrn, contractNumber, amountVnd, status: 'posted', bookedAt: '2026-11-23T08:00:01Z', ...change };
}

/** Books that agree: posted, rejected and waiting purchases. */
function agreeing(count: number): Books & { transactions: ReconciledTransaction[]; documents: CoreDocument[] } {
  const transactions = Array.from({ length: count }, (_, n) =>
    n % 3 === 2 ? aTransaction(n, { status: 'rejected', applicationStatus: 'failed' }) : aTransaction(n),
  );
  const documents = transactions.map((each) => documentOf(each, each.status === 'rejected' ? { status: 'rejected' } : {}));
  return { transactions, documents, withoutTransaction: [] };
}

const brief = ({ kind, against, repair }: Break): string => `${kind} ${against} ${repair ?? 'person'}`;

/** One purchase against what WAY4 lists of it. */
function breaksOf(change: Partial<ReconciledTransaction>, ...documents: Partial<CoreDocument>[]): string[] {
  const transaction = aTransaction(1, change);
  const listed = documents.map((each) => documentOf(aTransaction(1), each));
  return findBreaks({ transactions: [transaction], documents: listed, withoutTransaction: [] }).map(brief);
}

test('books that agree have no break, in whatever order they are read', () => {
  fc.assert(
    fc.property(fc.nat({ max: 40 }), fc.func(fc.integer()), (count, key) => {
      const { transactions, documents, withoutTransaction } = agreeing(count);
      const shuffled = documents.toSorted((left, right) => key(left.rrn) - key(right.rrn));
      assert.deepEqual(findBreaks({ transactions, documents: shuffled, withoutTransaction }), []);
    }),
  );
});

test('whichever one document is taken away, changed or added, exactly that one purchase is reported', () => {
  const planted = ['missing_there', 'amount', 'state', 'duplicate', 'missing_here'] as const;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), fc.constantFrom(...planted), (count, pick, kind) => {
      const books = agreeing(count);
      const at = pick % count;
      const victim = books.transactions[at] ?? aTransaction(0);
      const document = documentOf(victim);
      const before = books.documents.slice(0, at);
      const after = books.documents.slice(at + 1);
      const instead: Record<typeof kind, CoreDocument[]> = {
        missing_there: [],
        amount: [{ ...document, amountVnd: victim.amountVnd + 1, status: victim.status === 'rejected' ? 'rejected' : 'posted' }],
        state: [{ ...document, status: victim.status === 'rejected' ? 'posted' : 'rejected' }],
        duplicate: [document, document],
        missing_here: [...books.documents.slice(at, at + 1), { ...document, rrn: '999999999999' }],
      };
      const found = findBreaks({ ...books, documents: [...before, ...instead[kind], ...after] });
      // A refusal that WAY4 does not list is no break: no money moved.
      const expected = kind === 'missing_there' && victim.status === 'rejected' ? [] : [kind];
      assert.deepEqual(
        found.map((each) => each.kind),
        expected,
      );
      if (found[0]) assert.equal(found[0].reference, kind === 'missing_here' ? '999999999999' : victim.rrn);
    }),
  );
});

test('only an accepted purchase is sent again by itself, and never one that a person holds or whose books disagree further', () => {
  const accepted = { status: 'accepted', applicationStatus: 'settling' } as const;
  assert.deepEqual(breaksOf(accepted), ['missing_there core publish']);
  assert.deepEqual(breaksOf(accepted, {}), ['state core publish']);
  assert.deepEqual(breaksOf(accepted, { status: 'rejected' }), ['state core publish']);
  assert.deepEqual(breaksOf({ ...accepted, parked: true }), [], 'the parked message is the question to staff');
  assert.deepEqual(breaksOf({ ...accepted, parked: true }, {}), ['state core person']);
  assert.deepEqual(breaksOf(accepted, { amountVnd: 1 }), ['amount core person', 'state core person']);
  assert.deepEqual(breaksOf(accepted, { contractNumber: 'K2' }), ['state core person']);
  assert.deepEqual(breaksOf(accepted, { status: 'reversed' }), ['state core person']);
  assert.deepEqual(breaksOf({}), ['missing_there core person']);
  assert.deepEqual(breaksOf({}, { status: 'reversed' }), ['state core person']);
  assert.deepEqual(breaksOf({}, {}, {}), ['duplicate core person']);
});

test('a refusal that was tried again and then booked is one booking, not a duplicate', () => {
  assert.deepEqual(breaksOf({}, { status: 'rejected' }, {}), []);
});

test('an application that has not heard of its outcome is told again; one that ended otherwise is for a person', () => {
  assert.deepEqual(breaksOf({ applicationStatus: 'settling' }, {}), ['state workflow tell']);
  assert.deepEqual(breaksOf({ applicationStatus: 'settling', untold: true }, {}), [], 'the notice is on its way');
  assert.deepEqual(breaksOf({ applicationStatus: 'settling', attention: true }, {}), [], 'staff know');
  assert.deepEqual(breaksOf({ applicationStatus: 'canceled' }, {}), ['state workflow person']);
  assert.deepEqual(breaksOf({ status: 'rejected' }, { status: 'rejected' }), ['state workflow person']);
  assert.deepEqual(breaksOf({ status: 'accepted' }, {}), ['state core publish', 'state workflow person']);
});

test('nothing that still moves is a break', () => {
  assert.deepEqual(breaksOf({ status: 'accepted', moving: true }), []);
  assert.deepEqual(breaksOf({ moving: true }, { amountVnd: 1 }), []);
});

test('an application that is being settled without a transaction is a break', () => {
  const withoutTransaction = [{ applicationId: 'app_1', applicationStatus: 'settling', updatedAt: acceptedAt }] as const;
  const [found] = findBreaks({ transactions: [], documents: [], withoutTransaction });
  assert.deepEqual([found && brief(found), found?.reference], ['missing_here workflow person', 'app_1']);
});
