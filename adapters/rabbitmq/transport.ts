// What the hand-off needs from an AMQP client, and no more: so small that a fake of it fits on a page. The real one is amqplib.ts.
// Nothing here reconnects: a connection that is gone stays gone, and link.ts makes the next.

export interface ConnectOptions {
  url: string;
  /** Shown in RabbitMQ's list of connections; the pod name and what it does. */
  name: string;
  heartbeatSeconds: number;
  connectTimeoutMs: number;
}

export interface Transport {
  /** Opens one connection. Rejects when it is not open within `connectTimeoutMs`. */
  connect(options: ConnectOptions): Promise<Connection>;
}

export interface Connection {
  openChannel(options: { confirms: boolean }): Promise<Channel>;
  /** The broker stopped (true) or resumed (false) taking what is published: a memory or disk alarm. */
  onBlocked(listener: (blocked: boolean) => void): void;
  /** Called once, with the reason, when the connection is gone; at once when it is gone already. */
  onClosed(listener: (reason: string) => void): void;
  /** Closes in order: what was sent before is received. Gives up after `timeoutMs` and cuts the socket. */
  close(timeoutMs: number): Promise<void>;
}

export interface Channel {
  /** Creates it, or proves that it is there with exactly these properties; otherwise rejects and the channel is gone. */
  declareExchange(exchange: { name: string; type: 'direct' }): Promise<void>;
  declareQueue(queue: { name: string; arguments: Record<string, string | number> }): Promise<void>;
  /** Messages that wait in the queue, without those that were delivered and are not answered yet, and its consumers. Rejects, and the channel
   *  is gone, when there is no such queue. A quorum queue that is too busy to answer at once is shown with none of either. */
  countIn(queue: string): Promise<{ messages: number; consumers: number }>;
  /** Fetches from the queue and gives back what came, which counts as a delivery. `hollow`: the broker knows the name and has no queue for
   *  it; the connection is gone then. `silent`: no answer within `timeoutMs`; nothing else is answered on this channel meanwhile. Rejects,
   *  and the channel is gone, when there is no such queue. */
  look(queue: string, timeoutMs: number): Promise<QueueLook>;
  deleteQueue(queue: string): Promise<void>;
  /** Holds the name until the connection is gone. Rejects, and the channel is gone, while another connection holds it. */
  lock(name: string): Promise<void>;
  bind(binding: { exchange: string; routingKey: string; queue: string }): Promise<void>;
  prefetch(count: number): Promise<void>;
  /** `null` means that the broker ended the consumer, because its queue was deleted for instance. */
  consume(queue: string, consumerTag: string, onDelivery: (delivery: RawDelivery | null) => void): Promise<void>;
  /** Stops deliveries; those that were delivered before stay ours. */
  cancel(consumerTag: string): Promise<void>;
  /** The three answers to a delivery. Each throws when the channel is gone. */
  ack(deliveryTag: number): void;
  nack(deliveryTag: number): void;
  reject(deliveryTag: number, requeue: boolean): void;
  /** Persistent and mandatory. `onAnswer` is called once: with the broker's answer, or `lost` when the channel is gone before. */
  publish(message: OutgoingMessage, onAnswer: (answer: ConfirmAnswer) => void): void;
  /** A message that no queue took. Comes before its confirm. */
  onReturn(listener: (returned: MessageAddress) => void): void;
  /** Called once, with the reason, when the channel is gone; at once when it is gone already. */
  onClosed(listener: (reason: string) => void): void;
  close(): Promise<void>;
}

export type QueueLook = 'queue' | 'hollow' | 'silent';

export type ConfirmAnswer = 'ack' | 'nack' | 'lost';

export interface MessageAddress {
  exchange: string;
  routingKey: string;
  messageId: string;
}

export interface OutgoingMessage extends MessageAddress {
  body: Buffer;
  headers: Record<string, string | number>;
}

export interface RawDelivery {
  deliveryTag: number;
  messageId: string | undefined;
  body: Buffer;
  headers: Record<string, unknown>;
  redelivered: boolean;
}
