// What an answer, a refusal or silence of Temporal means for the one who sent a command.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { connectTemporal } from '../../adapters/temporal/client.ts';
import { CommandRefused, CommandUnavailable, createCommands, rethrow } from '../../adapters/temporal/commands.ts';
import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import { applicationPolicy } from '../../api/policy.ts';
import { testPayloads } from '../support/payloads.ts';

const ref: ApplicationRef = { applicationId: 'app_1', merchantId: 'mrc_1', amountVnd: 3_000_000, status: 'in_progress' };

const refusal = (type: string, details: unknown[]): Error =>
  new WorkflowUpdateFailedError('Workflow Update failed', ApplicationFailure.create({ type, message: 'no', details }));

const meaningOf = (error: unknown): CommandRefused | CommandUnavailable => {
  try {
    rethrow(error);
  } catch (meaning) {
    if (meaning instanceof CommandRefused || meaning instanceof CommandUnavailable) return meaning;
  }
  return assert.fail('it means something else');
};

test('a refusal keeps its code and says where the application is', () => {
  const meaning = meaningOf(refusal('OFFER_MISMATCH', [{ currentStatus: 'offer_ready' }]));
  assert.ok(meaning instanceof CommandRefused);
  assert.equal(meaning.code, 'OFFER_MISMATCH');
  assert.equal(meaning.currentStatus, 'offer_ready');
});

test('an application that is over refuses, and leaves it to the database to say how it ended', () => {
  for (const error of [new WorkflowNotFoundError('gone', 'application:app_1', undefined), refusal('AcceptedUpdateCompletedWorkflow', [])]) {
    const meaning = meaningOf(error);
    assert.ok(meaning instanceof CommandRefused);
    assert.equal(meaning.code, 'WRONG_STATE');
    assert.equal(meaning.currentStatus, undefined);
  }
});

test('a handler that failed, a status nobody knows and any other error are no answer: repeat with the same id', () => {
  const errors = [
    refusal('CARD_CORE_UNAVAILABLE', []),
    refusal('WRONG_STATE', [{ currentStatus: 'nonsense' }]),
    new Error('socket closed'),
  ];
  for (const error of errors) assert.ok(meaningOf(error) instanceof CommandUnavailable);
});

interface Call {
  kind: 'start' | 'update' | 'update with start';
  options: unknown;
}

/** A client whose workflow is as the test says; the real one is met in test/workflows. */
function aClient(workflow: { answers: (() => unknown)[]; onStart?: () => unknown }): { client: Client; calls: Call[] } {
  const calls: Call[] = [];
  const client = {
    withDeadline: async <T>(_: number, call: () => Promise<T>) => call(),
    workflow: {
      start: async (_: string, options: unknown) => {
        calls.push({ kind: 'start', options });
        return workflow.onStart?.();
      },
      executeUpdateWithStart: async (_: string, options: unknown) => {
        calls.push({ kind: 'update with start', options });
        return workflow.answers.shift()?.();
      },
      getHandle: () => ({
        executeUpdate: async (_: string, options: unknown) => {
          calls.push({ kind: 'update', options });
          return workflow.answers.shift()?.();
        },
      }),
    },
  };
  return { client: client as unknown as Client, calls }; // only what commands use
}

const notFound = (): never => {
  throw new WorkflowNotFoundError('gone', 'application:app_1', undefined);
};

test('an application whose start was lost is started by its first command', async () => {
  const { client, calls } = aClient({ answers: [notFound, () => 'taken'] });
  const commands = createCommands(client, { policy: applicationPolicy, timeoutMs: 1_000 });
  const answer: unknown = await commands.submitBasicInfo({ ...ref, status: 'created' }, 'req_1', { customerId: 'cus_1' });
  assert.equal(answer, 'taken');
  assert.deepEqual(
    calls.map(({ kind }) => kind),
    ['update', 'update with start'],
  );
});

test('an application that has moved on is never started again', async () => {
  const { client, calls } = aClient({ answers: [notFound] });
  const commands = createCommands(client, { policy: applicationPolicy, timeoutMs: 1_000 });
  await assert.rejects(commands.submitIdentity(ref, 'req_1', aSubmission), CommandRefused);
  assert.ok(calls.every(({ kind }) => kind === 'update'));
});
const photo = { documentId: 'doc_1', sha256: 'x' };
const aSubmission = { idFront: photo, idBack: photo, selfie: photo };

test('a start keeps the run there is, and one that has ended is no error', async () => {
  const { client, calls } = aClient({
    answers: [],
    onStart: () => {
      throw new WorkflowExecutionAlreadyStartedError('there', 'application:app_1', 'application');
    },
  });
  await createCommands(client, { policy: applicationPolicy, timeoutMs: 1_000 }).start(ref);
  const options = Object(calls[0]?.options);
  assert.equal(options.workflowId, 'application:app_1');
  assert.equal(options.workflowIdConflictPolicy, 'USE_EXISTING');
  assert.equal(options.workflowIdReusePolicy, 'REJECT_DUPLICATE');
  assert.deepEqual(Object.keys(options.args[0]), ['applicationId', 'merchantId', 'amountVnd', 'policy']);
});

test('a command that may only be a repeat is never sent: the first answer, or a refusal', async () => {
  const calls: string[] = [];
  const client = {
    withDeadline: async <T>(_: number, call: () => Promise<T>) => call(),
    workflow: {
      getHandle: () => ({
        getUpdateHandle: (id: string) => ({ result: async () => (calls.push(id), id === 'known' ? 'the first answer' : notFound()) }),
      }),
    },
  } as unknown as Client; // only what commands use
  const commands = createCommands(client, { policy: applicationPolicy, timeoutMs: 1_000 });
  const answer: unknown = await commands.retryStep({ ...ref, repeatsOnly: true }, 'known', { actor: 'staff:mai', requestId: 'req_1' });
  assert.equal(answer, 'the first answer');
  await assert.rejects(
    commands.retryStep({ ...ref, repeatsOnly: true }, 'new', { actor: 'staff:mai', requestId: 'req_2' }),
    CommandRefused,
  );
  assert.equal(await commands.firstAnswer(ref.applicationId, 'new'), undefined);
  assert.deepEqual(calls, ['known', 'new', 'new']);
});

test('a command carries its id and its argument, and nothing else', async () => {
  const { client, calls } = aClient({ answers: [() => ({ kind: 'verified' })] });
  await createCommands(client, { policy: applicationPolicy, timeoutMs: 1_000 }).submitOtp(ref, 'otp:1', { code: 'sealed:x' });
  assert.deepEqual(calls, [{ kind: 'update', options: { updateId: 'otp:1', args: [{ code: 'sealed:x' }] } }]);
});

test('Temporal away: a command gives up at its deadline, and the connection was never needed before', async () => {
  const { client, close } = connectTemporal({ address: '127.0.0.1:1', namespace: 'default', payloads: testPayloads() });
  const started = Date.now();
  await assert.rejects(
    createCommands(client, { policy: applicationPolicy, timeoutMs: 500 }).cancel(ref, 'req_1', { by: 'customer', actor: 'customer' }),
    CommandUnavailable,
  );
  assert.ok(Date.now() - started < 5_000);
  await close();
});
