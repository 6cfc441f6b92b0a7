// The people of the lender who look after applications, and what kinds of them there are. Who has which role is the business of the
// identity provider; what a role may do is one table (api/staff-access.ts).

export const staffRoles = [
  /** Finds, explains, retries, cancels: the first to be called. */
  'support',
  /** Answers review tasks. */
  'reviewer',
  /** Keeps the machinery going: many applications at once, parked messages. */
  'operations',
  /** Reads everything and changes nothing. */
  'auditor',
  /** Looks after people and their roles at the identity provider; sees no application. */
  'admin',
] as const;

export type StaffRole = (typeof staffRoles)[number];

export interface StaffMember {
  /** As the audit log names them: `staff:<subject of their token>`. */
  actor: string;
  roles: readonly StaffRole[];
}

/** The roles among these words; others mean nothing here. */
export function readStaffRoles(words: readonly unknown[]): StaffRole[] {
  return staffRoles.filter((role) => words.includes(role));
}
