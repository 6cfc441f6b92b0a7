import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applicationStatuses, canBecome, canCancel, isTerminal, steps } from './states.ts';
import type { ApplicationStatus } from './states.ts';

const status = fc.constantFrom(...applicationStatuses);
const ends = ['completed', 'declined', 'canceled', 'expired', 'failed'];

/** Every legal change, written out a second time: who changes the table must mean it. */
const legal: Record<ApplicationStatus, string> = {
  created: 'in_progress declined canceled expired failed',
  in_progress: 'in_review offer_ready awaiting_signature declined canceled expired failed',
  in_review: 'in_progress offer_ready declined canceled expired failed',
  offer_ready: 'in_progress declined canceled expired failed',
  awaiting_signature: 'awaiting_approval declined canceled expired failed',
  awaiting_approval: 'settling declined canceled expired failed',
  settling: 'completed failed',
  completed: '',
  declined: '',
  canceled: '',
  expired: '',
  failed: '',
};

test('every change of status is either legal or refused, as written down', () => {
  for (const from of applicationStatuses) {
    for (const to of applicationStatuses) {
      assert.equal(canBecome(from, to), from === to || legal[from].split(' ').includes(to), `${from} → ${to}`);
    }
  }
});

test('an application that has ended stays as it ended, whatever is tried', () => {
  fc.assert(
    fc.property(fc.constantFrom(...applicationStatuses.filter(isTerminal)), fc.array(status), (end, tries) => {
      assert.equal(
        tries.reduce((at: ApplicationStatus, to) => (canBecome(at, to) ? to : at), end),
        end,
      );
    }),
  );
  assert.deepEqual(applicationStatuses.filter(isTerminal), ends);
});

test('whatever way an application took, it can still come to an end, and only over the hand-off to completed', () => {
  fc.assert(
    fc.property(fc.array(status, { maxLength: 30 }), (tries) => {
      const way: ApplicationStatus[] = ['created'];
      for (const to of tries) if (canBecome(way.at(-1) ?? 'created', to)) way.push(to);
      const now = way.at(-1) ?? 'created';
      assert.ok(isTerminal(now) || applicationStatuses.some((to) => isTerminal(to) && canBecome(now, to)));
      if (now === 'completed')
        assert.ok(way.includes('settling') && way.includes('awaiting_signature') && way.includes('awaiting_approval'));
    }),
  );
});

test('a cancel is possible until the money is on its way, and never after', () => {
  assert.deepEqual(
    applicationStatuses.filter((at) => !canCancel(at)),
    ['settling', ...ends],
  );
});

test('each step is named once', () => {
  assert.equal(new Set(steps).size, steps.length);
});
