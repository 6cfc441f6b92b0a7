// Everything that Temporal stores for us is encrypted before it leaves the process: arguments, results, signals, queries, failures. A payload is
// bound to its namespace and workflow, so that one moved to another run does not open, and nothing that is not ours is taken for a payload.

import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';

/** One key of the ring, 32 bytes, and the id under which payloads name it. */
export interface PayloadKey {
  id: string;
  key: Uint8Array;
}

/** Why a payload was not taken: `PLAIN` is not encrypted at all, `VERSION` a form of a later time, `UNKNOWN_KEY` a key that is not in the ring,
 *  `ELSEWHERE` of another workflow, `TAMPERED` changed or cut. */
export type Refusal = 'PLAIN' | 'VERSION' | 'UNKNOWN_KEY' | 'ELSEWHERE' | 'TAMPERED';

/** A payload that is not read, and never will be by trying again. */
class PayloadRefused extends Error {
  override readonly name = 'PayloadRefused';
  readonly code: Refusal;
  constructor(code: Refusal) {
    super(`a payload was refused: ${code}`);
    this.code = code;
  }
}

export interface PayloadCodecOptions {
  /** The first one encrypts, all decrypt. Rotation: put the new key last everywhere, then first everywhere; drop the old one when no run
   *  and no closed history that somebody may want to read is left under it. */
  keys: readonly [PayloadKey, ...PayloadKey[]];
  /** Sees every refusal, to count it. */
  onRefused: (code: Refusal) => void;
}

/** The codec for workers and clients. Throws PayloadRefused for whatever it did not make itself for this very workflow. */
export function createPayloadCodec({ keys, onRefused }: PayloadCodecOptions): PayloadCodec {
  const ring = new Map(keys.map(({ id, key }) => [id, key]));
  const keyFor = createDerivedKeys();
  const counted = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof PayloadRefused) onRefused(error.code);
      throw error;
    }
  };
  return {
    encode: async (payloads, context) => counted(() => payloads.map((payload) => seal(keys[0], keyFor, placeOf(context), payload))),
    decode: async (payloads, context) => counted(() => payloads.map((payload) => open(ring, keyFor, placeOf(context), payload))),
  };
}

/** The workflow that a payload says it belongs to, '' for none; null when the payload is not one of ours. Opening it proves the claim. */
export function workflowIdOf(payload: Payload): string | null {
  return text(payload, 'encoding') === encoding ? text(payload, 'workflow') : null;
}

const encoding = 'binary/encrypted';
const version = '1';
const nonceBytes = 12;
const tagBytes = 16;

interface Place {
  namespace: string;
  workflowId: string;
}

// Why a workflow task failed is all that the SDK encodes without saying for which workflow. A throw here would end the worker over it; so it is
// bound to nowhere, and no workflow takes it for its own.
const nowhere: Place = { namespace: '', workflowId: '' };

/** The payloads of an activity are bound to its workflow. */
function placeOf(context: SerializationContext | undefined): Place {
  return context?.workflowId ? { namespace: context.namespace, workflowId: context.workflowId } : nowhere;
}

function seal(newest: PayloadKey, keyFor: DerivedKeys, place: Place, payload: Payload): Payload {
  const { id } = newest;
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keyFor(newest, place), nonce).setAAD(boundTo(id, place));
  const body = Buffer.concat([cipher.update(pack(payload)), cipher.final()]);
  const named = { encoding, version, key: id, workflow: place.workflowId };
  const metadata = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, Buffer.from(value)]));
  return { metadata, data: Buffer.concat([nonce, cipher.getAuthTag(), body]) };
}

function open(ring: Map<string, Uint8Array>, keyFor: DerivedKeys, place: Place, payload: Payload): Payload {
  if (text(payload, 'encoding') !== encoding) throw new PayloadRefused('PLAIN');
  if (text(payload, 'version') !== version) throw new PayloadRefused('VERSION');
  const id = text(payload, 'key') ?? '';
  const key = ring.get(id);
  if (!key) throw new PayloadRefused('UNKNOWN_KEY');
  if (text(payload, 'workflow') !== place.workflowId) throw new PayloadRefused('ELSEWHERE');
  const bytes = Buffer.from(payload.data ?? []);
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyFor({ id, key }, place), bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(boundTo(id, place))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return unpack(Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]));
  } catch {
    throw new PayloadRefused('TAMPERED');
  }
}

type DerivedKeys = (from: PayloadKey, place: Place) => KeyObject;

/** Keys of the workflows that are at work now; deriving one and making it ready for use costs more than encrypting with it, and a run needs its own
 *  some sixty times. */
const derivedKeysKept = 1_000;

/** One key per workflow keeps the number of messages under a key far below the bound of random nonces. */
function createDerivedKeys(): DerivedKeys {
  const kept = new Map<string, KeyObject>();
  return ({ id, key }, { namespace, workflowId }) => {
    const name = JSON.stringify([id, namespace, workflowId]);
    const info = JSON.stringify(['trasau payload', version, namespace, workflowId]);
    const derived = kept.get(name) ?? createSecretKey(Buffer.from(hkdfSync('sha256', key, '', info, 32)));
    kept.delete(name); // and set again, so that the first of the map is the one that was not asked for the longest
    kept.set(name, derived);
    if (kept.size > derivedKeysKept) kept.delete(kept.keys().next().value ?? name);
    return derived;
  };
}

function boundTo(keyId: string, { namespace, workflowId }: Place): Buffer {
  return Buffer.from(JSON.stringify([version, keyId, namespace, workflowId]));
}

// A payload as bytes, its metadata included: what kind of value it holds is nobody's business either.
function pack({ metadata, data }: Payload): Buffer {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, data ?? Buffer.alloc(0)]);
}

function unpack(bytes: Buffer): Payload {
  const end = 4 + bytes.readUInt32BE(0);
  const head = JSON.parse(bytes.subarray(4, end).toString()) as Record<string, string>; // authentic, so written by pack
  const metadata = Object.fromEntries(Object.entries(head).map(([name, value]) => [name, Buffer.from(value, 'base64')]));
  return { metadata, data: bytes.subarray(end) };
}

function text({ metadata }: Payload, name: string): string | null {
  const value = metadata?.[name];
  return value ? Buffer.from(value).toString() : null;
}
