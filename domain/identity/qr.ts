// The QR code of a Vietnamese ID card: fields between bars, without a signature, so it confirms and never proves. The chip card has
// number|old CMND|name|birth date|sex|address|issued; some leave the old number out, and the card of 2024 puts it at the end.

import { isDay } from '../calendar.ts';
import type { Day } from '../calendar.ts';

export interface CardCode {
  /** 12 digits. */
  nationalId: string;
  /** The lapsed CMND of 9 digits: an old name of the same person, never an identity of its own. */
  oldNumber: string | null;
  fullName: string;
  dateOfBirth: Day;
}

/** The first of these texts that is the code of a card; undefined when none is. Fields behind the birth date are not looked at. */
export function findCardCode(texts: readonly string[]): CardCode | undefined {
  return texts.map(readCardCode).find((code) => code !== undefined);
}

function readCardCode(text: string): CardCode | undefined {
  const [nationalId = '', second = '', ...others] = text.split('|').map((field) => field.trim());
  const hasOldNumber = second === '' || /^\d{9}$/.test(second);
  const [fullName = '', birth = ''] = hasOldNumber ? others : [second, ...others];
  const dateOfBirth = birth.replace(/^(\d\d)(\d\d)(\d{4})$/, '$3-$2-$1');
  if (!/^\d{12}$/.test(nationalId) || fullName === '' || !isDay(dateOfBirth)) return undefined;
  return { nationalId, oldNumber: hasOldNumber && second !== '' ? second : null, fullName, dateOfBirth };
}
