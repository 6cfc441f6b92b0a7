// Comparing Vietnamese names. A card is read without diacritics and in capitals, a customer types with them, keyboards compose letters
// in different ways, and Đ is a letter of its own that Unicode does not take apart: all of them are folded to the same plain capitals.

export type NameAgreement =
  | 'same'
  /** A letter or two apart: misread or mistyped, and a person should look. */
  | 'close'
  | 'different';

/** The name in capitals A–Z, one space between words, everything else removed: `Nguyễn Thị Đào` becomes `NGUYEN THI DAO`. */
export function foldName(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/[đĐðÐ]/g, 'D')
    .replaceAll(/\p{Mark}/gu, '')
    .toUpperCase()
    .replaceAll(/[^A-Z]+/g, ' ')
    .trim();
}

/** Compares a stated name with one that was read. With `readMayBeCut` the read name may stop early, as on a card with a long name. */
export function compareNames(stated: string, read: string, readMayBeCut = false): NameAgreement {
  const full = foldName(stated);
  const seen = foldName(read);
  if (full === '' || seen === '') return 'different';
  const expected = readMayBeCut ? full.slice(0, seen.length) : full;
  if (expected === seen) return 'same';
  return isWithin(expected.replaceAll(' ', ''), seen.replaceAll(' ', ''), closeEdits) ? 'close' : 'different';
}

const closeEdits = 2;

/** True when at most so many letters must be changed, added or removed to make the one text of the other (Levenshtein). */
function isWithin(a: string, b: string, edits: number): boolean {
  if (Math.abs(a.length - b.length) > edits) return false;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(a).entries()) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (letter === b[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return (row[b.length] ?? Infinity) <= edits;
}
