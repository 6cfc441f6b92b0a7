// Personal data lives encrypted in two tables and at the vendors who need it, and nowhere else. Two customers with data that nobody else has go
// through the system, one to the booked purchase with everything going wrong on the way, one to a decline; then everything is searched.

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
import { startSystem } from '../support/system.ts';
import { call, merchantSees, staffSee } from './support/actors.ts';
import { leaks, secretsOf, textsIn } from './support/canary.ts';
import type { Secrets } from './support/canary.ts';
import { aJourney } from './support/journey.ts';
import type { Journey } from './support/journey.ts';

const metricsPort = await freePort(19_000 + randomInt(1_000), new Set());
const system = await startSystem({ env: { LOG_LEVEL: 'trace', SDK_METRICS_PORT: String(metricsPort) } });
const { database, sandbox, temporal } = system;

describe('personal data stays where it belongs', () => {
  const journeys: Journey[] = [];
  const secrets: Secrets = {};
  let carried: () => string;

  before(async () => {
    carried = await tapTheExchange();
    const [buyer, declined] = await Promise.all([aBuyer(), aDeclinedCustomer()]);
    journeys.push(buyer.journey, declined.journey);
    Object.assign(secrets, buyer.secrets, prefixed('declined ', declined.secrets));
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

  test('not in the metrics of the workers, which say how many slots are free', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    assert.match(metrics, /^temporal_worker_task_slots_available\{.*task_queue="applications"/m);
    const namesAndLabels = metrics.replaceAll(/ \S+$/gm, '');
    assert.deepEqual(leaks(namesAndLabels, secrets), []);
  });

  test('a payload that was not encrypted is refused, and the metrics say so', async (t) => {
    const plain = new Client({ connection: temporal.connection, namespace: temporal.options.namespace });
    const id = applicationWorkflowId(newId('application'));
    const run = await plain.workflow.start('application', { workflowId: id, taskQueue: taskQueues.applications, args: [{}] });
    t.after(async () => run.terminate('it cannot be read'));
    await eventually('the refusal is counted', async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      return /^trasau_payloads_refused(_total)?\{.*code="PLAIN".*\} [1-9]/m.test(metrics) || undefined;
    });
  });

  test('not in the messages that RabbitMQ carries', () => {
    assert.match(carried(), /"transactionId": ?"txn_/);
    assert.deepEqual(leaks(carried(), secrets), []);
  });

  test('in no table of ours in the clear, the two that hold it included', async () => {
    const tables = await tablesOf('public');
    assert.ok(tables.length >= 20);
    for (const table of tables) assert.deepEqual(leaks(await dump(`public.${table}`), secrets), [], table);
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
      const shown = JSON.stringify([await merchantSees(system, journey), await staffSee(system, journey)]);
      assert.deepEqual(leaks(shown, secrets), []);
    }
  });

  test('and the search does find it where it belongs: at the vendors', async () => {
    const texts = await Promise.all((await tablesOf('sandbox')).map(async (table) => dump(`sandbox.${table}`)));
    const found = new Set(leaks(texts.join('\n'), secrets));
    for (const what of ['familyName', 'nationalId', 'address', 'email', 'phone', 'otp', 'declined nationalId'])
      assert.ok(found.has(what), what);
  });
});

/** Buys with every vendor failing once, after a wrong code. */
async function aBuyer() {
  const person = { fullName: 'Huỳnh Bạch Oanh Vũ', address: '77 Ngõ Chim Hoàng Yến, Phường Kín Đáo', email: 'hoang.yen@canary.example' };
  const journey = await aJourney(system, { person, phone: '+84977123987' });
  await journey.walksTo('submit_identity');
  for (const vendor of ['way4', 'cic', 'rekognition'] as const) {
    await sandbox.fault({ vendor, fault: 'garbage' });
    await sandbox.fault({ vendor, fault: 'fail' });
  }
  await journey.sendsPhotos('other');
  await journey.reachesWhere('asked again', ({ identity }) => identity.attempts_left === 2);
  await journey.sendsPhotos();
  await journey.walksTo('submit_otp');
  const otp = await journey.otp();
  const wrong = otp === '000000' ? '111111' : '000000';
  await assert.rejects(journey.customer.submitOtp(wrong), { code: 'OTP_WRONG' });
  assert.equal((await journey.walksToTheEnd()).status, 'completed');
  return { journey, secrets: { ...secretsOf(journey.person, journey.phone), otp } };
}

/** Types everything wrong first, and is declined in the end. */
async function aDeclinedCustomer() {
  const person = { fullName: 'Đặng Sơn Ca Mỏ Đỏ', address: '78 Ngõ Chim Sơn Ca, Phường Im Lặng', email: 'son.ca@canary.example' };
  const journey = await aJourney(system, { person, bureau: 'badDebt', phone: '+84977456654' });
  const { fullName: full_name, nationalId: national_id, address, email } = journey.person;
  const token = journey.customer.sessionToken;
  const refused = await call(system, '/checkout/basic-info', {
    token,
    json: { full_name, national_id, address, email, phone: journey.phone },
  });
  assert.equal(refused.status, 422);
  assert.deepEqual(leaks(JSON.stringify(refused.body), secretsOf(journey.person, journey.phone)), []);
  assert.equal((await journey.walksToTheEnd()).status, 'declined');
  return { journey, secrets: secretsOf(journey.person, journey.phone) };
}

function prefixed(prefix: string, secrets: Secrets): Secrets {
  return Object.fromEntries(Object.entries(secrets).map(([what, secret]) => [prefix + what, secret]));
}

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

async function tablesOf(schema: string): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>('select tablename as name from pg_tables where schemaname = $1', [schema]);
  return rows.map(({ name }) => name);
}

/** Every row of a table as text, bytes in hexadecimal. */
async function dump(table: string): Promise<string> {
  const { rows } = await database.query<{ row: string }>(`select t::text as row from ${table} as t`);
  return rows.map(({ row }) => row).join('\n');
}
