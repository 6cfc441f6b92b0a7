// What staff caused, as the audit log tells it: with their name and their reason, in the commit of what they caused.

import type { StaffRequest } from '../domain/application.ts';
import type { AuditEntry } from '../db/audit.ts';
import type { Tx } from '../db/pool.ts';
import type { Store } from '../db/store.ts';

/** Writes the audit row of something that `by` caused, with the reason that was given with the request. Write it last: it holds a lock. */
export async function auditAct(
  store: Store,
  tx: Tx,
  by: Partial<StaffRequest> & { actor: string },
  act: Omit<AuditEntry, 'actor' | 'reason' | 'requestId'> & { applicationId: string },
): Promise<void> {
  const { actor, requestId, approvedBy } = by;
  const reason = requestId === undefined ? undefined : await store.reasonGiven(tx, act.applicationId, requestId);
  const change = { ...act.change, ...(approvedBy !== undefined && { approvedBy }) };
  await store.audit(tx, { ...act, actor, reason, requestId, change });
}
