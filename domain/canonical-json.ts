// One text for one value. Hashes of offers, snapshots and rulesets are taken over this text, so it may depend on nothing but the
// value: keys are sorted, there is no white space, and whatever JSON would quietly change is refused.

/** The value as JSON with sorted keys. A member that is `undefined` is left out, as JSON does. Pure; equal values give equal texts.
 *  Throws a TypeError that names the place for everything JSON cannot carry unharmed: NaN, Infinity, dates,
 *  functions, bigints, class instances, `undefined` inside a list. */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: unknown, index) => write(item, `${path}[${index}]`)).join(',')}]`;
  if (isPlainObject(value)) return writeObject(value, path);
  throw new TypeError(`${path} cannot be written as canonical JSON`);
}

function writeObject(value: Record<string, unknown>, path: string): string {
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(value[key], `${path}.${key}`)}`);
  return `{${members.join(',')}}`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
