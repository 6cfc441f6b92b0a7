// The real transport: raw amqplib with its sharp edges covered. Every emitter has its listeners before anything can happen on it, a
// connect has a time-out, a close never waits for ever, and nothing of amqplib's own recovery is used: link.ts decides what comes next.

import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'amqplib';
import type { ChannelModel, ConfirmChannel, ConsumeMessage, Channel as PlainChannel } from 'amqplib';
import { createOnce } from './once.ts';
import type { Once } from './once.ts';
import type { Channel, ConfirmAnswer, Connection, ConnectOptions, OutgoingMessage, RawDelivery, Transport } from './transport.ts';

/** Speaks AMQP 0-9-1 to RabbitMQ 3.10 and newer. */
export const amqplibTransport: Transport = { connect: open };

async function open(options: ConnectOptions): Promise<Connection> {
  const url = new URL(options.url);
  url.searchParams.set('heartbeat', String(options.heartbeatSeconds));
  const opening = connect(url.toString(), {
    timeout: options.connectTimeoutMs, // amqplib's own: idle time of the socket until the handshake is done
    noDelay: true,
    keepAlive: true,
    clientProperties: { connection_name: options.name },
  });
  const model = await Promise.race([opening, pause(options.connectTimeoutMs, 'late' as const, { ref: false })]);
  if (model !== 'late') return wrapConnection(model);
  // It may still open: then nobody wants it any more.
  void opening.then(
    async (unwanted) => wrapConnection(unwanted).close(0),
    () => undefined,
  );
  throw new Error('the broker did not answer in time');
}

function wrapConnection(model: ChannelModel): Connection {
  const closed = closedOf(model);
  return {
    onClosed: closed.on,
    openChannel: async ({ confirms }) => {
      const plain = confirms ? await model.createConfirmChannel() : await model.createChannel();
      return wrapChannel(plain, closed);
    },
    onBlocked: (listener) => {
      model.on('blocked', () => listener(true));
      model.on('unblocked', () => listener(false));
    },
    close: async (timeoutMs) => {
      const closing = model.close().catch(() => undefined); // it may be gone already
      let timer: NodeJS.Timeout | undefined;
      const gone = new Promise<void>((resolve) => {
        closed.on(() => resolve());
        timer = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([closing, gone]);
      clearTimeout(timer);
      cutSocket(model);
    },
  };
}

// A broker that hangs never answers a close; a socket that stays open would keep its deliveries for a process that does not want them.
function cutSocket(model: ChannelModel): void {
  const { stream } = model.connection as { stream?: { destroy?: () => void } }; // there, but not in amqplib's types
  stream?.destroy?.();
}

function closedOf(emitter: ChannelModel | PlainChannel): Once<string> {
  const closed = createOnce<string>();
  let reason: string | undefined;
  // Without a listener an error would end the process; the close event that follows is what counts.
  emitter.on('error', (error: Error) => (reason ??= error.message));
  emitter.on('handler-error', (error: Error) => (reason ??= error.message));
  emitter.on('close', (error?: unknown) => closed.happen(reason ?? (error instanceof Error ? error.message : 'closed')));
  return closed;
}

function wrapChannel(plain: PlainChannel | ConfirmChannel, connectionClosed: Once<string>): Channel {
  return {
    onClosed: closedOf(plain).on,
    declareExchange: async ({ name, type }) => void (await plain.assertExchange(name, type, { durable: true, autoDelete: false })),
    declareQueue: async (queue) =>
      void (await plain.assertQueue(queue.name, { durable: true, autoDelete: false, exclusive: false, arguments: queue.arguments })),
    countIn: async (queue) => {
      const { messageCount: messages, consumerCount: consumers } = await plain.checkQueue(queue);
      return { messages, consumers };
    },
    look: async (queue, timeoutMs) =>
      Promise.race([look(plain, connectionClosed, queue), pause(timeoutMs, 'silent' as const, { ref: false })]),
    deleteQueue: async (queue) => void (await plain.deleteQueue(queue)),
    lock: async (name) =>
      void (await plain.assertQueue(name, { exclusive: true, durable: false, arguments: { 'x-queue-type': 'classic' } })),
    bind: async ({ queue, exchange, routingKey }) => void (await plain.bindQueue(queue, exchange, routingKey)),
    prefetch: async (count) => void (await plain.prefetch(count)),
    consume: async (queue, consumerTag, onDelivery) =>
      void (await plain.consume(queue, (message) => onDelivery(message && readDelivery(message)), { consumerTag, noAck: false })),
    cancel: async (consumerTag) => void (await plain.cancel(consumerTag)),
    ack: (deliveryTag) => plain.ack(tagged(deliveryTag)),
    nack: (deliveryTag) => plain.nack(tagged(deliveryTag), false, true),
    reject: (deliveryTag, requeue) => plain.reject(tagged(deliveryTag), requeue),
    publish: (message, onAnswer) => publish(plain, message, onAnswer),
    onReturn: (listener) =>
      plain.on('return', ({ fields, properties }) =>
        listener({ exchange: fields.exchange, routingKey: fields.routingKey, messageId: textOf(properties.messageId) ?? '' }),
      ),
    close: async () => plain.close(),
  };
}

// RabbitMQ says: INTERNAL_ERROR - Cannot get a message from queue 'queue 'q' in vhost '/'': noproc. A queue that is there and has a
// hard time says something else, `timeout` for instance.
async function look(plain: PlainChannel, connectionClosed: Once<string>, queue: string): Promise<'queue' | 'hollow'> {
  try {
    const message = await plain.get(queue, { noAck: false });
    if (message) plain.nack(message, false, true);
    return 'queue';
  } catch (error) {
    let reason = '';
    connectionClosed.on((why) => (reason = why));
    if (/541 .*Cannot get a message from queue .*: noproc"?$/.test(reason)) return 'hollow';
    throw error;
  }
}

function publish(plain: PlainChannel | ConfirmChannel, message: OutgoingMessage, onAnswer: (answer: ConfirmAnswer) => void): void {
  const { exchange, routingKey, messageId, body, headers } = message;
  const properties = { messageId, headers, contentType: 'application/json', persistent: true, mandatory: true };
  // On a channel without confirms the callback would never be called; this layer opens publishing channels with confirms only.
  if (!('waitForConfirms' in plain)) throw new TypeError('publish on a channel with confirms');
  plain.publish(exchange, routingKey, body, properties, (error: unknown) => onAnswer(answerOf(error)));
}

// amqplib tells a broker's nack from a channel that died by the words of the error alone.
function answerOf(error: unknown): ConfirmAnswer {
  if (error === null) return 'ack';
  return error instanceof Error && error.message === 'message nacked' ? 'nack' : 'lost';
}

// amqplib takes the whole message to answer it, and reads the tag of it. The cast is that fact.
function tagged(deliveryTag: number): ConsumeMessage {
  return { fields: { deliveryTag } } as ConsumeMessage; // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
}

function readDelivery(message: ConsumeMessage): RawDelivery {
  return {
    deliveryTag: message.fields.deliveryTag,
    redelivered: message.fields.redelivered,
    messageId: textOf(message.properties.messageId),
    body: message.content,
    headers: message.properties.headers ?? {},
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
