// The verdict on poison has teeth: what is missing among the parked messages is excused by the loss that can have taken it, and by no other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBooks } from './books.ts';
import { createLoad } from './load.ts';
import { production as profile } from './profiles.ts';
import { judge } from './verdict.ts';
import type { Excuses } from './verdict.ts';

const { database } = await openBooks();
await database.query(
  `insert into parked_messages (message_id, reason, first_error, last_error, body) values ('parked', 'MALFORMED', 'x', 'x', '')`,
);

const lostAt = 1_000_000;
const { quietWithinMs } = profile;

/** Poison that was sent then, beside some that is parked, and what the verdict finds. */
async function verdictOn(sentAt: number, losses: Excuses['losses']): Promise<string[]> {
  const { book } = createLoad({ seed: 1, perSecond: 1, poisonEveryMs: 1_000 });
  book.poison.set('parked', lostAt).set('missing', sentAt);
  const { violations } = await judge({ database, profile }, book, { losses, standstills: [] });
  return violations;
}

const missing = ['poison was not parked: 1, e.g. missing'];
const wasDeleted: Excuses['losses'] = [{ taken: 'waiting', at: lostAt }];

test('poison that may have waited in a queue that was deleted may be missing', async () => {
  for (const sentAt of [lostAt, lostAt - quietWithinMs]) assert.deepEqual(await verdictOn(sentAt, wasDeleted), []);
});

test('poison that was sent after the loss, or long before it, must be parked', async () => {
  for (const sentAt of [lostAt + 1, lostAt - quietWithinMs - 1]) assert.deepEqual(await verdictOn(sentAt, wasDeleted), missing);
});

test('poison is not excused by the loss of what was delayed, where poison never is', async () => {
  assert.deepEqual(await verdictOn(lostAt, [{ taken: 'delayed', at: lostAt }]), missing);
});
