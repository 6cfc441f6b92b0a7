// Puts messages on the queue that no relay ever wrote: copies, and garbage.

import { connect } from 'amqplib';
import type { Channel } from 'amqplib';
import { workKey } from '../../../adapters/rabbitmq/topology.ts';
import type { World } from './world.ts';

export interface RawMessage {
  body: string | Buffer;
  messageId?: string;
}

/** Publishes to the work queue and waits for the broker's confirm. */
export async function publishRaw(world: World, messages: RawMessage[]): Promise<void> {
  const connection = await connect(world.amqpUrl);
  const channel = await connection.createConfirmChannel();
  for (const { body, messageId } of messages) {
    channel.publish(world.topology.exchange, workKey, Buffer.from(body), {
      persistent: true,
      ...(messageId ? { messageId } : {}),
    });
  }
  await channel.waitForConfirms();
  await connection.close();
}

/** Ready messages in a queue; those that a consumer holds are not counted. */
export async function readyMessages(world: World, queue: string): Promise<number> {
  const { messageCount } = await withChannel(world, async (channel) => channel.checkQueue(queue));
  return messageCount;
}

/** What an operator, or a fault, does to the queues. */
export async function withChannel<T>({ amqpUrl }: Pick<World, 'amqpUrl'>, work: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(amqpUrl, { timeout: 2_000 });
  connection.on('error', () => undefined); // it is told by whatever fails on it
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    return await work(channel);
  } finally {
    await connection.close();
  }
}

/** The message of a transaction as the relay would publish it. */
export function messageOf(accepted: { transactionId: string; rrn: string }, changed: Record<string, unknown> = {}): string {
  return JSON.stringify({ schemaVersion: 1, transactionId: accepted.transactionId, rrn: accepted.rrn, kind: 'purchase', ...changed });
}
