import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { delayIndex, judgeFailure, judgeUnclaimed, mustAskFirst, OtherBooking, readMessage } from './delivery.ts';
import type { TransactionMessage, Unclaimed } from './delivery.ts';
import { VendorFailure } from './failures.ts';
import type { VendorFailureKind } from './failures.ts';

const message: TransactionMessage = {
  schemaVersion: 1,
  transactionId: 'txn_01k5x0000000000000000000ab',
  rrn: '000000000001',
  kind: 'purchase',
};

test('a message survives the trip through JSON, and any field more, less or different makes it poison', () => {
  assert.deepEqual(readMessage(JSON.stringify(message)), { kind: 'message', message });
  const keys = Object.keys(message);
  for (const key of keys) {
    const rest = Object.fromEntries(Object.entries(message).filter(([name]) => name !== key));
    assert.equal(readMessage(JSON.stringify(rest)).kind, 'poison', `without ${key}`);
  }
  fc.assert(
    fc.property(
      fc.string().filter((key) => !keys.includes(key)),
      fc.jsonValue(),
      (key, value) => {
        const more = JSON.stringify({ ...message, [key]: value });
        if (Object.keys(JSON.parse(more)).length === keys.length) return; // `__proto__` is no field
        assert.deepEqual(readMessage(more), { kind: 'poison', reason: 'MALFORMED' });
      },
    ),
  );
});

test('no text whatever makes the reader fail', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => assert.ok(['message', 'poison'].includes(readMessage(text).kind))));
});

test('a message is forgotten only when its transaction is settled, or goes by another RRN: while it is open it is kept, or a person sees it', () => {
  const found = fc.record({
    rrn: fc.constantFrom(message.rrn, '000000000002'),
    formerRrns: fc.constantFrom([], ['000000000003', message.rrn]),
    kind: fc.constantFrom('purchase', 'refund'),
    status: fc.constantFrom('accepted' as const, 'posted' as const, 'rejected' as const),
    triesLeft: fc.nat(12),
    claimed: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.option(found), (unclaimed: Unclaimed | null) => {
      const verdict = judgeUnclaimed(message, unclaimed);
      if (verdict.kind === 'settled') assert.notEqual(unclaimed?.status, 'accepted');
      if (verdict.kind === 'superseded') assert.ok(unclaimed?.formerRrns.includes(message.rrn), 'its transaction has another message');
      else if (unclaimed?.claimed && unclaimed.status === 'accepted' && unclaimed.rrn === message.rrn && unclaimed.kind === 'purchase') {
        assert.equal(verdict.kind, 'later', 'whoever owns it may be dead');
      }
    }),
  );
});

test('only what provably did not reach the core is neither counted nor waited for', () => {
  const kinds: VendorFailureKind[] = ['unavailable', 'unknown', 'busy', 'garbage', 'rejected'];
  for (const kind of kinds) {
    const verdict = judgeFailure('purchase', new VendorFailure('way4', kind, 'CODE'));
    assert.equal(verdict.error, `way4:${kind}:CODE`);
    if (kind === 'rejected') assert.equal(verdict.kind, 'park');
    else
      assert.deepEqual(verdict, {
        kind: 'retry',
        error: verdict.error,
        release: kind === 'unavailable',
        refund: kind === 'unavailable' || kind === 'busy',
      });
  }
  assert.deepEqual(judgeFailure('purchase', new TypeError('secret')), { kind: 'retry', error: 'TypeError', release: false, refund: false });
});

test('a booking of somebody else under the same RRN is for a person, however it was found', () => {
  for (const stage of ['inquiry', 'purchase'] as const)
    assert.deepEqual(judgeFailure(stage, new OtherBooking()), { kind: 'park', reason: 'OTHER_BOOKING', error: 'OtherBooking' });
});

test('an inquiry changes nothing at the core, so its failure never makes anybody wait', () => {
  for (const kind of ['unavailable', 'unknown', 'busy', 'garbage'] as const) {
    const verdict = judgeFailure('inquiry', new VendorFailure('way4', kind, 'CODE'));
    assert.ok(verdict.kind === 'retry' && verdict.release);
  }
});

test('delays never get shorter, and every attempt has one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }), fc.integer({ min: 1, max: 200 }), (perDelay, attempt) => {
      const index = delayIndex(attempt, perDelay);
      assert.ok(index >= 0 && index <= perDelay.length);
      assert.ok(delayIndex(attempt + 1, perDelay) >= index);
    }),
  );
  assert.deepEqual(
    [1, 6, 7, 16, 17].map((attempt) => delayIndex(attempt, [6, 10])),
    [0, 0, 1, 1, 2],
  );
});

test('only the very first attempt is sent without asking', () => {
  assert.equal(mustAskFirst(1), false);
  fc.assert(fc.property(fc.integer({ min: 2, max: 1_000 }), (attempt) => assert.ok(mustAskFirst(attempt))));
});
