// What engineers and auditors are promised when they look at a run in the Temporal UI, and everybody else about what it shows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import { createPayloadCodec } from '../../adapters/temporal/payload-codec.ts';
import { staffLimits } from '../../config/staff-limits.ts';
import { applicationWorkflowId } from '../../workflows/messages.ts';
import { aPayloadKey, testPayloads } from '../support/payloads.ts';
import { asStaff } from '../support/staff.ts';
import { aCheckout, aWorld, bodyOf, payloadKey, post } from './world.ts';

const world = await aWorld();
const engineer = await asStaff('an.engineer', 'operations');
const ui = 'http://127.0.0.1:4141';
const path = '/ops/v1/payloads/decode';

const decode = async (payloads: unknown, headers: Record<string, string> = {}) =>
  world.app.request(path, post({ payloads }, { ...engineer, ...headers }));

/** A payload as the server stores it. */
async function stored(value: unknown, workflowId: string, key = payloadKey) {
  const codec = createPayloadCodec(testPayloads([key]));
  const context = { type: 'workflow' as const, namespace: 'default', workflowId };
  const [payload = {}] = await codec.encode([defaultPayloadConverter.toPayload(value)], workflowId ? context : undefined);
  return onTheWire(payload);
}

function onTheWire({ metadata, data }: Payload) {
  const entries = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? []).toString('base64') };
}

const plain = (value: unknown) => onTheWire(defaultPayloadConverter.toPayload(value));

test('200 for an engineer, in the order in which they came, and the audit log says whose run was looked at', async () => {
  const { applicationId } = await aCheckout(world);
  const workflowId = applicationWorkflowId(applicationId);
  const sealed = [await stored('first', workflowId), await stored({ second: 2 }, workflowId), await stored('why a task failed', '')];
  const reply = await decode(sealed, { origin: ui, 'x-namespace': 'default' });
  assert.equal(reply.status, 200);
  assert.deepEqual(await bodyOf(reply), { payloads: ['first', { second: 2 }, 'why a task failed'].map(plain) });
  assert.equal(reply.headers.get('access-control-allow-origin'), ui);
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  const { rows } = await world.database.query(
    `select actor, application_id, subject, change from audit_log where action = 'payloads.decoded' order by seq`,
  );
  assert.deepEqual(rows, [
    { actor: 'staff:an.engineer', application_id: applicationId, subject: workflowId, change: { count: 2 } },
    { actor: 'staff:an.engineer', application_id: null, subject: 'workflow task', change: { count: 1 } },
  ]);
});

test('200 with a payload as it was when it is not encrypted, of another key, or said to be of another run', async () => {
  const moved = await stored('moved', 'application:app_1');
  moved.metadata['workflow'] = Buffer.from('application:app_2').toString('base64');
  const unreadable = [plain('a search attribute'), await stored(1, 'application:app_1', aPayloadKey()), moved, {}];
  assert.deepEqual(await bodyOf(decode(unreadable)), { payloads: unreadable });
  const { rows } = await world.database.query(`select 1 from audit_log where subject in ('application:app_1', 'application:app_2')`);
  assert.equal(rows.length, 0, 'what was not opened was not seen');
});

test('403 for another origin than that of the UI, whose preflight gets no permission either', async () => {
  const reply = await decode([], { origin: 'https://elsewhere.example' });
  assert.deepEqual([reply.status, (await bodyOf(reply))['code']], [403, 'CROSS_SITE']);
  const preflight = async (origin: string) =>
    world.app.request(path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-namespace' },
    });
  assert.notEqual((await preflight('https://elsewhere.example')).headers.get('access-control-allow-origin'), 'https://elsewhere.example');
  const allowed = await preflight(ui);
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get('access-control-allow-origin'), ui);
  assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /authorization/i);
  assert.equal(allowed.headers.get('access-control-allow-credentials'), null);
});

test('429 for whoever looks at more runs in an hour than a person can, with nothing opened', async () => {
  const busy = await asStaff('a.machine', 'operations');
  const look = async (from: number, count: number) => {
    const sealed = Array.from({ length: count }, async (_, index) => stored(1, `application:app_${from + index}`));
    return world.app.request(path, post({ payloads: await Promise.all(sealed) }, busy));
  };
  const { decodesMax, decodeMaxPayloads } = staffLimits;
  for (let from = 0; from < decodesMax; from += decodeMaxPayloads)
    assert.equal((await look(from, Math.min(decodeMaxPayloads, decodesMax - from))).status, 200);
  const refused = await look(decodesMax, 1);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  assert.equal((await bodyOf(refused))['payloads'], undefined);
});

test('404 for another namespace, 413 and 422 for more than one look at a run needs, 404 for encoding', async () => {
  assert.equal((await decode([], { 'x-namespace': 'another' })).status, 404);
  assert.equal((await decode(Array.from({ length: staffLimits.decodeMaxPayloads + 1 }, () => ({})))).status, 422);
  assert.equal((await decode([{ data: 'A'.repeat(staffLimits.decodeMaxBytes) }])).status, 413);
  assert.equal((await decode([{ data: 'not base64!' }])).status, 422);
  assert.equal((await world.app.request('/ops/v1/payloads/encode', post({ payloads: [] }, engineer))).status, 404);
});
