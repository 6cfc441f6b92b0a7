// What becomes of a published message on a broker in memory, whatever happens to its channel.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Published } from '../../adapters/rabbitmq/flights.ts';
import { createPublisher } from '../../adapters/rabbitmq/publisher.ts';
import { aLink, confirm, message, newest } from './support/fake-link.ts';
import { fakeTransport } from './support/fake-transport.ts';
import { soon } from './support/soon.ts';

async function aPublisher(t: TestContext, limits: { maxUnconfirmed?: number; confirmTimeoutMs?: number } = {}) {
  const transport = fakeTransport();
  const link = aLink(t, transport);
  const publisher = createPublisher({ link, maxUnconfirmed: 10, confirmTimeoutMs: 60_000, ...limits });
  await link.start();
  return { transport, link, publisher };
}

test('only a confirm without a return is a publication', async (t) => {
  const { transport, publisher } = await aPublisher(t);
  const channel = newest(transport);
  const verdicts = [publisher.publish(message('a')), publisher.publish(message('b')), publisher.publish(message('c'))];
  const answer = (n: number, how: 'ack' | 'nack') => channel.published[n]?.answer(how);
  answer(0, 'nack');
  answer(1, 'ack');
  channel.returns(message('c'));
  answer(2, 'ack');
  assert.deepEqual(await Promise.all(verdicts), ['refused', 'confirmed', 'returned']);
});

test('a lost channel leaves every message on it unconfirmed, and the next session publishes again', async (t) => {
  const { transport, link, publisher } = await aPublisher(t);
  const lost = publisher.publish(message('a'));
  newest(transport).closed.happen('404');
  assert.equal(await lost, 'unconfirmed');
  const again = publisher.publish(message('a'));
  await soon(() => assert.ok(link.generation() === 2 && link.state() === 'ready'));
  await confirm(() => newest(transport), 0);
  assert.equal(await again, 'confirmed');
});

test('an answer of a channel that is gone is not taken for that of the message sent anew', async (t) => {
  const { transport, link, publisher } = await aPublisher(t);
  const first = newest(transport);
  const lost = publisher.publish(message('a'));
  first.closed.happen('404');
  assert.equal(await lost, 'unconfirmed');
  await soon(() => assert.ok(link.generation() === 2 && link.state() === 'ready'));
  const verdicts: Published[] = [];
  void publisher.publish(message('a')).then((verdict) => verdicts.push(verdict));
  first.published[0]?.answer('lost');
  await confirm(() => newest(transport), 0);
  await soon(() => assert.deepEqual(verdicts, ['confirmed']));
});

test('too many unconfirmed messages, or a blocked broker, make the next one wait', async (t) => {
  const { transport, link, publisher } = await aPublisher(t, { maxUnconfirmed: 2 });
  const channel = newest(transport);
  const verdicts = ['a', 'b', 'c', 'd'].map(async (id) => publisher.publish(message(id)));
  assert.equal(channel.published.length, 2);
  transport.connections[0]?.block(true);
  assert.equal(link.state(), 'blocked');
  channel.published[0]?.answer('ack');
  assert.equal(channel.published.length, 2, 'blocked: nothing is sent though there is room');
  transport.connections[0]?.block(false);
  await soon(() => assert.equal(channel.published.length, 3));
  for (const n of [1, 2, 3]) await confirm(() => channel, n);
  assert.deepEqual(await Promise.all(verdicts), ['confirmed', 'confirmed', 'confirmed', 'confirmed']);
});

test('an alarm longer than the confirm time-out ends the wait and not the session, and what was lost is published anew', async (t) => {
  const { transport, link, publisher } = await aPublisher(t, { confirmTimeoutMs: 1_000 });
  const before = publisher.publish(message('m1'));
  const channel = newest(transport);
  transport.connections.at(-1)?.block(true);
  assert.equal(await before, 'unconfirmed');
  assert.equal(link.state(), 'blocked', 'not ready, as long as the alarm lasts');
  assert.equal(transport.connections.length, 1);
  transport.connections.at(-1)?.block(false);
  const anew = publisher.publish(message('m1'));
  await confirm(() => channel, 1);
  assert.equal(await anew, 'confirmed');
});

test('whoever waits for a turn, or comes later, hears at once that there is none when the link comes to its end', async (t) => {
  const { transport, link, publisher } = await aPublisher(t);
  transport.connections.at(-1)?.block(true);
  const verdicts: Published[] = [];
  const publish = (id: string) => void publisher.publish(message(id)).then((verdict) => verdicts.push(verdict));
  publish('a');
  await link.close();
  publish('b');
  await soon(() => assert.deepEqual(verdicts, ['unconfirmed', 'unconfirmed']));
});

test('the same message asked twice at once is sent once and both hear the verdict', async (t) => {
  const { transport, publisher } = await aPublisher(t);
  const verdicts = [publisher.publish(message('a')), publisher.publish(message('a'))];
  assert.equal(newest(transport).published.length, 1);
  newest(transport).published[0]?.answer('ack');
  assert.deepEqual(await Promise.all(verdicts), ['confirmed', 'confirmed']);
});
