// The machine-readable zone on the back of a Vietnamese ID card: three lines of 30 characters (ICAO 9303 part 5, TD1). Its check digits
// make it the only text on the card that proves it was read without a mistake, so number, dates and name are taken from here.
// ICAO's format leaves room for national data: the first line repeats the whole 12-digit number and ends with a check digit over it.

import { isDay } from '../calendar.ts';
import type { Day } from '../calendar.ts';
import { foldName } from './names.ts';
import { readNationalId } from './national-id.ts';

/** What the zone says, once every check digit holds. */
export interface Mrz {
  /** 12 digits. */
  nationalId: string;
  dateOfBirth: Day;
  sex: 'male' | 'female' | 'unspecified';
  /** Null on a card that does not expire. */
  expiresOn: Day | null;
  /** Họ đệm tên without diacritics, in capitals. */
  fullName: string;
  /** True when the name fills the line: the end of a longer name may be missing. */
  nameMayBeCut: boolean;
}

export type MrzFault =
  | 'SHAPE'
  | 'DOCUMENT_TYPE'
  | 'NUMBER'
  | 'NUMBER_CHECK_DIGIT'
  | 'NATIONAL_ID_CHECK_DIGIT'
  | 'BIRTH_DATE'
  | 'BIRTH_DATE_CHECK_DIGIT'
  | 'SEX'
  | 'EXPIRY'
  | 'EXPIRY_CHECK_DIGIT'
  | 'NAME'
  | 'COMPOSITE_CHECK_DIGIT';

export type MrzReading = { kind: 'read'; mrz: Mrz } | { kind: 'damaged'; faults: readonly MrzFault[] };

const length = 30;

/** Reads the three lines. Each must be 30 characters of A–Z, 0–9 and `<`; anything that is wrong with them is named, all at once. */
export function parseMrz(lines: readonly string[]): MrzReading {
  const [line1, line2, line3] = lines;
  if (lines.length !== 3 || !isLine(line1) || !isLine(line2) || !isLine(line3)) return { kind: 'damaged', faults: ['SHAPE'] };

  const nationalId = line1.slice(15, 27);
  const number = readNationalId(nationalId);
  const century = number.kind === 'well_formed' ? Math.floor(number.birthYear / 100) * 100 : 1900;
  const dateOfBirth = day(line2.slice(0, 6), century);
  const noExpiry = line2.slice(8, 14) === '<<<<<<';
  const expiresOn = noExpiry ? null : day(line2.slice(8, 14), 2000);
  const sex = sexOf(line2[7]);
  const name = nameOf(line3);

  const rules: [MrzFault, boolean | undefined][] = [
    ['DOCUMENT_TYPE', line1.startsWith('IDVNM') && line1.slice(27, 29) === '<<' && line2.slice(15, 18) === 'VNM'],
    ['NUMBER', number.kind === 'well_formed' && line1.slice(5, 14) === nationalId.slice(3)],
    ['NUMBER_CHECK_DIGIT', line1[14] === checkDigit(line1.slice(5, 14))],
    ['NATIONAL_ID_CHECK_DIGIT', line1[29] === checkDigit(nationalId)],
    ['BIRTH_DATE', dateOfBirth !== undefined],
    ['BIRTH_DATE_CHECK_DIGIT', line2[6] === checkDigit(line2.slice(0, 6))],
    ['SEX', sex !== undefined],
    ['EXPIRY', expiresOn !== undefined],
    ['EXPIRY_CHECK_DIGIT', line2[14] === checkDigit(line2.slice(8, 14)) || (noExpiry && line2[14] === '<')],
    ['NAME', name !== ''],
    ['COMPOSITE_CHECK_DIGIT', line2[29] === checkDigit(composite(line1, line2))],
  ];
  const faults = rules.filter(([, holds]) => !holds).map(([fault]) => fault);
  if (faults.length > 0 || dateOfBirth === undefined || expiresOn === undefined || sex === undefined) return { kind: 'damaged', faults };
  return { kind: 'read', mrz: { nationalId, dateOfBirth, sex, expiresOn, fullName: name, nameMayBeCut: !line3.endsWith('<<') } };
}

/** The three lines of a card, as {@link parseMrz} reads them back. The first word of the name is the surname; a name that does not fit is cut. */
export function formatMrz(card: Omit<Mrz, 'nameMayBeCut'>): [string, string, string] {
  const number = card.nationalId.slice(3);
  const line1 = `IDVNM${number}${checkDigit(number)}${card.nationalId}<<${checkDigit(card.nationalId)}`;
  const birth = shortDate(card.dateOfBirth);
  const expiry = card.expiresOn === null ? '<<<<<<' : shortDate(card.expiresOn);
  const sex = { male: 'M', female: 'F', unspecified: '<' }[card.sex];
  const start = `${birth}${checkDigit(birth)}${sex}${expiry}${checkDigit(expiry)}VNM${'<'.repeat(11)}`;
  const [surname = '', ...given] = foldName(card.fullName).split(' ');
  const name = given.length > 0 ? `${surname}<<${given.join('<')}` : surname;
  return [line1, start + checkDigit(composite(line1, start)), name.slice(0, length).padEnd(length, '<')];
}

/** ICAO 9303 part 3, 4.9: weights 7, 3, 1 repeating, modulo 10; `<` counts 0, A counts 10, Z counts 35. */
function checkDigit(text: string): string {
  const sum = Array.from(text).reduce((total, character, index) => total + valueOf(character) * ([7, 3, 1][index % 3] ?? 0), 0);
  return String(sum % 10);
}

function valueOf(character: string): number {
  return character === '<' ? 0 : Number.parseInt(character, 36);
}

function composite(line1: string, line2: string): string {
  return line1.slice(5, 30) + line2.slice(0, 7) + line2.slice(8, 15) + line2.slice(18, 29);
}

function isLine(line: string | undefined): line is string {
  return line !== undefined && /^[A-Z0-9<]{30}$/.test(line);
}

function day(yymmdd: string, century: number): Day | undefined {
  const text = `${century + Number(yymmdd.slice(0, 2))}-${yymmdd.slice(2, 4)}-${yymmdd.slice(4, 6)}`;
  return isDay(text) ? text : undefined;
}

function shortDate(date: Day): string {
  return date.slice(2).replaceAll('-', '');
}

function sexOf(character: string | undefined): Mrz['sex'] | undefined {
  return ({ M: 'male', F: 'female', '<': 'unspecified' } as const)[character ?? ''];
}

/** Surname, `<<`, the other names; whatever stands after the next `<<` is filler that was misread. */
function nameOf(line: string): string {
  const [surname = '', given = ''] = line.split('<<');
  return `${surname} ${given}`.replaceAll('<', ' ').trim();
}
