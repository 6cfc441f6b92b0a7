// The encryption of a test: a key of its own, and a count of what was refused.

import { randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { createPayloadCodec, workflowIdOf } from '../../adapters/temporal/payload-codec.ts';
import type { PayloadCodecOptions, PayloadKey } from '../../adapters/temporal/payload-codec.ts';

/** A new key under this id. */
export function aPayloadKey(id = 'test'): PayloadKey {
  return { id, key: randomBytes(32) };
}

/** Encryption under a new key that takes a refusal for a failure of the test. */
export function testPayloads(keys: PayloadCodecOptions['keys'] = [aPayloadKey()]): PayloadCodecOptions {
  return { keys, onRefused: (code) => void process.stderr.write(`a payload was refused: ${code}\n`) };
}

/** The same value with every encrypted payload in it opened: a history, or what the server says of a run. Leaves out nothing. */
export async function opened<T>(value: T, payloads: PayloadCodecOptions, namespace: string): Promise<T> {
  return (await openAll(value, createPayloadCodec(payloads), namespace)) as T; // the same shape
}

async function openAll(value: unknown, codec: PayloadCodec, namespace: string): Promise<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if ('toNumber' in value) return value;
  if (Array.isArray(value)) return Promise.all(value.map(async (item: unknown) => openAll(item, codec, namespace)));
  if ('metadata' in value && 'data' in value) {
    const workflowId = workflowIdOf(value as Payload); // says null for whatever is none
    if (workflowId !== null)
      return (await codec.decode([value as Payload], workflowId ? { type: 'workflow', namespace, workflowId } : undefined))[0];
  }
  const entries = Object.entries(value).map(async ([name, inner]): Promise<[string, unknown]> => [
    name,
    await openAll(inner, codec, namespace),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}
