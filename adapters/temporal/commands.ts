// The commands of the outside as calls to Temporal: one member per message of workflows/messages.ts. Each is sent with a
// deadline and an update id, so that the same command repeated with the same id has one effect and one answer.

import { setTimeout as pause } from 'node:timers/promises';
import { WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { UpdateDefinition, Workflow } from '@temporalio/common';
import type { BasicInfoSubmission, IdentitySubmission, Resubmission, StaffRequest } from '../../domain/application.ts';
import type { ApplicationStatus } from '../../domain/states.ts';
import * as messages from '../../workflows/messages.ts';
import { searchAttributes } from '../../workflows/search-attributes.ts';
import type { ApplicationPolicy, ApplicationView, Cancellation, OtpAnswer, OtpSent, ReviewAnswer } from '../../workflows/messages.ts';
import { CommandRefused, isExhausted, isLost, rethrow } from './command-errors.ts';
import { createLanes } from './lanes.ts';
import { pendingOf } from './runs.ts';
import type { Lane } from './lanes.ts';

/** What is needed to reach an application, and to start it when its start was lost. */
export interface ApplicationRef {
  applicationId: string;
  merchantId: string;
  amountVnd: number;
  /** As stored. Only `created` lets a command start a workflow that is not there. */
  status: ApplicationStatus;
  /** True when only a command that was taken before may be answered, and a new one is to be refused. */
  repeatsOnly?: boolean;
}

/** All members throw CommandRefused or CommandUnavailable, and those that send a command CommandBusy. `commandId` is the update id: a repeat returns the first answer. */
export interface Commands {
  /** Starts the workflow of an application. Repeat: keeps the one that runs, or that has ended. */
  start(ref: ApplicationRef): Promise<void>;
  submitBasicInfo(ref: ApplicationRef, commandId: string, statement: BasicInfoSubmission): Promise<ApplicationView>;
  submitIdentity(ref: ApplicationRef, commandId: string, submission: IdentitySubmission): Promise<ApplicationView>;
  acceptOffer(ref: ApplicationRef, commandId: string, offer: { offerHash: string }): Promise<ApplicationView>;
  signContract(ref: ApplicationRef, commandId: string, signature: { documentSha256: string; consentId: string }): Promise<ApplicationView>;
  approveTransaction(ref: ApplicationRef, commandId: string, approval: { amountVnd: number }): Promise<OtpSent>;
  /** `code` is the sealed form. */
  submitOtp(ref: ApplicationRef, commandId: string, submission: { code: string }): Promise<OtpAnswer>;
  /** `by` when staff ask for it. */
  resendOtp(ref: ApplicationRef, commandId: string, by?: StaffRequest): Promise<OtpSent>;
  /** Asks Temporal first whether a step backs off. */
  retryStep(ref: ApplicationRef, commandId: string, by: StaffRequest): Promise<ApplicationView>;
  requestResubmission(ref: ApplicationRef, commandId: string, asked: Resubmission & StaffRequest): Promise<ApplicationView>;
  extendDeadline(ref: ApplicationRef, commandId: string, extension: { deadlineAt: string } & StaffRequest): Promise<ApplicationView>;
  cancel(ref: ApplicationRef, commandId: string, cancellation: Cancellation): Promise<ApplicationView>;
  decideReview(ref: ApplicationRef, commandId: string, answer: ReviewAnswer): Promise<ApplicationView>;
  /** The answer that an earlier command with this id got, also from an application that has ended; undefined when none was taken. */
  firstAnswer(applicationId: string, commandId: string): Promise<ApplicationView | undefined>;
  /** Tells an application that its credit report is stored. An application that is over ignores it. */
  creditReportReady(applicationId: string, inquiryId: string): Promise<void>;
}

export interface CommandOptions {
  policy: ApplicationPolicy;
  /** How long one command may take in all. */
  timeoutMs: number;
  /** Commands to one application under way at once: of its customer and shop, and as many of staff. */
  atOnce: number;
}

/** Sends commands through this client. `policy` is given to every application that is started from now on. */
export function createCommands(client: Client, { policy, timeoutMs, atOnce }: CommandOptions): Commands {
  const within = async <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + timeoutMs, call).catch(rethrow);
  const lanes = createLanes(atOnce);

  const by =
    (lane: Lane) =>
    async <Result, Args extends unknown[]>(
      ref: ApplicationRef,
      updateId: string,
      definition: UpdateDefinition<Result, Args>,
      args: Args | (() => Promise<Args>),
    ): Promise<Result> => {
      if (ref.repeatsOnly) return within(async () => answerOfRepeat<Result>(client, ref, updateId));
      const send = async (): Promise<Result> =>
        within(async () => {
          const given = typeof args === 'function' ? await args() : args;
          return untilKept(async () => sendUpdate(client, policy, ref, updateId, definition, given));
        });
      return lanes.run(lane, ref.applicationId, updateId, send);
    };
  const [customer, staff] = [by('customer'), by('staff')];

  return {
    start: async (ref) =>
      within(async () =>
        startWorkflow(client, policy, ref).catch((error: unknown) => {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        }),
      ),
    submitBasicInfo: async (ref, id, statement) => customer(ref, id, messages.submitBasicInfo, [statement]),
    submitIdentity: async (ref, id, submission) => customer(ref, id, messages.submitIdentity, [submission]),
    acceptOffer: async (ref, id, offer) => customer(ref, id, messages.acceptOffer, [offer]),
    signContract: async (ref, id, signature) => customer(ref, id, messages.signContract, [signature]),
    approveTransaction: async (ref, id, approval) => customer(ref, id, messages.approveTransaction, [approval]),
    submitOtp: async (ref, id, submission) => customer(ref, id, messages.submitOtp, [submission]),
    resendOtp: async (ref, id, who) => (who ? staff : customer)(ref, id, messages.resendOtp, [who ?? null]),
    retryStep: async (ref, id, who) =>
      staff(ref, id, messages.retryStep, async (): Promise<[messages.Retry]> => [
        { ...who, backsOff: await backsOff(client, ref.applicationId) },
      ]),
    requestResubmission: async (ref, id, asked) => staff(ref, id, messages.requestResubmission, [asked]),
    extendDeadline: async (ref, id, extension) => staff(ref, id, messages.extendDeadline, [extension]),
    cancel: async (ref, id, how) => (how.by === 'operations' ? staff : customer)(ref, id, messages.cancel, [how]),
    decideReview: async (ref, id, answer) => staff(ref, id, messages.decideReview, [answer]),
    firstAnswer: async (applicationId, id) => within(async () => answerOf<ApplicationView>(client, applicationId, id)),
    creditReportReady: async (applicationId, inquiryId) =>
      within(async () =>
        client.workflow
          .getHandle(messages.applicationWorkflowId(applicationId))
          .signal(messages.creditReportReady, { inquiryId })
          .catch((error: unknown) => {
            if (!(error instanceof WorkflowNotFoundError)) throw error;
          }),
      ),
  };
}

