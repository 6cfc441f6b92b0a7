// Opens encrypted payloads outside of a run, for people who look at one in the Temporal UI. Payloads come and go as the UI speaks them: JSON
// with every byte in base64.

import type { Payload } from '@temporalio/common';
import { createPayloadCodec, workflowIdOf } from './payload-codec.ts';
import type { PayloadCodecOptions } from './payload-codec.ts';

export interface WirePayload {
  metadata?: Record<string, string> | undefined;
  data?: string | undefined;
}

export interface ReadPayloads {
  /** In the order in which they came. What is not encrypted, or does not open, is as it was. */
  payloads: WirePayload[];
  /** How many were opened, by the workflow they belong to; '' for none. */
  opened: Map<string, number>;
}

export type ReadPayload = (payloads: readonly WirePayload[]) => Promise<ReadPayloads>;

/** Reads payloads of this namespace with the keys of the ring. */
export function createPayloadReader(namespace: string, options: PayloadCodecOptions): ReadPayload {
  const codec = createPayloadCodec(options);
  return async (sealed) => {
    const opened = new Map<string, number>();
    const payloads: WirePayload[] = [];
    for (const wire of sealed) {
      const payload = fromWire(wire);
      const workflowId = workflowIdOf(payload);
      const context = workflowId ? { type: 'workflow' as const, namespace, workflowId } : undefined;
      const [clear] = workflowId === null ? [] : await codec.decode([payload], context).catch(() => []);
      if (clear && workflowId !== null) opened.set(workflowId, (opened.get(workflowId) ?? 0) + 1);
      payloads.push(clear ? toWire(clear) : wire);
    }
    return { payloads, opened };
  };
}

function fromWire({ metadata = {}, data = '' }: WirePayload): Payload {
  const bytes = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(bytes), data: Buffer.from(data, 'base64') };
}

function toWire({ metadata, data }: Payload): WirePayload {
  const base64 = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  return { metadata: Object.fromEntries(base64), data: Buffer.from(data ?? []).toString('base64') };
}
