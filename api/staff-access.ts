// What each role may do: one row per operation of staff, and the only place that says so. The guard of a route names its row, so a route
// without one does not compile; test/api/staff-access.test.ts holds the same table from the outside.

import type { StaffRole } from '../domain/staff.ts';

export const staffAccess = {
  listApplications: ['support', 'reviewer', 'operations', 'auditor'],
  inspectApplication: ['support', 'reviewer', 'operations', 'auditor'],
  previewCancel: ['support', 'reviewer', 'operations', 'auditor'],
  requestResubmission: ['support', 'reviewer', 'operations'],
  extendDeadline: ['support', 'operations'],
  resendOtp: ['support', 'operations'],
  resendLink: ['support', 'operations'],
  listApprovals: ['support', 'reviewer', 'operations', 'auditor'],
  // Whoever asked may take it back; to confirm needs the role that domain/four-eyes.ts names.
  decideApproval: ['support', 'reviewer', 'operations'],
  retryStep: ['support', 'operations'],
  cancelApplication: ['support', 'operations'],
  listReviews: ['support', 'reviewer', 'operations', 'auditor'],
  readReview: ['support', 'reviewer', 'operations', 'auditor'],
  claimReview: ['reviewer', 'operations'],
  reassignReview: ['reviewer', 'operations'],
  escalateReview: ['reviewer', 'operations'],
  snoozeReview: ['reviewer', 'operations'],
  noteReview: ['support', 'reviewer', 'operations'],
  // Those of applications are answered by reviewers, those of the books by operations (domain/reviews.ts).
  decideReview: ['reviewer', 'operations'],
  listParked: ['support', 'operations', 'auditor'],
  // A body may have come from anybody and hold anything.
  inspectParked: ['operations', 'auditor'],
  replayParked: ['operations'],
  renewParked: ['operations'],
  discardParked: ['operations'],
  readQueues: ['support', 'reviewer', 'operations', 'auditor'],
  searchApplications: ['support', 'reviewer', 'operations', 'auditor'],
  unmaskCustomer: ['support', 'reviewer'],
  // Faces and ID cards are for those who judge them, and for those who judge the judges.
  linkDocument: ['reviewer', 'auditor'],
  bulkRetry: ['operations'],
  // Payloads hold ids, amounts and codes, no personal data; who needs to see them looks after the machinery, or checks those who do.
  decodePayloads: ['operations', 'auditor'],
  readOwnAccess: ['support', 'reviewer', 'operations', 'auditor', 'admin'],
} as const satisfies Record<string, readonly StaffRole[]>;

export type StaffOperation = keyof typeof staffAccess;

/** The roles that may do this. */
export function rolesFor(operation: StaffOperation): readonly StaffRole[] {
  return staffAccess[operation];
}

/** What somebody with these roles may do. */
export function operationsOf(roles: readonly StaffRole[]): StaffOperation[] {
  const operations = Object.keys(staffAccess) as StaffOperation[]; // the keys of the table are its operations
  return operations.filter((operation) => rolesFor(operation).some((role) => roles.includes(role)));
}
