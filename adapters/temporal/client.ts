// The connection to Temporal. It is made by the first call and not before, so a process starts, answers its health checks and
// serves what needs no workflow while Temporal is away.

import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import { isExhaustion } from './command-errors.ts';
import { createDataConverter } from './data-converter.ts';
import type { PayloadCodecOptions } from './payload-codec.ts';

export interface TemporalOptions {
  /** host:port */
  address: string;
  namespace: string;
  payloads: PayloadCodecOptions;
  /** Pause between tries to connect while Temporal is away, in milliseconds, give or take a fifth. gRPC's own grows to two minutes. */
  reconnectMs: number;
}

export interface TemporalConnection {
  client: Client;
  close(): Promise<void>;
}

/** A client that connects when it is first used, and again after a loss. Throws nothing here, whatever the address. */
export function connectTemporal({ address, namespace, payloads, reconnectMs }: TemporalOptions): TemporalConnection {
  const channelArgs = { 'grpc.initial_reconnect_backoff_ms': reconnectMs, 'grpc.max_reconnect_backoff_ms': reconnectMs };
  const connection = Connection.lazy({ address, interceptors: repeats, channelArgs });
  const client = new Client({ connection, namespace, dataConverter: createDataConverter(payloads) });
  return { client, close: async () => connection.close() };
}

type Interceptors = NonNullable<ConnectionOptions['interceptors']>;

const patient = makeGrpcRetryInterceptor(defaultGrpcRetryOptions());
const { delayFunction, retryableDecider } = defaultGrpcRetryOptions();
const unlessFull = makeGrpcRetryInterceptor({
  delayFunction,
  retryableDecider: (attempt, status) => !isExhaustion(status) && retryableDecider(attempt, status),
});

/** The SDK's own repeats, but not of a command to a run that takes no more for now: whoever sent it is told so, and others get through. */
export const repeats: Interceptors = [
  (options, nextCall) => {
    const isCommand = /\/(UpdateWorkflowExecution|ExecuteMultiOperation)$/.test(options.method_definition.path);
    return (isCommand ? unlessFull : patient)(options, nextCall);
  },
];
