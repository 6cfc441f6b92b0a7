// One spelling for one value: keys sorted, no spaces. What is hashed or compared is written this way, so that the order in which
// a program happened to build an object never matters.

/** JSON with sorted keys. Members that are undefined are left out; throws for what JSON cannot carry (bigint, functions, NaN, cycles). */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('a number that is not finite has no JSON');
  if (typeof value === 'function' || typeof value === 'symbol' || value === undefined) throw new TypeError('this value has no JSON');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (value instanceof Date) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item ?? null)).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
