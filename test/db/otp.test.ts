// The count of guesses holds under any number of guesses at once, because one statement takes and counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addChallenge, closeChallenge, latestChallenge, returnGuess, takeGuess, verifiedChallenge } from '../../db/otp.ts';
import { aWorld } from './world.ts';

const { database, anApplication } = await aWorld();

async function aChallenge(options: { applicationId?: string; round?: number; expiresAt?: Date; maxAttempts?: number } = {}) {
  const { applicationId = await anApplication(), round = 1, maxAttempts = 5, expiresAt = new Date(Date.now() + 60_000) } = options;
  const terms = {
    coreChallengeId: 'chl',
    amountVnd: 3_000_000,
    contractNumber: 'TS1',
    documentSha256: 'paper',
    maskedPhone: '+84*****123',
  };
  const id = await database.withTransaction(async (tx) => addChallenge(tx, { applicationId, round, maxAttempts, expiresAt, ...terms }));
  return { id, applicationId };
}

const inParallel = async <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, async (_, index) => work(index)));

test('of 200 guesses at once at most max_attempts are evaluated', async () => {
  const { id, applicationId } = await aChallenge({ maxAttempts: 5 });
  const taken = (await inParallel(200, async (round) => takeGuess(database, id, round))).filter((guess) => guess !== null);
  assert.deepEqual(
    taken.map(({ attempts }) => attempts).toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5],
  );
  assert.equal((await latestChallenge(database, applicationId))?.attempts, 5);
});

test('of 50 right codes at once one approves', async () => {
  const { id } = await aChallenge();
  const close = async () => database.withTransaction(async (tx) => closeChallenge(tx, id, 'verified'));
  assert.equal((await inParallel(50, close)).filter(Boolean).length, 1);
});

test('a challenge that was verified, locked or replaced takes no guess and approves nothing', async () => {
  for (const end of ['verified', 'locked', 'replaced'] as const) {
    const { id, applicationId } = await aChallenge();
    if (end === 'replaced') await aChallenge({ applicationId, round: 2 });
    else await database.withTransaction(async (tx) => closeChallenge(tx, id, end));
    assert.equal(await takeGuess(database, id, 1), null, end);
    assert.equal(await database.withTransaction(async (tx) => closeChallenge(tx, id, 'verified')), false, end);
  }
});

test('an expired challenge takes no guess', async () => {
  const { id } = await aChallenge({ expiresAt: new Date(Date.now() - 1) });
  assert.equal(await takeGuess(database, id, 1), null);
});

test('a guess that is given back can be taken again, and no count goes below zero', async () => {
  const { id, applicationId } = await aChallenge({ maxAttempts: 1 });
  assert.ok(await takeGuess(database, id, 1));
  assert.equal(await takeGuess(database, id, 2), null);
  await inParallel(3, async () => returnGuess(database, id, 1));
  assert.equal((await latestChallenge(database, applicationId))?.attempts, 0);
  assert.ok(await takeGuess(database, id, 2));
});

test('a guess that is tried again is counted once, the last one too, and is not given back by one of its tries', async () => {
  const { id, applicationId } = await aChallenge({ maxAttempts: 2 });
  assert.ok(await takeGuess(database, id, 1));
  const tries = await inParallel(20, async () => takeGuess(database, id, 2));
  assert.deepEqual(new Set(tries.map((taken) => taken?.attempts)), new Set([2]));
  await returnGuess(database, id, 2);
  assert.equal((await latestChallenge(database, applicationId))?.attempts, 2);
  assert.equal(await takeGuess(database, id, 3), null);
});

test('the challenge that approved is found though a newer one was sent', async () => {
  const { id, applicationId } = await aChallenge();
  assert.equal(await verifiedChallenge(database, applicationId), null);
  await database.withTransaction(async (tx) => closeChallenge(tx, id, 'verified'));
  const newer = await aChallenge({ applicationId, round: 2 });
  assert.equal((await verifiedChallenge(database, applicationId))?.id, id);
  assert.equal((await latestChallenge(database, applicationId))?.id, newer.id);
});

test('one challenge per application and round, however often it is asked for', async () => {
  const { applicationId } = await aChallenge();
  await assert.rejects(aChallenge({ applicationId, round: 1 }), { code: '23505' });
});
