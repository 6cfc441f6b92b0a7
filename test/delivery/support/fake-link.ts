// A link on the broker in memory, and what tests of it do again and again.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createLink } from '../../../adapters/rabbitmq/link.ts';
import type { FakeChannel, FakeTransport } from './fake-transport.ts';
import { soon } from './soon.ts';

/** A link on this transport, closed when the test is over. */
export function aLink(t: TestContext, transport: FakeTransport) {
  const link = createLink({
    transport,
    url: 'amqp://nowhere',
    name: 'test',
    heartbeatSeconds: 10,
    connectTimeoutMs: 50,
    closeTimeoutMs: 50,
    backoff: { baseMs: 1, maxMs: 5 },
    report: () => undefined,
  });
  t.after(link.close);
  return link;
}

/** The channel that the newest session opened last. */
export function newest(transport: FakeTransport): FakeChannel {
  const channel = transport.connections.at(-1)?.channels.at(-1);
  assert.ok(channel);
  return channel;
}

/** Waits until the n-th message was sent, and confirms it. */
export async function confirm(channel: () => FakeChannel, n: number): Promise<void> {
  await soon(() => {
    const sent = channel().published[n];
    assert.ok(sent);
    sent.answer('ack');
  });
}

export const message = (messageId: string) => ({ exchange: 'x', routingKey: 'k', messageId, body: Buffer.from('{}'), headers: {} });
