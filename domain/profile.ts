// What a customer states about themselves. It is personal data: it lives encrypted in `customers`, and nowhere else.

import type { Vnd } from './money.ts';

export interface Profile {
  /** As on the ID card: họ đệm tên. */
  fullName: string;
  /** yyyy-MM-dd */
  dateOfBirth: string;
  /** The 12 digits of the căn cước. */
  nationalId: string;
  /** E.164, +84… */
  phone: string;
  gender: 'male' | 'female';
  address: string;
  email?: string | undefined;
  monthlyIncomeVnd: Vnd;
  occupation?: string | undefined;
}

/** What is known of the customer before they typed anything: the phone number that the merchant passed on. */
export type StatedProfile = Profile | { phone: string };

/** True once the customer has filled in their data. */
export function isComplete(profile: StatedProfile): profile is Profile {
  return 'nationalId' in profile;
}

/** `079*****0123`: enough for staff to tell two people apart, not enough to use. */
export function maskNationalId(nationalId: string): string {
  return `${nationalId.slice(0, 3)}*****${nationalId.slice(-4)}`;
}

/** `+84*****456`. */
export function maskPhone(phone: string): string {
  return `${phone.slice(0, 3)}*****${phone.slice(-3)}`;
}
