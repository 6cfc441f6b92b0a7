// Personal data lives encrypted in two tables and at the vendors who need it, and nowhere else. Customers with data that nobody else has take
// every path through the system: bought, declined, helped by staff, canceled, expired; then everything is searched.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { Client } from '@temporalio/client';
import { connect } from 'amqplib';
import { bindingsOf } from '../../adapters/rabbitmq/topology.ts';
import { freePort } from '../../infra/local/ports.ts';
import { PROCESSES } from '../../infra/local/processes.ts';
import { handOffTopology } from '../../workers/broker.ts';
import { newId } from '../../db/ids.ts';
import { applicationWorkflowId, taskQueues } from '../../workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { opened } from '../support/payloads.ts';
import { withChannel } from '../delivery/support/messages.ts';
import { startSystem } from '../support/system.ts';
import { merchantSees, staffSee } from './support/actors.ts';
import { aBuyer, aDeclinedCustomer, aHelpedCustomer, aLateCustomer, anUnwantedCustomer } from './support/canary-customers.ts';
import type { Canary } from './support/canary-customers.ts';
import { leaks, textsIn } from './support/canary.ts';
import type { Secrets } from './support/canary.ts';
import type { Journey } from './support/journey.ts';

const metricsPort = await freePort(19_000 + randomInt(1_000), new Set());
const system = await startSystem({ env: { LOG_LEVEL: 'trace', SDK_METRICS_PORT: String(metricsPort) } });
const { database, temporal } = system;

describe('personal data stays where it belongs', () => {
  const journeys: Journey[] = [];
  const shown: unknown[] = [];
  const secrets: Secrets = {};
  let carried: () => string;
  let delayed = '';

  const keep = (name: string, canary: Canary): void => {
    journeys.push(canary.journey);
    shown.push(canary.shown);
    for (const [what, secret] of Object.entries(canary.secrets)) secrets[`${name} ${what}`] = secret;
  };

  before(async () => {
    carried = await tapTheExchange();
    const [buyer, declined] = await Promise.all([aBuyer(system), aDeclinedCustomer(system)]);
    const untilDelayed = async (): Promise<void> => void (delayed = await eventually('it waits in a delay queue', readTheDelays));
    // The late one last: its undo must not meet the faults of the other's.
    const [helped, [unwanted, late]] = await Promise.all([
      aHelpedCustomer(system, untilDelayed),
      anUnwantedCustomer(system).then(async (canary) => [canary, await aLateCustomer(system)] as const),
    ]);
    for (const [name, canary] of Object.entries({ buyer, declined, helped, unwanted, late })) keep(name, canary);
  });

  test('not in the histories, search attributes and memos of Temporal, whatever fails, not even for who holds the key', async () => {
    for (const { applicationId } of journeys) {
      const handle = temporal.workflow.getHandle(applicationWorkflowId(applicationId));
      const stored = [await handle.fetchHistory(), (await handle.describe()).raw];
      const text = textsIn(await opened(stored, system.payloads, temporal.options.namespace));
      assert.match(text, /"amountVnd":3600000/, 'payloads are opened and read as text');
      assert.deepEqual(leaks(text + textsIn(stored), secrets), []);
    }
  });

  test('not in what any process writes, at the most talkative level', () => {
    const log = PROCESSES.map(({ name }) => system.log(name)).join('\n');
    assert.ok(log.includes(journeys[0]?.applicationId ?? 'none'));
    assert.deepEqual(leaks(log, secrets), []);
  });

  test('not in the metrics of the workers, which say how many slots are free, nor in those of Temporal', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    assert.match(metrics, /^temporal_worker_task_slots_available\{.*task_queue="applications"/m);
    assert.match(metrics, /^trasau_queue_oldest_age_seconds\{.*queue="stuck".*\} \d/m);
    const serverUrl = process.env['TEMPORAL_METRICS_URL'];
    const ofServer = serverUrl === undefined ? '' : await (await fetch(serverUrl)).text();
    const namesAndLabels = (metrics + ofServer).replaceAll(/ \S+$/gm, '');
    assert.deepEqual(leaks(namesAndLabels, secrets), []);
  });

  test('a payload that was not encrypted is refused, and the metrics say so', async (t) => {
    const plain = new Client({ connection: temporal.connection, namespace: temporal.options.namespace });
    const id = applicationWorkflowId(newId('application'));
    const run = await plain.workflow.start('application', { workflowId: id, taskQueue: taskQueues.applications, args: [{}] });
    t.after(async () => run.terminate('it cannot be read'));
    const counted = [
      /^trasau_payloads_refused(_total)?\{.*code="PLAIN".*\} [1-9]/m,
      /^temporal_workflow_task_execution_failed\{.*\} [1-9]/m,
    ];
    await eventually('the refusal is counted, and so is the run that fails of it', async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      return counted.every((each) => each.test(metrics)) || undefined;
    });
  });

  test('not in the messages that RabbitMQ carries, nor in those that wait there or are parked', async () => {
    const { rows } = await database.query<{ reason: string; body: Buffer; headers: object }>('select * from parked_messages');
    assert.deepEqual(
      rows.map(({ reason }) => reason),
      ['TRIES_SPENT'],
    );
    for (const text of [carried(), delayed, textsIn(rows)]) {
      assert.match(text, /"transactionId": ?"txn_/);
      assert.deepEqual(leaks(text, secrets), []);
    }
  });

  test('in no table of ours in the clear, the two that hold it included', async () => {
    const tables = await tablesOf('public');
    assert.ok(tables.length >= 20);
    for (const table of tables) {
      const text = await dump(`public.${table}`);
      assert.deepEqual(leaks(text, secrets), [], `${table}\n${text.slice(0, 4_000)}`);
    }
  });

  test('no photo and no contract lies readable in the database', async () => {
    const { rows } = await database.query<{ kind: string; head: string }>(
      `select d.kind, encode(substring(o.content from 1 for 4), 'hex') as head from documents d join objects o on o.key = 'documents/' || d.id`,
    );
    assert.deepEqual(new Set(rows.map(({ kind }) => kind)), new Set(['id_front', 'id_back', 'selfie', 'contract', 'sealed_contract']));
    for (const { head } of rows) assert.ok(!head.startsWith('ffd8') && head !== '25504446', 'neither a JPEG nor a PDF');
  });

  test('not in what the shop and the staff are shown', async () => {
    for (const journey of journeys) {
      const seen = JSON.stringify([await merchantSees(system, journey), await staffSee(system, journey)]);
      assert.deepEqual(leaks(seen, secrets), []);
    }
    assert.deepEqual(leaks(JSON.stringify(shown), secrets), []);
  });

  test('while one timeline has every record of the customer to whom everything happened', async () => {
    const helped = journeys[2] ?? assert.fail('she is the third');
    const { timeline } = await staffSee(system, helped);
    const records = 'step event identity_check credit_report decision offer contract otp transaction settlement'.split(' ');
    const people = ['failed_tries', 'review', 'parked', 'notification', 'customer', 'audit'];
    assert.deepEqual(new Set(timeline.map(({ source }) => source)), new Set([...records, ...people]));
  });

  test('and the search does find it where it belongs: at the vendors', async () => {
    const texts = await Promise.all((await tablesOf('sandbox')).map(async (table) => dump(`sandbox.${table}`)));
    const found = new Set(leaks(texts.join('\n'), secrets));
    for (const what of ['familyName', 'dateOfBirth', 'nationalId', 'address', 'email', 'phone', 'otp'])
      assert.ok(found.has(`buyer ${what}`), what);
    for (const what of ['declined nationalId', 'helped newAddress', 'helped link', 'helped nextOtp', 'unwanted phone', 'late email'])
      assert.ok(found.has(what), what);
  });
});

