// The checks on what the card says. The machine-readable zone on the back is trusted where its check digits hold. The number printed
// beside the portrait must be read too: it ties front and back together, or the zone could belong to another person's card.

import { ageOn, isDay } from '../calendar.ts';
import type { Day } from '../calendar.ts';
import { differingDigits, findDates, findNumbers } from './card-text.ts';
import type { MrzSearch } from './card-text.ts';
import { failed, passed, undecided, unsure } from './check.ts';
import type { IdentityCheck, StatedIdentity } from './check.ts';
import { compareNames } from './names.ts';
import { judgeNationalId } from './national-id.ts';
import type { IdentityPolicy } from './policy.ts';
import { findCardCode } from './qr.ts';

/** What was read from the two sides; null where nothing was answered. */
export interface CardText {
  front: readonly string[] | null;
  mrz: MrzSearch | null;
  /** What the QR codes say. */
  codes: readonly string[] | null;
}

type Printed = Pick<CardText, 'front' | 'mrz'>;

/** A printed number that differs in no more digits than this was misread rather than another one: it has no check digit to tell. */
const misreadDigits = 2;

/** The zone on the back was read, and every check digit of it holds. */
export function checkMrz({ mrz }: CardText): IdentityCheck {
  if (mrz === null) return unsure('mrz', 'IDENTITY_EVIDENCE_MISSING');
  if (mrz.kind === 'read') return passed('mrz');
  return failed('mrz', unreadable(mrz), mrz.kind === 'damaged' ? { faults: mrz.faults.length } : {});
}

/** The QR code belongs to this card and says what was typed. A code that cannot be read decides nothing: not every card has one, and few
 *  photos show it sharply. */
export function checkQr({ mrz, codes }: CardText, { nationalId, fullName, dateOfBirth }: StatedIdentity): IdentityCheck {
  const code = codes && findCardCode(codes);
  if (!code) return undecided('qr');
  const scores = { oldNumber: code.oldNumber === null ? 0 : 1 };
  const numberOfCard = mrz?.kind === 'read' ? mrz.mrz.nationalId : nationalId;
  if (code.nationalId !== numberOfCard) return failed('qr', 'IDENTITY_QR_MISMATCH', scores);
  const isSame = code.nationalId === nationalId && compareNames(fullName, code.fullName) === 'same' && code.dateOfBirth === dateOfBirth;
  return isSame ? passed('qr', scores) : failed('qr', 'IDENTITY_DATA_MISMATCH', scores);
}

/** The number is well formed, fits date of birth and sex, and is the same where it was typed, printed and in the zone. */
export function checkNationalId({ front, mrz }: CardText, stated: StatedIdentity): IdentityCheck {
  const rules = isDay(stated.dateOfBirth) ? judgeNationalId(stated.nationalId, stated) : { kind: 'malformed' as const };
  if (rules.kind !== 'agrees') return failed('national_id', 'IDENTITY_DATA_MISMATCH');
  if (mrz?.kind === 'read' && mrz.mrz.nationalId !== stated.nationalId) return failed('national_id', 'IDENTITY_DATA_MISMATCH');
  if (front === null || mrz === null) return unsure('national_id', 'IDENTITY_EVIDENCE_MISSING');
  const printed = findNumbers(front);
  const distance = Math.min(...printed.map((number) => differingDigits(number, stated.nationalId)));
  if (printed.length > 0 && distance > misreadDigits) return failed('national_id', 'IDENTITY_DATA_MISMATCH');
  if (mrz.kind !== 'read') return failed('national_id', unreadable(mrz));
  if (distance > 0) return failed('national_id', 'IDENTITY_TEXT_UNREADABLE');
  return passed('national_id', { provinceUnknown: rules.warnings.length });
}

export function checkDateOfBirth({ front, mrz }: Printed, { dateOfBirth }: StatedIdentity): IdentityCheck {
  if (mrz?.kind === 'read') {
    return mrz.mrz.dateOfBirth === dateOfBirth ? passed('date_of_birth') : failed('date_of_birth', 'IDENTITY_DATA_MISMATCH');
  }
  if (front !== null && findDates(front).includes(dateOfBirth)) return passed('date_of_birth');
  return notRead('date_of_birth', { front, mrz });
}

/** Either side may carry the name: the zone without diacritics, or a printed line. A letter or two apart is for a person to judge. */
export function checkFullName({ front, mrz }: Printed, { fullName }: StatedIdentity): IdentityCheck {
  const printed = front?.some((line) => compareNames(fullName, line.slice(line.lastIndexOf(':') + 1)) === 'same') ?? false;
  const inZone = mrz?.kind === 'read' ? compareNames(fullName, mrz.mrz.fullName, mrz.mrz.nameMayBeCut) : undefined;
  if (inZone === 'same' || (printed && inZone !== 'different')) return passed('full_name');
  if (inZone === 'close') return unsure('full_name', 'IDENTITY_TEXT_UNREADABLE');
  if (inZone === 'different') return failed('full_name', 'IDENTITY_DATA_MISMATCH');
  return notRead('full_name', { front, mrz });
}

/** The last day printed as the expiry is still a valid day. */
export function checkExpiry({ front, mrz }: Printed, today: Day): IdentityCheck {
  if (mrz?.kind !== 'read') return notRead('document_expiry', { front, mrz });
  const { expiresOn } = mrz.mrz;
  return expiresOn === null || expiresOn >= today ? passed('document_expiry') : failed('document_expiry', 'IDENTITY_DOCUMENT_EXPIRED');
}

/** Old enough by the card where it was read, by what was typed otherwise (the date of birth has a check of its own). */
export function checkAge({ mrz }: CardText, stated: StatedIdentity, policy: IdentityPolicy, today: Day): IdentityCheck {
  const dateOfBirth = mrz?.kind === 'read' ? mrz.mrz.dateOfBirth : stated.dateOfBirth;
  if (!isDay(dateOfBirth)) return unsure('age', 'IDENTITY_EVIDENCE_MISSING');
  return ageOn(dateOfBirth, today) >= policy.ageMin ? passed('age') : failed('age', 'AGE_BELOW_MINIMUM');
}

/** A side that was never answered leaves the question open; one that was answered without a readable text is to be photographed again. */
function notRead(kind: IdentityCheck['kind'], { front, mrz }: Printed): IdentityCheck {
  return front === null || mrz === null ? unsure(kind, 'IDENTITY_EVIDENCE_MISSING') : failed(kind, unreadable(mrz));
}

/** Why nothing can be taken from the zone: it was not found, or it was found and does not add up. */
function unreadable(mrz: MrzSearch): 'IDENTITY_MRZ_DAMAGED' | 'IDENTITY_TEXT_UNREADABLE' {
  return mrz.kind === 'damaged' ? 'IDENTITY_MRZ_DAMAGED' : 'IDENTITY_TEXT_UNREADABLE';
}
