// Reads members of a JSON document one by one and notes every problem with its place, instead of stopping at the first: an analyst
// who edits a ruleset sees all mistakes at once. A member with a problem yields a harmless stand-in until the document is refused.

import { isReasonCode, type ReasonCode } from '../reasons.ts';
import type { InputSpec, MissingPolicy } from './types.ts';

export interface Reader {
  problem: (key: string, message: string) => void;
  has: (key: string) => boolean;
  keys: () => string[];
  value: (key: string) => unknown;
  /** Not empty. */
  text: (key: string) => string;
  /** Whole and exact. */
  number: (key: string) => number;
  positive: (key: string) => number;
  object: (key: string) => Reader;
  /** The reader of one item of a list of objects. */
  item: (key: string, index: number, value: unknown) => Reader;
}

/** What a person calls an item of a list: its id or name where it has one, else its number. */
function labelOf(item: unknown, index: number): string {
  const named = typeof item === 'object' && item !== null && ('id' in item ? item.id : 'name' in item ? item.name : undefined);
  return typeof named === 'string' && named !== '' ? named : String(index);
}

/** A reader of one object of the document; `path` is its place. */
export function readerOf(value: unknown, path: string, problems: string[]): Reader {
  const members = new Map<string, unknown>(
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [],
  );
  if (members.size === 0) problems.push(`${path} must be an object with members`);
  const problem = (key: string, message: string) => void problems.push(`${path}.${key} ${message}`);
  const number = (key: string): number => {
    const found = members.get(key);
    if (typeof found === 'number' && Number.isSafeInteger(found)) return found;
    problem(key, 'must be a whole number');
    return 1;
  };
  return {
    problem,
    has: (key) => members.has(key),
    keys: () => [...members.keys()],
    value: (key) => members.get(key),
    text: (key) => {
      const found = members.get(key);
      if (typeof found === 'string' && found !== '') return found;
      problem(key, 'must be a text');
      return '';
    },
    number,
    positive: (key) => {
      const found = number(key);
      if (found <= 0) problem(key, 'must be above zero');
      return found;
    },
    object: (key) => readerOf(members.get(key), `${path}.${key}`, problems),
    item: (key, index, item) => readerOf(item, `${path}.${key}[${labelOf(item, index)}]`, problems),
  };
}

/** Reads every item of a list; something else than a list is a problem and yields none. */
export function listOf<T>(reader: Reader, key: string, read: (item: Reader) => T): T[] {
  const items = reader.value(key);
  if (!Array.isArray(items)) {
    reader.problem(key, 'must be a list');
    return [];
  }
  return items.map((item: unknown, index) => read(reader.item(key, index, item)));
}

/** Reads one entry of the catalogue of inputs. */
export function readInput(reader: Reader): InputSpec {
  const type = reader.text('type');
  if (!isInputType(type)) reader.problem('type', 'must be vnd, integer, boolean, enum or day');
  const spec: InputSpec = {
    name: reader.text('name'),
    type: isInputType(type) ? type : 'integer',
    unit: reader.text('unit'),
    source: reader.text('source'),
    maxAgeDays: reader.value('maxAgeDays') === null ? null : reader.positive('maxAgeDays'),
    missing: readMissing(reader.object('missing'), type),
    tooOld: reader.has('tooOld') ? readPrincipal(reader.object('tooOld')) : undefined,
  };
  if (type === 'enum') return { ...spec, values: readValues(reader) };
  if (type === 'boolean' || type === 'day') return spec;
  return {
    ...spec,
    minimum: reader.has('minimum') ? reader.number('minimum') : undefined,
    maximum: reader.has('maximum') ? reader.number('maximum') : undefined,
  };
}

function readValues(reader: Reader): string[] {
  const values = reader.value('values');
  if (Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === 'string')) return values;
  reader.problem('values', 'must be a list of texts');
  return [];
}

function readMissing(reader: Reader, type: string): MissingPolicy {
  const policy = reader.text('policy');
  if (policy === 'allowNull' || policy === 'refer') return { policy };
  if (policy === 'treatAs') return { policy, value: readDefault(reader, type) };
  if (policy !== 'decline') reader.problem('policy', 'must be refer, decline, treatAs or allowNull');
  return { policy: 'decline', ...readPrincipal(reader) };
}

function readPrincipal(reader: Reader): { reasonCode: ReasonCode; priority: number } {
  return { reasonCode: readReason(reader), priority: reader.number('priority') };
}

/** The reason code of an effect; one without texts is a problem, and `MISSING_INPUT` stands in until the file is refused. */
export function readReason(reader: Reader): ReasonCode {
  const code = reader.text('reasonCode');
  if (isReasonCode(code)) return code;
  if (code !== '') reader.problem('reasonCode', `${code} has no texts for customers and staff in domain/reasons.ts`);
  return 'MISSING_INPUT';
}

function readDefault(reader: Reader, type: string): number | boolean | string {
  const value = reader.value('value');
  if (type === 'boolean' && typeof value === 'boolean') return value;
  if (type === 'enum' || type === 'day') return reader.text('value');
  return reader.number('value');
}

function isInputType(type: string): type is InputSpec['type'] {
  return type === 'vnd' || type === 'integer' || type === 'boolean' || type === 'enum' || type === 'day';
}
