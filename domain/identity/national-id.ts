// The 12-digit number of the căn cước (Circular 07/2016 of the Ministry of Public Security): where the birth was registered, century
// and sex, year of birth, six more digits. It has no check digit of its own, but it must agree with the person's date of birth and sex.

import type { Day } from '../calendar.ts';

export type NationalId =
  | {
      kind: 'well_formed';
      /** Three digits: a province or, for a birth abroad, a country. */
      province: string;
      /** False for a code that is not on the list of provinces: worth a look, no reason to refuse. */
      provinceIsKnown: boolean;
      sex: 'male' | 'female';
      birthYear: number;
    }
  | { kind: 'malformed' };

export type NationalIdVerdict =
  | { kind: 'agrees'; warnings: readonly 'PROVINCE_UNKNOWN'[] }
  | { kind: 'malformed' }
  | { kind: 'disagrees'; fields: readonly ('birthYear' | 'sex')[] };

/** Whether the number is well formed and can belong to a person with this date of birth and sex. */
export function judgeNationalId(text: string, person: { dateOfBirth: Day; gender: 'male' | 'female' }): NationalIdVerdict {
  const id = readNationalId(text);
  if (id.kind === 'malformed') return id;
  const fields: ('birthYear' | 'sex')[] = [];
  if (id.birthYear !== Number(person.dateOfBirth.slice(0, 4))) fields.push('birthYear');
  if (id.sex !== person.gender) fields.push('sex');
  if (fields.length > 0) return { kind: 'disagrees', fields };
  return { kind: 'agrees', warnings: id.provinceIsKnown ? [] : ['PROVINCE_UNKNOWN'] };
}

/** Takes the number apart. Anything but 12 ASCII digits is malformed, the lapsed 9-digit CMND included. */
export function readNationalId(text: string): NationalId {
  if (!/^[0-9]{12}$/.test(text)) return { kind: 'malformed' };
  const province = text.slice(0, 3);
  const centuryAndSex = Number(text[3]);
  return {
    kind: 'well_formed',
    province,
    provinceIsKnown: provinces.includes(province),
    sex: centuryAndSex % 2 === 0 ? 'male' : 'female',
    birthYear: 1900 + Math.floor(centuryAndSex / 2) * 100 + Number(text.slice(4, 6)),
  };
}

/** Codes of Circular 07/2016, in order. The mergers of 2025 leave issued numbers unchanged. */
export const provinces: readonly string[] = (
  '001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 044 045 046 048 ' +
  '049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 089 091 092 093 094 095 096'
).split(' ');
