// The real processes, as an orchestrator sees them: they come up without waiting for anybody, say when they are ready, and leave with
// code 0 when they are told to.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { deliveryLimits } from '../../config/limits.ts';
import { tcpProxy } from './support/tcp-proxy.ts';
import { soon } from './support/soon.ts';
import { bookedExactlyOnce } from './support/expect.ts';
import { aWorld } from './support/world.ts';
import type { World } from './support/world.ts';

const line = z.object({ msg: z.string(), port: z.number().optional(), reason: z.string().optional() });

function anEntry(world: World, name: 'relay' | 'transactions', env: Record<string, string> = {}) {
  const entry = fileURLToPath(new URL(`../../workers/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [entry], {
    env: {
      PATH: '',
      TRASAU_ENV: 'test',
      DATABASE_URL: world.databaseUrl,
      AMQP_URL: world.amqpUrl,
      HAND_OFF_QUEUE: world.topology.exchange,
      WAY4_URL: 'http://127.0.0.1:9',
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      PAYLOAD_KEYS: process.env['PAYLOAD_KEYS'] ?? '',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  world.afterwards(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines = () =>
    output
      .split('\n')
      .filter((text) => text.startsWith('{'))
      .map((text) => line.parse(JSON.parse(text)));
  const health = async (path: string) => {
    const port = await soon(() => lines().find((one) => one.msg === 'started')?.port ?? assert.fail(`no port yet: ${output}`));
    return fetch(`http://127.0.0.1:${port}/health/${path}`);
  };
  return { health, lines, ended, output: () => output, terminate: () => child.kill('SIGTERM') };
}

const management = process.env['RABBITMQ_MANAGEMENT_URL']; // a broker that was given by address may have none

async function isKnownToDatabase({ database }: World, pod: string): Promise<boolean> {
  return (await database.query('select from pg_stat_activity where application_name = $1', [pod])).rowCount !== 0;
}

/** Of all consumers, as RabbitMQ's management interface shows them. */
async function consumerTags(url: string): Promise<string[]> {
  const { username, password, origin } = new URL(url);
  const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  const consumers = z.array(z.object({ consumer_tag: z.string() }));
  return consumers.parse(await (await fetch(`${origin}/api/consumers`, { headers })).json()).map(({ consumer_tag }) => consumer_tag);
}

for (const name of ['relay', 'transactions'] as const) {
  test(`${name} is live at once, ready when the broker is there, known everywhere by the name of its pod, and leaves with code 0`, async (t) => {
    const world = await aWorld(t, { production: true });
    const pod = `${name}-${'of-a-long-name-'.repeat(4)}`.slice(0, 63);
    const process = anEntry(world, name, { POD_NAME: pod });
    assert.equal((await process.health('live')).status, 200);
    await soon(async () => assert.equal((await process.health('ready')).status, 200));
    await soon(async () => {
      assert.ok(await isKnownToDatabase(world, pod));
      if (name === 'transactions' && management) assert.ok((await consumerTags(management)).includes(pod));
    });
    process.terminate();
    assert.equal(await process.ended, 0, process.output());
  });

  test(`${name} is live but not ready while the broker is away, and still leaves when told to`, async (t) => {
    const world = await aWorld(t, { production: true });
    const process = anEntry(world, name, { AMQP_URL: 'amqp://guest:secret@127.0.0.1:9' });
    await soon(() => assert.ok(process.lines().some((one) => one.msg === 'broker lost')));
    assert.equal((await process.health('live')).status, 200);
    const ready = await process.health('ready');
    assert.equal(ready.status, 503);
    assert.deepEqual(await ready.json(), { status: 'unready', failing: ['broker'] });
    process.terminate();
    assert.equal(await process.ended, 0, process.output());
    assert.ok(!process.output().includes('secret'), 'no password in a log');
  });
}

test('a heartbeat that RabbitMQ advises against is refused, and the line names the variable', async (t) => {
  const world = await aWorld(t, { production: true });
  for (const seconds of ['4', '21', 'soon']) {
    const process = anEntry(world, 'transactions', { AMQP_HEARTBEAT_SECONDS: seconds });
    assert.equal(await process.ended, 1);
    assert.match(process.output(), /AMQP_HEARTBEAT_SECONDS/);
  }
});

test('a dead wire to the broker is found in two to three of the heartbeats that were asked for', async (t) => {
  const world = await aWorld(t, { production: true });
  const wire = await tcpProxy(world.amqpUrl);
  world.afterwards(wire.close);
  const process = anEntry(world, 'relay', { AMQP_URL: wire.url, AMQP_HEARTBEAT_SECONDS: '5' });
  await soon(async () => assert.equal((await process.health('ready')).status, 200));
  const startedAt = performance.now();
  wire.goSilent();
  await soon(() => assert.ok(process.lines().some((one) => one.msg === 'broker lost')), 60_000);
  assert.ok(
    performance.now() - startedAt < 2 * deliveryLimits.heartbeatSeconds * 1_000,
    'earlier than with the heartbeat of config/limits.ts',
  );
});

test('purchases accepted while the relay was away are carried as soon as the real process runs', async (t) => {
  const world = await aWorld(t, { production: true });
  const accepted = await world.accept(20);
  anEntry(world, 'relay');
  await world.aPool();
  await bookedExactlyOnce(world, accepted);
});

test('queues with other arguments end the process with a line that names the argument', async (t) => {
  const world = await aWorld(t); // the arguments of tests are not those of production
  await (await world.aRelay()).drain();
  for (const name of ['relay', 'transactions'] as const) {
    const process = anEntry(world, name);
    assert.equal(await process.ended, 1, process.output());
    assert.ok(process.lines().some((one) => /exists with another x-[a-z-]+: received/.test(one.reason ?? '')));
  }
});
