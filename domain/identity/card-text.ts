// What the lines of text that were read from a photographed card say. Reading is never perfect: fillers come back as letters, digits as
// letters that look alike, lines a character short. Repairs are tried where the format leaves no doubt, and the check digits judge them.

import { isDay } from '../calendar.ts';
import type { Day } from '../calendar.ts';
import { parseMrz } from './mrz.ts';
import type { MrzReading } from './mrz.ts';

/** What was found, or that nothing looks like a zone. */
export type MrzSearch = MrzReading | { kind: 'absent' };

/** The machine-readable zone among these lines. `damaged` is the best that was found, `absent` when nothing looks like a zone. */
export function findMrz(lines: readonly string[]): MrzSearch {
  const candidates = lines.map(plain).filter((line) => /^[A-Z0-9<]{24,36}$/i.test(line));
  let best: MrzSearch = { kind: 'absent' };
  for (const [index, first] of candidates.entries()) {
    const [second, third] = candidates.slice(index + 1, index + 3);
    if (second === undefined || third === undefined || !/^.{0,3}VNM/i.test(first)) continue;
    const reading = parseMrz([repairLine1(first), repairLine2(second), repairLine3(third)]);
    if (reading.kind === 'read') return reading;
    if (best.kind === 'absent' || (best.kind === 'damaged' && reading.faults.length < best.faults.length)) best = reading;
  }
  return best;
}

/** Every 12-digit number among the lines, spaces inside a number ignored. */
export function findNumbers(lines: readonly string[]): string[] {
  const found = lines.flatMap((line) => line.replaceAll(/(?<=\d)[ .](?=\d)/g, '').match(/(?<!\d)\d{12}(?!\d)/g) ?? []);
  return [...new Set(found)];
}

/** Every date written dd/MM/yyyy among the lines, in the order in which they stand. */
export function findDates(lines: readonly string[]): Day[] {
  const found = lines.flatMap((line) => [...line.matchAll(/(?<!\d)(\d{2})[/.-](\d{2})[/.-](\d{4})(?!\d)/g)]);
  return found.map(([, date = '', month = '', year = '']) => `${year}-${month}-${date}`).filter(isDay);
}

/** Number of digits that differ between two numbers of the same length. */
export function differingDigits(a: string, b: string): number {
  return Array.from(a).filter((digit, index) => digit !== b[index]).length;
}

/** Spaces do not belong into a zone, and these are what readers make of its fillers. */
function plain(line: string): string {
  return line
    .replaceAll('«', '<<')
    .replaceAll(/[‹＜({[€£¢]/g, '<')
    .replaceAll(/\s/g, '');
}

/** The first line has no part of free length: both numbers stand in front, two fillers and a check digit at the end. */
function repairLine1(line: string): string {
  const start = line.slice(line.search(/VNM/i));
  return `IDVNM${digits(start.slice(3, 25))}<<${digits(start.slice(-1))}`;
}

/** The second line is 18 characters, fillers, and a check digit that covers the fillers too. */
function repairLine2(line: string): string {
  const dates = `${digits(line.slice(0, 7))}${line.slice(7, 8)}${digits(line.slice(8, 15))}`;
  return `${dates}${line.slice(15, 18)}${'<'.repeat(11)}${digits(line.slice(-1))}`.toUpperCase();
}

/** The name ends in fillers, of which a reader easily drops or invents some. */
function repairLine3(line: string): string {
  return line.slice(0, 30).padEnd(30, '<').toUpperCase();
}

function digits(text: string): string {
  return text.replaceAll(/[A-Z]/gi, (letter) => lookalikes[letter] ?? lookalikes[letter.toUpperCase()] ?? letter);
}

/** A zone has capitals only, so a small letter is a misread digit of its own shape. */
const lookalikes: Readonly<Record<string, string>> = {
  O: '0',
  Q: '0',
  D: '0',
  I: '1',
  L: '1',
  Z: '2',
  A: '4',
  S: '5',
  G: '6',
  b: '6',
  T: '7',
  B: '8',
  g: '9',
  q: '9',
};
