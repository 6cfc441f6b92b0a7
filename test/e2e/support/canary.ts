// Personal data that nobody else has, and the search for it: whatever spelling of it turns up where it must not be, is a leak.

import { foldName } from '../../../domain/identity/names.ts';
import type { Person } from '../../../infra/local/demo-client.ts';

/** What was typed, by what it is. */
export type Secrets = Record<string, string>;

/** The personal data of a customer. The name also without its last word: WAY4 has a field of its own for that. */
export function secretsOf({ fullName, dateOfBirth, nationalId, address, email = '', monthlyIncomeVnd }: Person, phone: string): Secrets {
  const familyName = fullName.slice(0, fullName.lastIndexOf(' '));
  return { fullName, familyName, dateOfBirth, nationalId, address, email, income: String(monthlyIncomeVnd), phone };
}

/** Which of the secrets stand in the text: as typed, without diacritics, in national form, a date in any order, in bytes written as hexadecimal or base64. Codes of
 *  six digits count only where they stand alone. */
export function leaks(text: string, secrets: Secrets): string[] {
  const lower = text.toLowerCase();
  return Object.entries(secrets)
    .filter(([, secret]) => secret !== '')
    .filter(([, secret]) =>
      /^\d{6}$/.test(secret) ? alone(secret).test(text) : spellings(secret).some((spelling) => lower.includes(spelling)),
    )
    .map(([what]) => what);
}

function alone(code: string): RegExp {
  return new RegExp(`(?<![0-9A-Za-z_.-])${code}(?![0-9A-Za-z_.-])`);
}

function spellings(secret: string): string[] {
  const words = [
    secret,
    foldName(secret),
    foldName(secret).replaceAll(' ', '<'),
    secret.replace(/^\+84/, '0'),
    secret.replace(/^\+84/, ''),
    ...otherForms(secret),
  ];
  const bytes = Buffer.from(secret);
  // In base64 a text looks different at each of three offsets; its first and last characters depend on the neighbours.
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [...words, bytes.toString('hex'), ...encoded].filter((word) => word.length >= 8).map((word) => word.toLowerCase());
}

function otherForms(secret: string): string[] {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(secret) ?? [];
  return year ? [`${day}/${month}/${year}`, `${day}-${month}-${year}`, `${year}${month}${day}`, `${day}${month}${year}`] : [];
}

/** Every text inside a value: strings as they are, bytes read as text. */
export function textsIn(value: unknown): string {
  if (typeof value === 'string') return `${value}\n`;
  if (value instanceof Uint8Array) return `${Buffer.from(value).toString('utf8')}\n`;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, inner]) => `${key}: ${textsIn(inner)}`)
    .join('');
}
