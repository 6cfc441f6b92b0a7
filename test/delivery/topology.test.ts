// The queues as the code wants them, as the operators' file says, and as the broker has them.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { connect } from 'amqplib';
import { definitionsOf } from '../../adapters/rabbitmq/definitions.ts';
import { TopologyMismatch, queuesOf, transactionTopology } from '../../adapters/rabbitmq/topology.ts';
import { handOffTopology } from '../../workers/broker.ts';
import { aWorld } from './support/world.ts';

test('the definitions file for operators says what the code declares', async () => {
  const file: unknown = JSON.parse(await readFile(new URL('../../infra/rabbitmq/definitions.json', import.meta.url), 'utf8'));
  const remedy = 'run: node workers/definitions.ts > infra/rabbitmq/definitions.json';
  assert.deepEqual(file, JSON.parse(JSON.stringify(definitionsOf(handOffTopology()))), remedy);
});

test('every queue is a durable quorum queue, and none that dead-letters can lose a message on the way', () => {
  const queues = queuesOf(handOffTopology());
  for (const { name, arguments: given } of queues) {
    assert.equal(given['x-queue-type'], 'quorum');
    if (name.endsWith('.parked')) continue;
    assert.equal(given['x-dead-letter-strategy'], 'at-least-once');
    assert.equal(given['x-overflow'], 'reject-publish');
    assert.equal(given['x-dead-letter-exchange'], '', 'by name, for a binding can be taken away');
    assert.equal(given['x-max-length'] === undefined, name.includes('.retry.'), 'the outbox is the buffer of the work; a delay has none');
    assert.ok(queues.some((target) => target.name === given['x-dead-letter-routing-key']));
  }
});

test('queues that are already there are found in order; one with another argument is named, and nothing starts', async (t) => {
  const world = await aWorld(t);
  await (await world.aRelay()).drain();
  await (await world.aRelay()).drain();

  const others = { ...world, topology: transactionTopology({ ...world.topologyOptions, deliveryLimit: 7 }) };
  const wrongLimit = (error: unknown): boolean =>
    error instanceof TopologyMismatch &&
    error.message.includes(`queue '${world.topology.queue.name}' exists with another x-delivery-limit`);
  await assert.rejects(world.aRelay({ topology: others.topology }), wrongLimit);
  await assert.rejects(world.aPool({ topology: others.topology }), wrongLimit);

  const connection = await connect(world.amqpUrl);
  const channel = await connection.createChannel();
  const { consumerCount } = await channel.checkQueue(world.topology.queue.name);
  await connection.close();
  assert.equal(consumerCount, 0);
});
