// What an answer, a refusal or silence of Temporal means for the one who sent a command.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ServiceError, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { connectTemporal } from '../../adapters/temporal/client.ts';
import { CommandBusy, CommandRefused, CommandUnavailable, rethrow } from '../../adapters/temporal/command-errors.ts';
import { createCommands } from '../../adapters/temporal/commands.ts';
import type { ApplicationRef } from '../../adapters/temporal/commands.ts';
import { applicationPolicy } from '../../api/policy.ts';
import { eventually } from '../support/eventually.ts';
import { testPayloads } from '../support/payloads.ts';

const sending = { policy: applicationPolicy, timeoutMs: 1_000, atOnce: 4 };
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
  const commands = createCommands(client, sending);
  const answer: unknown = await commands.submitBasicInfo({ ...ref, status: 'created' }, 'req_1', { customerId: 'cus_1' });
  assert.equal(answer, 'taken');
  assert.deepEqual(
    calls.map(({ kind }) => kind),
    ['update', 'update with start'],
  );
});

test('an application that has moved on is never started again', async () => {
  const { client, calls } = aClient({ answers: [notFound] });
  const commands = createCommands(client, sending);
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
  await createCommands(client, sending).start(ref);
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
  const commands = createCommands(client, sending);
  const answer: unknown = await commands.retryStep({ ...ref, repeatsOnly: true }, 'known', { actor: 'staff:mai', requestId: 'req_1' });
  assert.equal(answer, 'the first answer');
  await assert.rejects(
    commands.retryStep({ ...ref, repeatsOnly: true }, 'new', { actor: 'staff:mai', requestId: 'req_2' }),
    CommandRefused,
  );
  assert.equal(await commands.firstAnswer(ref.applicationId, 'new'), undefined);
  assert.deepEqual(calls, ['known', 'new', 'new']);
});

test('a run that takes no more for now, as Temporal says, is busy; whatever else Temporal cannot do is no answer', async () => {
  const saying = (code: number): Error =>
    new ServiceError('Workflow Update failed', { cause: Object.assign(new Error('no'), { code, details: '', metadata: {} }) });
  assert.ok(meaningOf(saying(8)) instanceof CommandBusy);
  for (const unavailable of [saying(14), saying(9)]) assert.ok(!(meaningOf(unavailable) instanceof CommandBusy));
});

test('four commands of a customer are under way at once, the next is refused unsent, and staff have four of their own', async () => {
  const open: ((answer: unknown) => void)[] = [];
  const { client, calls } = aClient({ answers: Array.from({ length: 6 }, () => async () => new Promise((resolve) => open.push(resolve))) });
  const commands = createCommands(client, sending);
  const guess = async (id: string) => commands.submitOtp(ref, id, { code: 'sealed:x' });
  const underWay = ['1', '2', '3', '4'].map(guess);
  const repeat = guess('1');
  await assert.rejects(guess('5'), CommandBusy);
  await assert.rejects(commands.cancel(ref, '6', { by: 'customer', actor: 'customer' }), CommandBusy);
  underWay.push(commands.submitOtp({ ...ref, applicationId: 'app_2' }, '1', { code: 'sealed:x' }));
  const cancel = commands.cancel(ref, '6', { by: 'operations', actor: 'staff:mai' });
  await eventually('all that may be sent are sent', () => open.length === 6);
  assert.equal(calls.length, 6, 'a repeat of what is under way is not sent');
  for (const answer of open) answer({ kind: 'verified' });
  const [first] = await Promise.all([...underWay, cancel]);
  assert.equal(await repeat, first, 'it gets the same answer');
  await guess('5');
  assert.equal(calls.length, 7);
});

test('a command carries its id and its argument, and nothing else', async () => {
  const { client, calls } = aClient({ answers: [() => ({ kind: 'verified' })] });
  await createCommands(client, sending).submitOtp(ref, 'otp:1', { code: 'sealed:x' });
  assert.deepEqual(calls, [{ kind: 'update', options: { updateId: 'otp:1', args: [{ code: 'sealed:x' }] } }]);
});

test('Temporal away: a command gives up at its deadline, and the connection was never needed before', async () => {
  const { client, close } = connectTemporal({ address: '127.0.0.1:1', namespace: 'default', payloads: testPayloads(), reconnectMs: 100 });
  const started = Date.now();
  await assert.rejects(
    createCommands(client, { ...sending, timeoutMs: 500 }).cancel(ref, 'req_1', { by: 'customer', actor: 'customer' }),
    CommandUnavailable,
  );
  assert.ok(Date.now() - started < 15_000, 'sooner than the client alone would give up');
  await close();
});

test('Temporal that was away for long is tried again as soon as at first', async (t) => {
  let tries = 0;
  const server = createServer((socket) => {
    tries += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server that listens has one
  const { client, close } = connectTemporal({ address, namespace: 'default', payloads: testPayloads(), reconnectMs: 20 });
  t.after(close);
  const commands = createCommands(client, { ...sending, timeoutMs: 200 });
  await eventually('it is tried a dozen times', async () => {
    await assert.rejects(commands.cancel(ref, 'req_1', { by: 'customer', actor: 'customer' }), CommandUnavailable);
    return tries >= 12; // gRPC's own pauses would have come to two minutes by then
  });
});
