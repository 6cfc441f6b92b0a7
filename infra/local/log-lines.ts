// The children write JSON for machines; a person at the terminal sees one readable line per warning or error, and repeated ones only once in a
// while. Everything is in the log files.

const LEVELS: Record<number, string> = { 40: 'warning', 50: 'error', 60: 'fatal' };
const REPEAT_AFTER_MS = 10_000;
const LINE_LIMIT_CHARS = 300;

/** One line for a person, or undefined when the line is no warning or error of a logger. */
export function readableLine(name: string, line: string): string | undefined {
  const entry = parseEntry(line);
  const level = typeof entry?.['level'] === 'number' ? LEVELS[entry['level']] : undefined;
  if (entry === undefined || level === undefined) return undefined;
  const error = entry['err'] ?? entry['error'];
  const reason = isRecord(error) ? error['message'] : error;
  const words = [entry['msg'], reason].filter((part): part is string => typeof part === 'string' && part !== '');
  return `${name.padEnd(13)} ${level.padEnd(7)} ${words.join(': ').replaceAll(/\s+/g, ' ')}`.slice(0, LINE_LIMIT_CHARS);
}

/** Lets a line through only when the same one has not been shown for a while. */
export function createOnceInAWhile(show: (line: string) => void, now: () => number = () => performance.now()): (line: string) => void {
  const shownAt = new Map<string, number>();
  return (line) => {
    const last = shownAt.get(line);
    if (last !== undefined && now() - last < REPEAT_AFTER_MS) return;
    shownAt.set(line, now());
    show(line);
  };
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    return isRecord(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
