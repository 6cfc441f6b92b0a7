// A broker in memory, as small as the transport: every connection and channel it gave out can be broken from a test, and nothing happens
// by itself. What it does not do (routing, storing) the tests on a real broker do.

import { createOnce } from '../../../adapters/rabbitmq/once.ts';
import type { Once } from '../../../adapters/rabbitmq/once.ts';
import type {
  Channel,
  ConfirmAnswer,
  Connection,
  MessageAddress,
  OutgoingMessage,
  RawDelivery,
  Transport,
} from '../../../adapters/rabbitmq/transport.ts';

export interface FakeChannel {
  published: { message: OutgoingMessage; answer: (answer: ConfirmAnswer) => void }[];
  /** Answers to deliveries, as `ack 1`, `nack 2`, `reject 3 requeue`. */
  answers: string[];
  returns: (address: MessageAddress) => void;
  deliver: (delivery: RawDelivery | null) => void;
  closed: Once<string>;
  cancelled: boolean;
}

export interface FakeConnection {
  channels: FakeChannel[];
  closed: Once<string>;
  block: (blocked: boolean) => void;
}

export interface FakeTransport extends Transport {
  connections: FakeConnection[];
  /** Connects fail with this while it is set. */
  refusal: Error | undefined;
  /** Declaring a queue fails with this while it is set. */
  declareError: Error | undefined;
  /** Connects hang while it is true. */
  hangs: boolean;
  /** Queues of which the broker has the name only. */
  hollow: Set<string>;
  /** Queues that answer no look. */
  silent: Set<string>;
  /** To declare a queue that was deleted fails, and leaves it hollow. */
  cannotMake: boolean;
  /** Queues that were deleted, in order. */
  deleted: string[];
  /** No queue is deleted before. */
  deleting: Promise<void>;
  /** Names that a connection holds for itself. */
  locks: Set<string>;
}

export function fakeTransport(): FakeTransport {
  const transport: FakeTransport = {
    connections: [],
    refusal: undefined,
    declareError: undefined,
    hangs: false,
    hollow: new Set(),
    silent: new Set(),
    cannotMake: false,
    deleted: [],
    deleting: Promise.resolve(),
    locks: new Set(),
    connect: async () => {
      if (transport.refusal) throw transport.refusal;
      const connection: FakeConnection = { channels: [], closed: createOnce(), block: () => undefined };
      transport.connections.push(connection);
      return connect(transport, connection);
    },
  };
  return transport;
}

function connect(transport: FakeTransport, connection: FakeConnection): Connection {
  return {
    onClosed: connection.closed.on,
    onBlocked: (listener) => (connection.block = listener),
    openChannel: async () => {
      if (transport.hangs) await new Promise(() => undefined);
      const channel: FakeChannel = {
        published: [],
        answers: [],
        returns: () => undefined,
        deliver: () => undefined,
        closed: createOnce(),
        cancelled: false,
      };
      connection.channels.push(channel);
      return openChannel(transport, connection, channel);
    },
    close: async () => {
      for (const channel of connection.channels) channel.closed.happen('connection closed');
      connection.closed.happen('closed');
    },
  };
}

function openChannel(transport: FakeTransport, connection: FakeConnection, channel: FakeChannel): Channel {
  let gone = false;
  const unmade = new Set<string>();
  channel.closed.on(() => {
    gone = true;
    for (const { answer } of channel.published) answer('lost');
  });
  const alive = (): void => {
    if (gone) throw new Error('the channel is gone');
  };
  const answer = (text: string): void => {
    alive();
    channel.answers.push(text);
  };
  return {
    onClosed: channel.closed.on,
    onReturn: (listener) => (channel.returns = listener),
    declareExchange: async () => undefined,
    declareQueue: async ({ name }) => {
      if (transport.declareError) throw transport.declareError;
      if (!unmade.delete(name)) return;
      connection.closed.happen('INTERNAL_ERROR');
      throw new Error('INTERNAL_ERROR');
    },
    countIn: async () => ({ messages: 0, consumers: 0 }),
    look: async (queue) => {
      if (transport.silent.has(queue)) return 'silent';
      if (!transport.hollow.has(queue)) return 'queue';
      connection.closed.happen('INTERNAL_ERROR');
      return 'hollow';
    },
    deleteQueue: async (queue) => {
      const cut = new Promise<never>((_, reject) => connection.closed.on((reason) => reject(new Error(reason))));
      await Promise.race([transport.deleting, cut]);
      if (transport.cannotMake) unmade.add(queue);
      else for (const ill of [transport.hollow, transport.silent]) ill.delete(queue);
      transport.deleted.push(queue);
    },
    lock: async (name) => {
      if (transport.locks.has(name)) throw new Error('RESOURCE_LOCKED');
      transport.locks.add(name);
      connection.closed.on(() => transport.locks.delete(name));
    },
    bind: async () => undefined,
    prefetch: async () => undefined,
    consume: async (_queue, _tag, onDelivery) => void (channel.deliver = onDelivery),
    cancel: async () => void (channel.cancelled = true),
    ack: (tag) => answer(`ack ${tag}`),
    nack: (tag) => answer(`nack ${tag}`),
    reject: (tag, requeue) => answer(`reject ${tag}${requeue ? ' requeue' : ''}`),
    publish: (message, onAnswer) => {
      alive();
      channel.published.push({ message, answer: onAnswer });
    },
    close: async () => channel.closed.happen('closed'),
  };
}
