// One text for one value. Hashes of offers, snapshots and rulesets are taken over this text, so it may depend on nothing but the
// value: keys are sorted, there is no white space, and whatever JSON would quietly change is refused.

/** The value as JSON with sorted keys. A member that is `undefined` is left out, as JSON does. Pure; equal values give equal texts.
 *  Throws a TypeError that names the place for everything JSON cannot carry unharmed: NaN, Infinity, dates,
 *  functions, bigints, class instances, `undefined` inside a list. */
export function canonicalJson(value: unknown): string {
  const text = write(value);
  if (text === unwritable) throw new TypeError(`${placeOfFault(value, '$') ?? '$'} cannot be written as canonical JSON`);
  return text;
}

/** No JSON text is empty, so this marks what cannot be written; the place is looked for only then. */
const unwritable = '';

function write(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : unwritable; // JSON writes a number as JavaScript does
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null) return 'null';
  if (Array.isArray(value)) return writeList(value);
  return isPlainObject(value) ? writeObject(value) : unwritable;
}

/** Texts in which JSON escapes nothing: most keys and codes, and twice as fast to quote. */
const plain = /^[\w .:+@/-]*$/;

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

function writeList(items: readonly unknown[]): string {
  let text = '';
  for (const item of items) {
    const written = write(item);
    if (written === unwritable) return unwritable;
    text += text === '' ? written : `,${written}`;
  }
  return `[${text}]`;
}

function writeObject(value: Record<string, unknown>): string {
  let text = '';
  for (const key of sortedKeys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    const written = write(member);
    if (written === unwritable) return unwritable;
    text += text === '' ? `${quoted(key)}:${written}` : `,${quoted(key)}:${written}`;
  }
  return `{${text}}`;
}

/** Looks before it sorts: most objects are written down in order already. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  for (let at = 1; at < keys.length; at += 1) if ((keys[at - 1] ?? '') > (keys[at] ?? '')) return keys.sort();
  return keys;
}

function placeOfFault(value: unknown, path: string): string | undefined {
  if (write(value) !== unwritable) return undefined;
  const members: [string, unknown][] = Array.isArray(value)
    ? value.map((item: unknown, index): [string, unknown] => [`${path}[${index}]`, item])
    : isPlainObject(value)
      ? Object.keys(value)
          .filter((key) => value[key] !== undefined)
          .map((key): [string, unknown] => [`${path}.${key}`, value[key]])
      : [];
  for (const [place, member] of members) {
    const found = placeOfFault(member, place);
    if (found !== undefined) return found;
  }
  return path;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
