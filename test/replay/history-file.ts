// A recorded history as a file that people can read: the fields of Temporal's History as JSON, payloads as their own text. The SDK's JSON
// functions are no help, because it finds two copies of its protobuf library here and then knows its own types no more.

import type { Payload } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';

/** The text of the file, one event a line, with no name of the machine or process that recorded it. */
export function writeHistory({ events }: History): string {
  const lines = (events ?? []).map((event) => JSON.stringify(plain('', event)));
  return `{"events":[\n${lines.join(',\n')}\n]}\n`;
}

/** The history of a file that writeHistory wrote. */
export function readHistory(text: string): History {
  const revive = (_key: string, value: unknown): unknown => (isBytes(value) ? Buffer.from(value.$bytes) : value);
  return JSON.parse(text, revive) as History; // written by writeHistory
}

function plain(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder';
  if (key === 'stackTrace') return '';
  if (key === 'encodedAttributes') return withoutStack(value as Payload);
  // A sticky task queue is named after process and host.
  if (typeof value === 'string') return value.replace(/^\d+@.+$/, 'recorder');
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { $bytes: new TextDecoder('utf-8', { fatal: true }).decode(value) };
  if ('toNumber' in value && typeof value.toNumber === 'function') return value.toNumber();
  if (Array.isArray(value)) return value.map((item) => plain('', item));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(name, member)]));
}

// The message and the stack of a failure are a payload of their own; a stack names the folders of the machine.
function withoutStack({ metadata, data }: Payload): unknown {
  const { message } = JSON.parse(Buffer.from(data ?? []).toString()) as { message: string }; // written by the SDK's failure converter
  return plain('', { metadata, data: Buffer.from(JSON.stringify({ message, stack_trace: '' })) });
}

function isBytes(value: unknown): value is { $bytes: string } {
  return typeof value === 'object' && value !== null && '$bytes' in value && typeof value.$bytes === 'string';
}
