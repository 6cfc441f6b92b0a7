// What a customer states, and what can be seen to be wrong with it before anything is stored. Whether it is true is found out later.

import { z } from '@hono/zod-openapi';
import { identityLimits } from '../../../config/identity-limits.ts';
import { ageOn, dayInVietnam } from '../../../domain/calendar.ts';
import { consentTexts } from '../../../domain/consents.ts';
import type { ConsentKind } from '../../../domain/consents.ts';
import { foldName } from '../../../domain/identity/names.ts';
import { judgeNationalId } from '../../../domain/identity/national-id.ts';
import { Problem } from '../../problems.ts';
import type { FieldError } from '../../problems.ts';
import { language, line, mobilePhone, moneyBetween } from '../../schemas.ts';

const agreedTo = (kind: ConsentKind) =>
  z.literal(consentTexts[kind].version).openapi({ description: `The version of the text '${kind}' that was shown and agreed to.` });

export const basicInfo = z
  .strictObject({
    full_name: line(2, 100)
      .regex(/^[\p{L}\p{M}][\p{L}\p{M}' .-]*$/u, 'must be a name as on the ID card')
      .openapi({ example: 'Nguyễn Thị Đào' }),
    date_of_birth: z.iso.date().openapi({ example: '1995-04-12' }),
    national_id: z.string().regex(/^[0-9]{12}$/, 'must be the 12 digits of the căn cước'),
    gender: z.enum(['male', 'female']),
    phone: mobilePhone.optional().openapi({ description: 'Only when it is not the number that the shop passed on.' }),
    address: line(5, 200),
    email: z.email().max(254).optional(),
    monthly_income: moneyBetween(0, identityLimits.incomeMaxVnd),
    occupation: line(1, 100).optional(),
    device_id: z
      .string()
      .regex(/^[\w-]{16,128}$/, 'must be 16 to 128 letters, digits, _ or -')
      .optional()
      .openapi({ description: 'A random identifier that the checkout page keeps on the device. Only a keyed hash of it is stored.' }),
    language: language.optional().openapi({ description: 'In which language the consents were read.' }),
    consents: z.strictObject({
      data_processing: agreedTo('data_processing'),
      credit_bureau: agreedTo('credit_bureau'),
      biometric: agreedTo('biometric'),
    }),
  })
  .openapi('BasicInfo');

export type BasicInfo = z.output<typeof basicInfo>;

/** Throws INVALID_FIELDS when the parts are well formed and yet cannot belong to one adult. */
export function personProblems(stated: BasicInfo, now: Date): void {
  const errors = [...nameErrors(stated), ...ageErrors(stated, now), ...numberErrors(stated)];
  if (errors.length > 0) throw new Problem('INVALID_FIELDS', { detail: 'Correct the fields listed in `errors`.', errors });
}

function nameErrors({ full_name }: BasicInfo): FieldError[] {
  if (foldName(full_name).includes(' ')) return [];
  return [{ pointer: '/full_name', code: 'NAME_INCOMPLETE', message: 'must have family name and given name' }];
}

function ageErrors({ date_of_birth }: BasicInfo, now: Date): FieldError[] {
  const age = ageOn(date_of_birth, dayInVietnam(now));
  const error = (code: string, message: string): FieldError[] => [{ pointer: '/date_of_birth', code, message }];
  if (age > identityLimits.customerMaxAgeYears || age < 0) return error('DATE_IMPOSSIBLE', 'is not the date of birth of a living person');
  if (age < identityLimits.customerMinAgeYears)
    return error('AGE_BELOW_MINIMUM', `must be at least ${identityLimits.customerMinAgeYears} years ago`);
  return [];
}

function numberErrors({ national_id, date_of_birth, gender }: BasicInfo): FieldError[] {
  const verdict = judgeNationalId(national_id, { dateOfBirth: date_of_birth, gender });
  const error = (code: string, message: string): FieldError => ({ pointer: '/national_id', code, message });
  if (verdict.kind === 'malformed') return [error('NATIONAL_ID_MALFORMED', 'must be the 12 digits of the căn cước')];
  if (verdict.kind === 'agrees') return [];
  return verdict.fields.map((field) =>
    field === 'sex'
      ? error('NATIONAL_ID_GENDER_MISMATCH', 'does not agree with the gender')
      : error('NATIONAL_ID_BIRTH_YEAR_MISMATCH', 'does not agree with the date of birth'),
  );
}
