// A customer's data in the clear. The audit row is committed before anything is read, so no look can go unrecorded; the log is also the
// limit on how many looks one person has in a while.

import { staffLimits } from '../../config/staff-limits.ts';
import { readApplication } from '../../db/applications.ts';
import { isId } from '../../domain/ids.ts';
import type { StatedProfile } from '../../domain/profile.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem } from '../problems.ts';
import { allowed } from './allowed.ts';

export const unmaskable = ['full_name', 'date_of_birth', 'national_id', 'phone', 'address', 'email'] as const;
export type Unmaskable = (typeof unmaskable)[number];

/** The fields, null where the customer has stated nothing. Throws NOT_FOUND and TOO_MANY_REQUESTS, with nothing read. */
export async function unmask(
  { database, customers }: Pick<ApiDeps, 'database' | 'customers'>,
  applicationId: string,
  { fields, purpose, ...by }: { actor: string; requestId: string; purpose: string; fields: readonly Unmaskable[] },
): Promise<Partial<Record<Unmaskable, string | null>>> {
  const row = isId('application', applicationId) ? await readApplication(database, applicationId) : null;
  if (!row) throw new Problem('NOT_FOUND', { detail: 'There is no application with this id.' });
  const look = { ...by, action: 'customer.unmasked', applicationId, subject: row.customer_id, reason: purpose, change: { fields } };
  await database.withTransaction(async (tx) => allowed(tx, look, staffLimits.unmasksMax));
  const profile = (await customers.profile(database, row.customer_id)) ?? { phone: await customers.phone(database, row.customer_id) };
  return Object.fromEntries(fields.map((field) => [field, valueOf(profile, field)]));
}

function valueOf(profile: StatedProfile, field: Unmaskable): string | null {
  if (field === 'phone') return profile.phone;
  if (!('nationalId' in profile)) return null;
  const { fullName, dateOfBirth, nationalId, address, email = null } = profile;
  return { full_name: fullName, date_of_birth: dateOfBirth, national_id: nationalId, address, email }[field];
}