/** Copies every message that passes the exchange; returns them as one text. */
async function tapTheExchange(): Promise<() => string> {
  const connection = await connect(system.amqpUrl);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  const topology = handOffTopology(system.handOffQueue);
  for (const { exchange, routingKey } of bindingsOf(topology)) await channel.bindQueue(queue, exchange, routingKey);
  let text = '';
  await channel.consume(
    queue,
    (message) => void (text += message ? `${message.content.toString()} ${textsIn(message.properties)}\n` : ''),
    {
      noAck: true,
    },
  );
  system.afterwards(async () => connection.close());
  return () => text;
}

/** Every message of the delay queues as text; undefined while there is none. They stay where they are. */
async function readTheDelays(): Promise<string | undefined> {
  return withChannel(system, async (channel) => {
    let text = '';
    for (const { queue } of handOffTopology(system.handOffQueue).delays) {
      for (let message = await channel.get(queue.name); message; message = await channel.get(queue.name))
        text += `${message.content.toString()} ${textsIn(message)}\n`;
    }
    channel.nackAll(true);
    return text || undefined;
  });
}

async function tablesOf(schema: string): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>('select tablename as name from pg_tables where schemaname = $1', [schema]);
  return rows.map(({ name }) => name);
}

/** Every row of a table as text, bytes in hexadecimal. Authorization codes have six digits like those of customers: where it is the one that WAY4
 *  gave to this RRN, it is none of theirs, whatever it is. */
async function dump(table: string): Promise<string> {
  const authorized = `select coalesce(replace(t::text, ',' || d.auth_code || ',', ',of WAY4,'), t::text) as row
    from public.transactions as t left join sandbox.docs as d on d.rrn = t.rrn and d.auth_code = t.auth_code`;
  const query = table === 'public.transactions' ? authorized : `select t::text as row from ${table} as t`;
  const { rows } = await database.query<{ row: string }>(query);
  return rows.map(({ row }) => row).join('\n');
}
