// What can become of a command that was not taken, and how a failed call to Temporal tells which it is.

import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  isGrpcServiceError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { applicationStatuses } from '../../domain/states.ts';
import type { ApplicationStatus } from '../../domain/states.ts';

/** The workflow understood the command and refused it, without a trace in its history; or it is over. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
  /** UPPER_SNAKE: WRONG_STATE, OFFER_MISMATCH, OTP_NOT_AWAITED, … */
  readonly code: string;
  /** As the workflow says; undefined when it is over. */
  readonly currentStatus: ApplicationStatus | undefined;
  /** How many codes may still be sent, where the workflow says so. */
  readonly resendsLeft: number | undefined;

  constructor(code: string, currentStatus: ApplicationStatus | undefined, cause: unknown, resendsLeft?: number) {
    super(`refused: ${code}`, { cause });
    this.code = code;
    this.currentStatus = currentStatus;
    this.resendsLeft = resendsLeft;
  }
}

/** No answer: Temporal or its workers are away or slow, or the handler failed. The command may or may not have been taken; repeat it with its id. */
export class CommandUnavailable extends Error {
  override readonly name: string = 'CommandUnavailable';
}

/** Too many commands to this application are under way. This one was not taken. */
export class CommandBusy extends CommandUnavailable {
  override readonly name = 'CommandBusy';
}

const resourceExhausted = 8;
const failedPrecondition = 9;

/** True when Temporal takes no more updates of this run, or calls of this namespace, for the moment. `code` is gRPC's. */
export function isExhaustion({ code }: { code: number }): boolean {
  return code === resourceExhausted;
}

/** What a failed call to Temporal means for the one who asked. */
export function rethrow(error: unknown): never {
  if (error instanceof CommandRefused) throw error;
  if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError) {
    throw new CommandRefused('WRONG_STATE', undefined, error);
  }
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, details } = error.cause;
    // The server's own word for a workflow that ended while the command waited.
    if (type === 'AcceptedUpdateCompletedWorkflow') throw new CommandRefused('WRONG_STATE', undefined, error);
    const { currentStatus, resendsLeft } = readDetail(details?.[0]);
    if (currentStatus !== undefined) throw new CommandRefused(type ?? 'WRONG_STATE', currentStatus, error, resendsLeft);
  }
  if (isExhausted(error)) throw new CommandBusy('too many commands are under way', { cause: error });
  throw new CommandUnavailable('no answer from the application', { cause: error });
}

/** True when the workflow task failed that was to take an update. Temporal had the update in memory alone and has it no more. */
export function isLost(error: unknown): boolean {
  return grpcCodeOf(error) === failedPrecondition;
}

/** True when a call was refused because there are too many, or because the run is just being written. */
export function isExhausted(error: unknown): boolean {
  return grpcCodeOf(error) === resourceExhausted;
}

function grpcCodeOf(error: unknown): number | undefined {
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}

function readDetail(detail: unknown): { currentStatus?: ApplicationStatus | undefined; resendsLeft?: number | undefined } {
  if (typeof detail !== 'object' || detail === null || !('currentStatus' in detail)) return {};
  return {
    currentStatus: applicationStatuses.find((status) => status === detail.currentStatus),
    resendsLeft: 'resendsLeft' in detail && typeof detail.resendsLeft === 'number' ? detail.resendsLeft : undefined,
  };
}
