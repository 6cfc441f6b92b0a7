// What went wrong becomes what Temporal understands: a constant type, retried or not, and not a word of what was sent or received.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { withMappedFailures } from '../../activities/failures.ts';
import { AmbiguousCommit } from '../../db/pool.ts';
import { InvariantFailure, VendorFailure } from '../../domain/failures.ts';

/** The failure that Temporal sees when an activity throws this, and what the worker's log sees. */
async function mapped(thrown: unknown): Promise<{ failure: ApplicationFailure; logged: unknown[] }> {
  const logged: unknown[] = [];
  const { step } = withMappedFailures({ step: async () => Promise.reject(thrown) }, (activity, error) => void logged.push(activity, error));
  const failure: unknown = await step().catch((error: unknown) => error);
  assert.ok(failure instanceof ApplicationFailure);
  return { failure, logged };
}

test('each kind of failure of each vendor has a type of its own, and only a no of the vendor is final', async () => {
  const vendors = { way4: 'CARD_CORE', cic: 'CREDIT_BUREAU', rekognition: 'IDENTITY_PROVIDER', sms: 'SMS_GATEWAY', esign: 'SEAL' } as const;
  const kinds = { unavailable: 'UNAVAILABLE', unknown: 'OUTCOME_UNKNOWN', garbage: 'ANSWER_GARBLED', rejected: 'REJECTED' } as const;
  for (const vendor of Object.keys(vendors) as (keyof typeof vendors)[]) {
    for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
      const { failure } = await mapped(new VendorFailure(vendor, kind, 'CODE_7'));
      assert.equal(failure.type, `${vendors[vendor]}_${kinds[kind]}`);
      assert.equal(failure.nonRetryable, kind === 'rejected', failure.type ?? '');
      assert.deepEqual(failure.details, [{ code: 'CODE_7' }]);
    }
  }
});

test('nothing that a vendor or the database said about a customer reaches a history', async () => {
  const secret = 'Nguyen Van A 079199000123';
  const quoting = Object.assign(new Error(`duplicate key (${secret})`), { code: '23505', detail: secret });
  const thrown = [
    new VendorFailure('way4', 'rejected', secret, { cause: new Error(secret) }),
    quoting,
    new TypeError(secret),
    secret,
    { secret },
  ];
  for (const error of thrown) {
    const { failure, logged } = await mapped(error);
    const inHistory = JSON.stringify([failure.message, failure.type, failure.details, failure.stack, failure.cause]);
    assert.doesNotMatch(inHistory, /Nguyen|079199000123/);
    assert.deepEqual(logged, ['step', error], 'the log of the worker sees the error itself');
  }
});

test('a vendor that asks for time gets it, up to a minute', async () => {
  const asking = async (retryAfterMs: number) =>
    (await mapped(new VendorFailure('cic', 'unavailable', 'HTTP_429', { retryAfterMs }))).failure;
  assert.equal((await asking(5_000)).nextRetryDelay, 5_000);
  assert.equal((await asking(86_400_000)).nextRetryDelay, 60_000, 'a step is never put to sleep for a day');
  assert.equal((await mapped(new VendorFailure('cic', 'unavailable', 'HTTP_500'))).failure.nextRetryDelay, undefined);
});

test('a broken rule of ours is not tried again, and its name says which', async () => {
  const { failure } = await mapped(new InvariantFailure('the paper that was shown is the paper that is signed'));
  assert.deepEqual([failure.type, failure.nonRetryable], ['INVARIANT_BROKEN', true]);
  assert.match(failure.message, /the paper that was shown/);
});

test('a database that is away is known as such, so that staff are not asked about it', async () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code });
  const away = [
    ...['57P01', '57014', '08006', '53300', '40001', '40P01', '55P03', '25P03'].map(coded),
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].map(coded),
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated unexpectedly'),
    new Error('Query read timeout'),
    new Error('Client has encountered a connection error and is not queryable'),
    new AmbiguousCommit('the connection was lost during COMMIT'),
  ];
  for (const error of away) {
    const { failure } = await mapped(error);
    assert.deepEqual([failure.type, failure.nonRetryable], ['DATABASE_UNAVAILABLE', false], `${error.name} ${error.message}`);
  }
  for (const error of [coded('23505'), coded('42P01'), coded('ERR_ASSERTION'), new Error('anything else')]) {
    const { failure } = await mapped(error);
    assert.deepEqual([failure.type, failure.nonRetryable], ['UNEXPECTED', false]);
  }
});

test("a failure that is Temporal's already is passed on as it is", async () => {
  const own = ApplicationFailure.nonRetryable('told', 'TOLD');
  assert.equal((await mapped(own)).failure, own);
});