async function startWorkflow(client: Client, policy: ApplicationPolicy, ref: ApplicationRef): Promise<void> {
  // Nothing happens before the customer's first command, which ends the delay; or nothing comes, and the run awakes to expire. So an
  // application that nobody opens costs one event and no worker.
  await client.workflow.start(messages.applicationWorkflow, { ...startOptions(policy, ref), startDelay: policy.basicInfoMs });
}

// What a worker held that died is given to another after this, not after Temporal's ten seconds. A worker that lives asks for more time.
const workflowTaskTimeout = 4_000;

function startOptions(policy: ApplicationPolicy, { applicationId, merchantId, amountVnd }: ApplicationRef) {
  return {
    workflowId: messages.applicationWorkflowId(applicationId),
    taskQueue: messages.taskQueues.applications,
    args: [{ applicationId, merchantId, amountVnd, policy }],
    workflowTaskTimeout,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
    typedSearchAttributes: [
      { key: searchAttributes.status, value: 'created' },
      { key: searchAttributes.merchantId, value: merchantId },
    ],
  };
}

/** Whether a step of the run has failed and waits for its next try. Throws what Temporal does when there is no run or no answer. */
async function backsOff(client: Client, applicationId: string): Promise<boolean> {
  const { raw } = await client.workflow.getHandle(messages.applicationWorkflowId(applicationId)).describe();
  return pendingOf(raw).some(({ nextTryAt }) => nextTryAt !== null);
}

// A workflow task that would end a run fails when a timer or a signal reaches the run meanwhile, and with it goes the command that it had taken, while
// the steps that followed from it are recorded. So the command is sent again under its id, and the run goes the same way to its end.
const lostTries = 10;
const lostPauseMs = 200;

async function untilKept<T>(send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      const mayHelp = isLost(error) || (tries > 1 && isExhausted(error));
      if (!mayHelp || tries === lostTries) throw error;
      await pause(lostPauseMs);
    }
  }
}

async function sendUpdate<Result, Args extends unknown[]>(
  client: Client,
  policy: ApplicationPolicy,
  ref: ApplicationRef,
  updateId: string,
  definition: UpdateDefinition<Result, Args>,
  args: Args,
): Promise<Result> {
  const handle = client.workflow.getHandle(messages.applicationWorkflowId(ref.applicationId));
  // The cast: the SDK's overloads tell empty arguments from others, while by name the two are one call.
  const options = { updateId, args: args as unknown[] as [unknown] };
  try {
    return await handle.executeUpdate<Result, [unknown]>(definition.name, options);
  } catch (error) {
    // The row was committed, but the start behind it was lost: the first command makes up for it.
    if (!(error instanceof WorkflowNotFoundError) || ref.status !== 'created') throw error;
    const startWorkflowOperation = new WithStartWorkflowOperation(messages.applicationWorkflow, startOptions(policy, ref));
    return client.workflow.executeUpdateWithStart<Workflow, Result, [unknown]>(definition.name, { ...options, startWorkflowOperation });
  }
}

async function answerOfRepeat<Result>(client: Client, { applicationId }: ApplicationRef, updateId: string): Promise<Result> {
  const first = await answerOf<Result>(client, applicationId, updateId);
  if (first === undefined) throw new CommandRefused('NO_REPEAT', undefined, undefined);
  return first;
}

async function answerOf<Result>(client: Client, applicationId: string, updateId: string): Promise<Result | undefined> {
  try {
    return await client.workflow.getHandle(messages.applicationWorkflowId(applicationId)).getUpdateHandle<Result>(updateId).result();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
