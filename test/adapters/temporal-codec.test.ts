// What Temporal stores for us can be read by whoever holds the key, in the run that it was written for, and by nobody else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload, SerializationContext } from '@temporalio/common';
import fc from 'fast-check';
import { createPayloadCodec, workflowIdOf } from '../../adapters/temporal/payload-codec.ts';
import type { PayloadKey, Refusal } from '../../adapters/temporal/payload-codec.ts';
import { readEnv } from '../../config/env.ts';
import { aPayloadKey } from '../support/payloads.ts';

const here: SerializationContext = { type: 'workflow', namespace: 'default', workflowId: 'application:app_1' };
const [old, young] = [aPayloadKey('2026-05'), aPayloadKey('2026-11')];

function aCodec(first: PayloadKey, ...others: PayloadKey[]) {
  const refused: Refusal[] = [];
  return { ...createPayloadCodec({ keys: [first, ...others], onRefused: (code) => refused.push(code) }), refused };
}

const anyPayload = fc.record({
  metadata: fc.dictionary(
    fc.string({ minLength: 1 }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  ),
  data: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
});

test('any payload comes back as it was, metadata included, and shows neither on the way', async () => {
  const codec = aCodec(old);
  await fc.assert(
    fc.asyncProperty(anyPayload, async (payload) => {
      const [sealed] = await codec.encode([payload], here);
      assert.ok(sealed?.data && (payload.data.length < 4 || Buffer.from(sealed.data).indexOf(payload.data) === -1));
      const [back] = await codec.decode([sealed], here);
      assert.deepEqual(asHex(back), asHex(payload));
    }),
  );
});

test('whatever bit is changed, a payload is refused', async () => {
  const codec = aCodec(old);
  const [sealed = {}] = await codec.encode([defaultPayloadConverter.toPayload({ amountVnd: 3_600_000 })], here);
  const data = Buffer.from(sealed.data ?? []);
  await fc.assert(
    fc.asyncProperty(fc.nat(data.length * 8 - 1), async (bit) => {
      const changed = Buffer.from(data);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      await assert.rejects(codec.decode([{ ...sealed, data: changed }], here), { code: 'TAMPERED' });
    }),
  );
  for (const end of [0, 11, 27, data.length - 1]) {
    await assert.rejects(codec.decode([{ ...sealed, data: data.subarray(0, end) }], here), { code: 'TAMPERED' });
  }
});

test('an activity reads what its workflow wrote, and another workflow or namespace does not', async () => {
  const codec = aCodec(old);
  const sealed = await codec.encode([defaultPayloadConverter.toPayload('for app_1')], here);
  const activity: SerializationContext = { type: 'activity', namespace: 'default', workflowId: 'application:app_1', isLocal: true };
  assert.equal(defaultPayloadConverter.fromPayload((await codec.decode(sealed, activity))[0] ?? {}), 'for app_1');
  await assert.rejects(codec.decode(sealed, { ...here, workflowId: 'application:app_2' }), { code: 'ELSEWHERE' });
  await assert.rejects(codec.decode(renamed(sealed, 'workflow', 'application:app_2'), { ...here, workflowId: 'application:app_2' }), {
    code: 'TAMPERED',
  });
  await assert.rejects(codec.decode(sealed, { ...here, namespace: 'other' }), { code: 'TAMPERED' });
});

test('what the SDK writes for no workflow in particular is encrypted, and no workflow takes it for its own', async () => {
  const codec = aCodec(old);
  const sealed = await codec.encode([defaultPayloadConverter.toPayload('why a task failed')]);
  assert.equal(defaultPayloadConverter.fromPayload((await codec.decode(sealed))[0] ?? {}), 'why a task failed');
  await assert.rejects(codec.decode(sealed, here), { code: 'ELSEWHERE' });
  const of = await codec.encode([{}], here);
  await assert.rejects(codec.decode(of), { code: 'ELSEWHERE' });
});

test('what is not encrypted, or not as we do it, is refused and counted', async () => {
  const codec = aCodec(old);
  const sealed = await codec.encode([defaultPayloadConverter.toPayload(1)], here);
  await assert.rejects(codec.decode([defaultPayloadConverter.toPayload(1)], here), { code: 'PLAIN' });
  await assert.rejects(codec.decode([{}], here), { code: 'PLAIN' });
  await assert.rejects(codec.decode(renamed(sealed, 'version', '2'), here), { code: 'VERSION' });
  await assert.rejects(codec.decode(renamed(sealed, 'key', 'other'), here), { code: 'UNKNOWN_KEY' });
  assert.deepEqual(codec.refused, ['PLAIN', 'PLAIN', 'VERSION', 'UNKNOWN_KEY']);
});

test('a rotation never leaves a payload unread: known first, then written, then the old key goes', async () => {
  const steps = [aCodec(old), aCodec(old, young), aCodec(young, old), aCodec(young)];
  for (const [index, writer] of steps.entries()) {
    const sealed = await writer.encode([defaultPayloadConverter.toPayload(index)], here);
    // In a rolling update the step before and the step after run beside each other.
    for (const reader of steps.slice(Math.max(0, index - 1), index + 2)) {
      const isGone = Buffer.from(sealed[0]?.metadata?.['key'] ?? []).toString() === old.id && reader === steps[3];
      if (!isGone) assert.deepEqual((await reader.decode(sealed, here)).length, 1);
    }
  }
  const [first] = (await steps[2]?.encode([{}], here)) ?? [];
  assert.equal(Buffer.from(first?.metadata?.['key'] ?? []).toString(), '2026-11', 'the first key of the ring writes');
});

test('a payload says which run it belongs to, so that who opens it can be written down', async () => {
  const [sealed = {}] = await aCodec(old).encode([{}], here);
  assert.equal(workflowIdOf(sealed), 'application:app_1');
  assert.equal(workflowIdOf(defaultPayloadConverter.toPayload(1)), null);
});

test('a key ring that is not whole stops the process, without a word of the keys', () => {
  const address = { TEMPORAL_ADDRESS: 'temporal:7233' };
  const key = Buffer.alloc(32, 7).toString('base64');
  assert.deepEqual(
    readEnv('temporal', { ...address, PAYLOAD_KEYS: `b:${key}, a:${key}` }).PAYLOAD_KEYS.map(({ id }) => id),
    ['b', 'a'],
  );
  for (const wrong of ['', key, 'a:', `a:${key},`, `a:${key},a:${key}`, `a:${Buffer.alloc(16, 7).toString('base64')}`, `A!:${key}`]) {
    assert.throws(
      () => readEnv('temporal', { ...address, PAYLOAD_KEYS: wrong }),
      (error: Error) => error.message.includes('PAYLOAD_KEYS') && !error.message.includes('BwcH'),
      wrong,
    );
  }
});

function renamed([payload = {}]: Payload[], name: string, value: string): Payload[] {
  return [{ ...payload, metadata: { ...payload.metadata, [name]: Buffer.from(value) } }];
}

function asHex(payload: Payload | undefined): unknown {
  const hex = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('hex');
  return { data: hex(payload?.data), metadata: Object.entries(payload?.metadata ?? {}).map(([name, value]) => [name, hex(value)]) };
}
