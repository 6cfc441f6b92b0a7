import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findMrz } from './card-text.ts';
import { formatMrz, parseMrz } from './mrz.ts';
import { foldName } from './names.ts';

/** Nobody's card: an invented number, date and name. */
const specimen = ['IDVNM1990001239079199000123<<9', '9901018F3901016VNM<<<<<<<<<<<2', 'NGUYEN<<THI<TEST<<<<<<<<<<<<<<'] as const;

const dayBetween = (min: string, max: string) =>
  fc.date({ min: new Date(min), max: new Date(max), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
const word = fc.stringMatching(/^[A-Z]{1,7}$/);
const card = fc
  .record({
    sex: fc.constantFrom('male' as const, 'female' as const),
    born: dayBetween('1920-01-01', '2024-12-31'),
    expiresOn: fc.option(dayBetween('2025-01-01', '2060-12-31'), { nil: null }),
    tail: fc.stringMatching(/^[0-9]{6}$/),
    words: fc.array(word, { minLength: 1, maxLength: 3 }),
  })
  .map(({ sex, born, expiresOn, tail, words }) => {
    const centuryAndSex = (born.startsWith('19') ? 0 : 2) + (sex === 'female' ? 1 : 0);
    return {
      nationalId: `079${centuryAndSex}${born.slice(2, 4)}${tail}`,
      dateOfBirth: born,
      sex,
      expiresOn,
      fullName: words.join(' '),
    };
  });

test('the zone of a card is read when all of its check digits hold', () => {
  assert.deepEqual(parseMrz(specimen), {
    kind: 'read',
    mrz: {
      nationalId: '079199000123',
      dateOfBirth: '1999-01-01',
      sex: 'female',
      expiresOn: '2039-01-01',
      fullName: 'NGUYEN THI TEST',
      nameMayBeCut: false,
    },
  });
});

test('a card that is written is read back as it was, whoever it belongs to', () => {
  fc.assert(
    fc.property(card, (written) => {
      const reading = parseMrz(formatMrz(written));
      assert.equal(reading.kind, 'read');
      assert.deepEqual(reading.kind === 'read' && { ...reading.mrz, nameMayBeCut: undefined }, { ...written, nameMayBeCut: undefined });
    }),
  );
});

test('a name that does not fit the card is known to be cut', () => {
  const fullName = 'Công Tằng Tôn Nữ Hoàng Phương Khánh Ngọc';
  const reading = parseMrz(formatMrz({ nationalId: '046199000123', dateOfBirth: '1999-01-01', sex: 'female', expiresOn: null, fullName }));
  assert.ok(reading.kind === 'read' && reading.mrz.nameMayBeCut && foldName(fullName).startsWith(reading.mrz.fullName));
});

test('one misread digit in a number or date is never taken for the truth', () => {
  const digitsOfLine = [
    [...Array.from({ length: 22 }, (_, index) => index + 5), 29],
    [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 29],
  ];
  fc.assert(
    fc.property(card, fc.nat(1), fc.nat(), fc.integer({ min: 1, max: 9 }), (written, line, position, shift) => {
      fc.pre(written.expiresOn !== null);
      const lines: string[] = formatMrz(written);
      const at = digitsOfLine[line]?.[position % (digitsOfLine[line]?.length ?? 1)] ?? 0;
      const text = lines[line] ?? '';
      lines[line] = `${text.slice(0, at)}${(Number(text[at]) + shift) % 10}${text.slice(at + 1)}`;
      assert.equal(parseMrz(lines).kind, 'damaged');
    }),
  );
});

test('any text at all is read or called damaged, without a crash', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 40, unit: 'grapheme' }), { maxLength: 5 }), (lines) => {
      assert.notEqual(parseMrz(lines).kind, 'read');
      assert.notEqual(findMrz(lines).kind, 'read');
    }),
  );
});

test('a damaged zone names every fault at once, so that staff see what the reader saw', () => {
  const [first, second, third] = specimen;
  assert.deepEqual(parseMrz([first, second.replace('8F', '0F'), third]), {
    kind: 'damaged',
    faults: ['BIRTH_DATE_CHECK_DIGIT', 'COMPOSITE_CHECK_DIGIT'],
  });
  assert.deepEqual(parseMrz([first, second]), { kind: 'damaged', faults: ['SHAPE'] });
  assert.deepEqual(parseMrz([first.replace('IDVNM', 'IDTHA'), second, third]), { kind: 'damaged', faults: ['DOCUMENT_TYPE'] });
});
